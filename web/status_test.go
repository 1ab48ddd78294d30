package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/web"
)

// A window is a store that has what a status page needs, and counts what it is asked.
type window struct {
	store.Reader // nil: nothing else is to be asked
	now          time.Time
	list         []store.MonitorStatus
	strip        func(k store.Key, from time.Time, n int) store.Bucket // n steps before now; nil: 100 up
	incidents    map[string][]store.Incident

	mu    sync.Mutex
	asked int
	fails error
	slow  time.Duration
}

func (s *window) ask() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return s.fails
}

func (s *window) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = err
}

func (s *window) Monitors(_ context.Context, q store.MonitorQuery) (store.Page[store.MonitorStatus], error) {
	if err := s.ask(); err != nil {
		return store.Page[store.MonitorStatus]{}, err
	}
	first := 0
	if q.After != "" {
		fmt.Sscan(q.After, &first)
	}
	last := min(first+store.Bound(q.Limit), len(s.list))
	p := store.Page[store.MonitorStatus]{Items: s.list[first:last]}
	if last < len(s.list) {
		p.Next = fmt.Sprint(last)
	}
	return p, nil
}

func (s *window) Monitor(_ context.Context, id string) (found []store.MonitorStatus, err error) {
	for _, m := range s.list {
		if m.Monitor == id {
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%w: %q", store.ErrUnknown, id)
	}
	return found, s.ask()
}

// Changes tells of none.
func (s *window) Changes(context.Context, string) (store.Changes, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return store.Changes{Next: "now"}, s.fails
}

func (s *window) Strips(_ context.Context, q store.StripQuery) ([][]store.Bucket, error) {
	time.Sleep(s.slow)
	out := make([][]store.Bucket, len(q.Keys))
	for i, k := range q.Keys {
		for at := q.From; at.Before(q.To); at = at.Add(q.Step) {
			b := store.Bucket{Up: 100}
			b.Total.Count, b.Total.Sum = 100, 100*42*time.Millisecond
			if s.strip != nil {
				b = s.strip(k, at, int(s.now.Sub(at)/q.Step))
			}
			if b.From = at; b.Up+b.Down+b.Missed() > 0 {
				out[i] = append(out[i], b)
			}
		}
	}
	return out, s.ask()
}

func (s *window) Incidents(_ context.Context, q store.Query) (store.Page[store.Incident], error) {
	return store.Page[store.Incident]{Items: s.incidents[q.Monitor]}, s.ask()
}

// shows adds a monitor at a location, whose last measurement is of a moment ago.
func (s *window) shows(id, location string, state data.State, labels ...string) *store.MonitorStatus {
	m := store.MonitorStatus{Monitor: id, Location: location, Registration: registration(id, 0), Last: measurement(id, 0)}
	m.Registration.Labels = map[string]string{"public": "yes"}
	for _, l := range labels {
		k, v, _ := strings.Cut(l, ":")
		m.Registration.Labels[k] = v
	}
	if m.Last.Scheduled = s.now.Add(-5 * time.Second).UTC().Truncate(time.Millisecond); state == data.Down {
		m.Last.State, m.Last.Error = data.Down, failed(id, 0).Error
	}
	s.list = append(s.list, m)
	return &s.list[len(s.list)-1]
}

// closing is closed at the end of a test.
func closing(t testing.TB) <-chan struct{} {
	ending := make(chan struct{})
	t.Cleanup(func() { close(ending) })
	return ending
}

func statusPage(t testing.TB, s *window, labels ...string) http.Handler {
	if labels == nil {
		labels = []string{"public:yes"}
	}
	return web.New(web.Options{Store: s, Token: adminToken, Ending: closing(t), Status: web.StatusOptions{Labels: labels, Title: "Shop <status>"}})
}

type statusJSON struct {
	Title, State string
	At           time.Time
	Stale        bool
	FirstDay     string `json:"first_day"`
	Monitors     []struct {
		ID, Title, State string
		Uptime           *float64
		Coverage         float64
		Days             [][3]int64
	}
	Incidents []struct {
		Monitor, Title string
		From           time.Time
		To             *time.Time
	}
}

func statusOf(t testing.TB, h http.Handler) (out statusJSON) {
	t.Helper()
	r := ask(t, h, "GET", "/status.json")
	if b := body(t, r); r.StatusCode != http.StatusOK || json.Unmarshal([]byte(b), &out) != nil {
		t.Fatalf("%s: %s", r.Status, b)
	}
	return out
}

func TestStatusPageIsOffByDefault(t *testing.T) {
	s := &window{now: time.Now()}
	s.shows("shop", "ber1", data.Up)
	for name, h := range map[string]http.Handler{"without a token": web.New(web.Options{Store: s}), "with one": web.New(web.Options{Store: s, Token: adminToken})} {
		for _, path := range []string{"/status", "/status.json"} {
			if r := ask(t, h, "GET", path, "Authorization", "Bearer "+adminToken); r.StatusCode != http.StatusNotFound {
				t.Errorf("%s, %s: %s", name, path, r.Status)
			}
		}
	}
}

func TestStatusShowsChosenMonitorsAndNothingInternal(t *testing.T) {
	now := time.Now()
	s := &window{now: now, strip: func(k store.Key, _ time.Time, n int) store.Bucket {
		switch {
		case n > 10:
			return store.Bucket{}
		case n == 3 && k.Monitor == "shop":
			return store.Bucket{Up: 60, Down: 30, Gaps: map[data.Reason]int64{data.Stopped: 10}}
		}
		return store.Bucket{Up: 100}
	}}
	s.shows("blog", "ber1", data.Up, "title:The <b>blog</b>")
	s.shows("blog", "par1", data.Down)
	s.shows("internal", "ber1", data.Down, "public:no")
	s.shows("paused", "ber1", data.Up).Registration.Paused = true
	s.shows("removed", "ber1", data.Up).Registration.Removed = true
	s.shows("shop", "ber1", data.Down)
	s.shows("shop", "par1", data.Down)
	s.shows("silent", "ber1", data.Up).Last.Scheduled = now.Add(-time.Hour)
	s.shows("stopped", "ber1", data.Up).LastGap = &data.Gap{Last: now, Reason: data.Stopped}
	cause := failed("shop", 0).Error
	s.incidents = map[string][]store.Incident{"shop": {
		{Monitor: "shop", Location: "ber1", From: now.Add(-10 * time.Minute), Cause: cause},
		{Monitor: "shop", Location: "par1", From: now.Add(-9 * time.Minute), To: now.Add(-8 * time.Minute), Cause: cause},
		{Monitor: "shop", Location: "par1", From: now.Add(-70 * time.Hour), To: now.Add(-69 * time.Hour), Cause: cause},
		{Monitor: "shop", Location: "ber1", From: now.Add(-71 * time.Hour), To: now.Add(-70 * time.Hour), Cause: cause},
	}}
	h := statusPage(t, s)
	got := statusOf(t, h)
	states := map[string]string{}
	for _, m := range got.Monitors {
		states[m.ID] = m.State
		if len(m.Days) != 90 {
			t.Errorf("%s has %d days", m.ID, len(m.Days))
		}
	}
	want := map[string]string{"blog": "partly", "paused": "paused", "shop": "down", "silent": "unknown", "stopped": "unknown"}
	if fmt.Sprint(states) != fmt.Sprint(want) || got.State != "down" || got.Title != "Shop <status>" {
		t.Errorf("got %v, %s; want %v", states, got.State, want)
	}
	for _, m := range got.Monitors {
		if m.ID == "shop" && (m.Uptime == nil || *m.Uptime != 2120./2180 || m.Coverage != 2180./2200 || m.Days[86] != [3]int64{120, 60, 20} || m.Days[0] != [3]int64{}) {
			t.Errorf("shop: %+v", m)
		}
	}
	if i := got.Incidents; len(i) != 2 || i[0].To != nil || i[1].To == nil || i[1].To.Sub(i[1].From) != 2*time.Hour || i[0].Monitor != "shop" {
		t.Errorf("incidents: %+v", i)
	}
	r := ask(t, h, "GET", "/status")
	page := body(t, r)
	for _, part := range []string{"The &lt;b&gt;blog&lt;/b&gt;", "Shop &lt;status&gt;", "1 of 5 down, 1 partly down", "shop · The &lt;b&gt;", "97.24 % up", "99.09 % observed", "66.66 % up, 90.00 % observed", "10 min so far", "2 h", "Partly down", "Not observed"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page has no %q", part)
		}
	}
	for _, text := range []string{page, body(t, ask(t, h, "GET", "/status.json")), body(t, ask(t, h, "GET", "/badge/shop.svg"))} {
		for _, inside := range []string{"internal", "ber1", "par1", "shop.example", "no answer", "timeout", "removed", "127.0.0.1", "203.0.113"} {
			if strings.Contains(text, inside) {
				t.Errorf("the public is told of %s", inside)
			}
		}
	}
	if m := regexp.MustCompile(`(?i)<script|<style|\sstyle=|\son[a-z]+=|https?://`).FindString(page); m != "" || r.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("the page, %s, has %s", r.Header.Get("Content-Type"), m)
	}
}

func TestStatusLabelsOfOneKeyAreAlternatives(t *testing.T) {
	s := &window{now: time.Now()}
	for _, labels := range []string{"team:web", "team:api", "team:db", ""} {
		s.shows("m-"+labels, "ber1", data.Up, strings.Fields(labels+" url:http://x")...)
	}
	for want, labels := range map[string][]string{"m-team:api m-team:web": {"team:web", "team:api", "public:yes"}, "": {"team:web", "public:no"}, "m-team:db": {"url:http://x", "team:db"}} {
		var got []string
		for _, m := range statusOf(t, statusPage(t, s, labels...)).Monitors {
			got = append(got, m.ID)
		}
		if fmt.Sprint(got) != fmt.Sprint(strings.Fields(want)) {
			t.Errorf("%v: %v, want %s", labels, got, want)
		}
	}
}

func TestManyVisitorsAskTheStoreAsOneDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &window{now: time.Now(), slow: 200 * time.Millisecond}
		for i := range 250 { // more than one question has room for
			s.shows(fmt.Sprintf("m-%04d", i), "ber1", data.Up)
		}
		h := statusPage(t, s)
		visit := func() {
			var all sync.WaitGroup
			for range 10 {
				all.Go(func() {
					for _, path := range []string{"/status", "/status.json", "/badge/m-0007.svg?kind=uptime"} {
						if r := ask(t, h, "GET", path); r.StatusCode != http.StatusOK {
							t.Errorf("%s: %s", path, r.Status)
						}
					}
				})
			}
			all.Wait()
		}
		visit()
		first := s.asked
		if first == 0 || first > 12 {
			t.Errorf("30 visits asked the store %d times", first)
		}
		time.Sleep(14 * time.Second)
		visit()
		if s.asked != first {
			t.Errorf("within a quarter of a minute it is asked again: %d", s.asked)
		}
		time.Sleep(5 * time.Second) // it has taken 0.8 s, so that it is due after 15
		visit()
		if s.asked == first || s.asked > 2*first {
			t.Errorf("afterwards it has been asked %d times, want up to %d", s.asked, 2*first)
		}
	})
}

func TestOldFiguresAreSaidToBeOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &window{now: time.Now()}
		s.shows("shop", "ber1", data.Up)
		h := statusPage(t, s)
		s.fail(errors.New("postgres://joe:secret@db.example is away"))
		r := ask(t, h, "GET", "/status")
		if got := problem(t, r, http.StatusServiceUnavailable); strings.Contains(got, "joe") || r.Header.Get("Retry-After") == "" {
			t.Errorf("with nothing to show: %s", got)
		}
		s.fail(nil)
		time.Sleep(20 * time.Second)
		began := statusOf(t, h).At
		s.fail(errors.New("away"))
		time.Sleep(30 * time.Second)
		if got := statusOf(t, h); got.Stale || !got.At.Equal(began) {
			t.Errorf("after half a minute: %+v", got)
		}
		time.Sleep(2 * time.Minute)
		if got := statusOf(t, h); !got.Stale {
			t.Errorf("after minutes it is not old: %+v", got)
		}
		if page := body(t, ask(t, h, "GET", "/status")); !strings.Contains(page, "These figures are old") {
			t.Error("the page does not say so")
		}
		s.fail(nil)
		time.Sleep(time.Minute)
		if got := statusOf(t, h); got.Stale || !got.At.After(began) {
			t.Errorf("with the store back: %+v", got)
		}
	})
}

// A panicking store panics once, where a page asks it for buckets.
type panicking struct {
	*window
	once sync.Once
}

func (p *panicking) Strips(ctx context.Context, q store.StripQuery) ([][]store.Bucket, error) {
	p.once.Do(func() { panic("a bug") })
	return p.window.Strips(ctx, q)
}

func TestVisitorsGoOnAfterOneWhoseRequestPanicked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &window{now: time.Now()}
		s.shows("shop", "ber1", data.Up)
		h := web.New(web.Options{Store: &panicking{window: s}, Ending: closing(t), Status: web.StatusOptions{Labels: []string{"public:yes"}}})
		func() {
			defer func() {
				if recover() == nil { // as net/http does
					t.Error("no request panicked")
				}
			}()
			ask(t, h, "GET", "/status")
		}()
		if r := ask(t, h, "GET", "/status"); r.StatusCode != http.StatusOK { // would wait for ever
			t.Errorf("the next visitor: %s", r.Status)
		}
	})
}
