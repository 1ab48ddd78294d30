package web_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/web"
)

// A page is what a browser does: it reads the overview, listens, and puts what comes
// into its rows; the connection ends now and then, and another server takes it up.
type page struct {
	l    *stream
	rows map[string]map[string]any
}

func (p *page) read(t testing.TB, h http.Handler) {
	t.Helper()
	got := ask(t, h, "GET", "/api/v1/overview")
	b := []byte(body(t, got))
	p.rows = map[string]map[string]any{}
	for _, r := range rows(t, b) {
		p.rows[r["monitor"].(string)] = r
	}
	var o struct{ Cursor string }
	if err := json.Unmarshal(b, &o); err != nil {
		t.Fatal(err)
	}
	p.l = listen(t, h, "?after="+o.Cursor)
}

func (p *page) hear(t testing.TB) {
	t.Helper()
	for _, change := range p.l.changes(t) {
		r := p.rows[change["monitor"].(string)]
		if r == nil {
			r = map[string]any{}
			p.rows[change["monitor"].(string)] = r
		}
		maps.Copy(r, change)
	}
}

func TestPagesOfTwoServersAgreeWithTheStore(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	synctest.Test(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		s := newLive()
		servers := []http.Handler{served(t, s), served(t, s)}
		pages := make([]*page, 6)
		for i := range pages {
			pages[i] = &page{}
			pages[i].read(t, servers[i%2])
		}
		for n := range 200 {
			for range rnd.IntN(5) {
				id := fmt.Sprint("m", rnd.IntN(20))
				switch rnd.IntN(5) {
				case 0:
					s.save(t, registration(id, n))
				case 1:
					s.save(t, gap(id, n, n+rnd.IntN(3)))
				case 2:
					s.save(t, failed(id, n))
				default:
					s.save(t, measurement(id, max(0, n-rnd.IntN(9))))
				}
			}
			pass(time.Duration(rnd.IntN(1500)) * time.Millisecond)
			p := pages[rnd.IntN(len(pages))]
			if p.hear(t); rnd.IntN(3) == 0 {
				p.l.leave()
				p.l = listen(t, servers[rnd.IntN(2)], "", "Last-Event-ID", p.l.id)
			}
		}
		pass(3 * time.Second)
		want := map[string]map[string]any{}
		for _, r := range overview(t, web.New(web.Options{Store: s})) {
			want[r["monitor"].(string)] = r
		}
		for i, p := range pages {
			p.hear(t)
			wantJSON(t, fmt.Sprint("page ", i), p.rows, want)
		}
		pass(2 * time.Minute) // the server above has nobody to run for
	})
}
