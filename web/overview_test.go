package web_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/web"
)

// overview is what h answers, by row.
func overview(t testing.TB, h http.Handler) []map[string]any {
	t.Helper()
	r := ask(t, h, "GET", "/api/v1/overview")
	b := body(t, r)
	if r.StatusCode != http.StatusOK {
		t.Fatalf("got %s: %s", r.Status, b)
	}
	return rows(t, []byte(b))
}

// served is a server on s that ends with the test; within a bubble, before it.
func served(t testing.TB, s store.Reader) http.Handler {
	ending := make(chan struct{})
	t.Cleanup(func() { close(ending) })
	return web.New(web.Options{Store: s, Ending: ending})
}

// pass lets time go by, and what is due then be done.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestOverviewTellsOfEveryMonitor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLive()
		paused := registration("paused", 0)
		paused.Paused, paused.URL = true, "https://user:secret@shop.example/"
		broken := failed("down <script>", 1)
		broken.Error.Message = strings.Repeat("lång ", 100)
		broken.TLS = &data.TLS{Version: "TLS 1.3", Expires: at(1000)}
		s.save(t, paused, registration("shop", 0), measurement("shop", 3), gap("shop", 1, 2), broken, gap("down <script>", 2, 4),
			&data.Registration{Monitor: "gone", Location: "ber1", From: at(1), Removed: true})
		got := overview(t, served(t, s))
		ms := func(n int) any { return float64(at(n).UnixMilli()) }
		wantJSON(t, "overview", got, []map[string]any{
			{
				"monitor": "down <script>", "location": "ber1", "state": "down", "last_ms": ms(1), "total_us": 2000.0, "status": 200.0,
				"error": map[string]any{"kind": "timeout", "phase": "connect", "message": strings.Repeat("lång ", 100)[:165+26] + "…"},
				"url":   "https://shop.example/", "labels": nil, "gap": map[string]any{"reason": "stopped", "last_ms": ms(4)}, "expires_ms": ms(1000), "every_us": nil,
			},
			{
				"monitor": "gone", "location": "ber1", "state": "removed", "last_ms": nil, "total_us": nil, "status": nil, "error": nil,
				"url": nil, "labels": nil, "gap": nil, "expires_ms": nil, "every_us": nil,
			},
			{
				"monitor": "paused", "location": "ber1", "state": "paused", "last_ms": nil, "total_us": nil, "status": nil, "error": nil,
				"url": "https://…@shop.example/", "labels": map[string]any{"team": "web"}, "gap": nil, "expires_ms": nil, "every_us": 10e6,
			},
			{
				"monitor": "shop", "location": "ber1", "state": "up", "last_ms": ms(3), "total_us": 4000.0, "status": 200.0, "error": nil,
				"url": "https://shop.example/", "labels": map[string]any{"team": "web"}, "gap": nil, "expires_ms": nil, "every_us": 10e6,
			},
		})
	})
}

func TestOverviewChangesWithTheStoreAndIsSentAgainOnlyThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLive()
		s.save(t, measurement("shop", 0))
		h := served(t, s)
		first := ask(t, h, "GET", "/api/v1/overview")
		again := func() *http.Response {
			return ask(t, h, "GET", "/api/v1/overview", "If-None-Match", first.Header.Get("ETag"))
		}
		pass(5 * time.Second)
		if r := again(); r.StatusCode != http.StatusNotModified {
			t.Errorf("nothing has changed: got %s", r.Status)
		}
		s.save(t, failed("shop", 1), measurement("new", 1))
		pass(time.Second)
		if r := again(); r.StatusCode != http.StatusOK {
			t.Errorf("it has changed: got %s", r.Status)
		}
		got := overview(t, h)
		if len(got) != 2 || got[0]["monitor"] != "new" || got[1]["state"] != "down" {
			t.Errorf("got %v", got)
		}
		if s.listed != 1 {
			t.Errorf("the monitors were listed %d times", s.listed)
		}
	})
}

func TestTheStoreIsLeftAloneWhenNobodyAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLive()
		h := served(t, s)
		pass(time.Minute)
		if s.asked != 0 {
			t.Errorf("asked %d times before anybody did", s.asked)
		}
		overview(t, h)
		pass(2 * time.Minute)
		before := s.asked
		pass(time.Hour)
		if s.asked != before || before > 70 {
			t.Errorf("asked %d times, and %d times after a while", before, s.asked-before)
		}
		s.save(t, measurement("shop", 0))
		if got := overview(t, h); len(got) != 1 {
			t.Errorf("who asks then is told %v", got)
		}
	})
}

func TestOverviewIsReadAnewWhenTheStoreHasForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLive()
		s.save(t, measurement("shop", 0))
		h := served(t, s)
		overview(t, h)
		s.save(t, failed("shop", 1), measurement("b", 1))
		s.set(func() { s.from = len(s.log) })
		pass(time.Second)
		if got := overview(t, h); len(got) != 2 || got[1]["state"] != "down" || s.listed != 2 {
			t.Errorf("got %v after %d lists", got, s.listed)
		}
	})
}

func TestOverviewTellsHowOldItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLive()
		s.set(func() { s.err = io.ErrUnexpectedEOF })
		h := served(t, s)
		problem(t, ask(t, h, "GET", "/api/v1/overview"), http.StatusServiceUnavailable)
		s.save(t, measurement("shop", 0))
		s.set(func() { s.err = nil })
		pass(time.Second)
		if got := body(t, ask(t, h, "GET", "/api/v1/overview")); strings.Contains(got, "stale") {
			t.Errorf("the store answers: got %s", got)
		}
		read := time.Now()
		s.set(func() { s.err = io.ErrUnexpectedEOF })
		pass(10 * time.Second)
		want := fmt.Sprintf(`"stale_since":"%s"`, read.UTC().Format("2006-01-02T15:04:05Z"))
		if got := body(t, ask(t, h, "GET", "/api/v1/overview")); !strings.Contains(got, want) || !strings.Contains(got, "shop") {
			t.Errorf("the store does not answer: got %s, want %s", got, want)
		}
		s.set(func() { s.err = nil })
		pass(time.Second)
		if got := body(t, ask(t, h, "GET", "/api/v1/overview")); strings.Contains(got, "stale") {
			t.Errorf("the store answers again: got %s", got)
		}
	})
}

// many are n monitors of a fleet, one of a hundred of them down.
func many(t testing.TB, n int) *live {
	t.Helper()
	s := newLive()
	events := make([]data.Event, 0, 2*n)
	for i := range n {
		id := fmt.Sprintf("service-%05d", i)
		r, m := registration(id, 0), measurement(id, i%10)
		if i%100 == 0 {
			m = failed(id, i%10)
		}
		r.URL = fmt.Sprintf("https://%s.shop.example/health", id)
		r.Labels = map[string]string{"team": fmt.Sprint("team-", i%17), "env": []string{"prod", "test"}[i%2]}
		m.URL, m.TLS = r.URL, &data.TLS{Version: "TLS 1.3", Expires: at(100_000 + i)}
		m.Phases.Total = data.SpanOf(time.Duration(20_000+i*7919%90_000) * time.Microsecond)
		events = append(events, r, m)
	}
	s.save(t, events...)
	return s
}

func TestOverviewOfTenThousandMonitorsIsSmall(t *testing.T) {
	const n = 10_000
	h := served(t, many(t, n))
	plain := record(h, "/api/v1/overview").Body.Bytes()
	r := ask(t, h, "GET", "/api/v1/overview", "Accept-Encoding", "gzip")
	small := body(t, r)
	z, err := gzip.NewReader(strings.NewReader(small))
	if err != nil || r.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%v, %v", err, r.Header)
	}
	if whole, err := io.ReadAll(z); err != nil || string(whole) != string(plain) {
		t.Errorf("compressed it is another: %v", err)
	}
	t.Logf("%d B a monitor, %d with gzip", len(plain)/n, len(small)/n)
	if len(plain) > 150*n || len(small) > 40*n {
		t.Errorf("%d B, %d with gzip", len(plain), len(small))
	}
	if got := rows(t, plain); len(got) != n || got[100]["state"] != "down" || got[9999]["url"] != "https://service-09999.shop.example/health" {
		t.Errorf("%d rows, the last %v", len(got), got[len(got)-1])
	}
}
