package web_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/web"
)

func TestEventsTellWhatHasChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLive()
		s.save(t, registration("shop", 0), measurement("shop", 0))
		s1 := listen(t, served(t, s), "")
		if got := s1.changes(t); got != nil || s1.code != http.StatusOK || s1.head.Get("Content-Type") != "text/event-stream" || s1.id == "" {
			t.Errorf("it begins with %v, %d, %v", got, s1.code, s1.head)
		}
		ms := func(n int) any { return float64(at(n).UnixMilli()) }
		s.save(t, measurement("shop", 1), measurement("shop", 2))
		pass(time.Second)
		wantJSON(t, "a measurement", s1.changes(t), []map[string]any{{"monitor": "shop", "location": "ber1", "last_ms": ms(2), "total_us": 3000.0}})
		s.save(t, failed("shop", 3))
		pass(time.Second)
		wantJSON(t, "a failure", s1.changes(t), []map[string]any{{
			"monitor": "shop", "location": "ber1", "last_ms": ms(3), "total_us": 4000.0, "state": "down",
			"error": map[string]any{"kind": "timeout", "phase": "connect", "message": "no answer <b>"},
		}})
		s.save(t, measurement("shop", 1)) // late, or doubled
		pass(time.Second)
		wantJSON(t, "what does not show", s1.changes(t), []map[string]any{{"monitor": "shop", "location": "ber1"}})
		s.save(t, measurement("new", 4))
		pass(time.Second)
		got := s1.changes(t)
		if len(got) != 1 || len(got[0]) != 12 {
			t.Errorf("a new row is %v", got)
		}
	})
}

func TestListenerGoesOnWhereItHasStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLive()
		s.save(t, measurement("a", 0), measurement("b", 0), measurement("c", 0))
		h, other := served(t, s), served(t, s)
		first := listen(t, h, "")
		s.save(t, measurement("b", 1))
		pass(time.Second)
		first.changes(t)
		first.leave()
		s.save(t, measurement("a", 1), failed("b", 2))
		pass(5 * time.Second)
		for name, second := range map[string]*stream{
			"here":                   listen(t, h, "", "Last-Event-ID", first.id),
			"by the parameter":       listen(t, h, "?after="+first.id),
			"by the header at first": listen(t, h, "?after=nonsense", "Last-Event-ID", first.id),
			"elsewhere":              listen(t, other, "", "Last-Event-ID", first.id),
		} {
			pass(time.Second) // elsewhere, it may have to look first
			got := second.changes(t)
			if len(got) != 2 || got[0]["monitor"] != "a" || got[1]["state"] != "down" {
				t.Errorf("%s: got %v", name, got)
			}
		}
	})
}

func TestListenerIsToldToReadAnewWhatIsNotKnownAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLive()
		s.save(t, measurement("a", 0))
		h := served(t, s)
		overview(t, h)
		s.set(func() { s.from = 1 })
		for _, id := range []string{"0", "nonsense", "999", "<script>"} {
			l := listen(t, h, "", "Last-Event-ID", id)
			if all := l.take(t); len(of(all, "reset")) != 1 {
				t.Errorf("after %s: got %v", id, all)
			}
			s.save(t, measurement("a", 1))
			pass(time.Second)
			if got := l.changes(t); len(got) != 1 {
				t.Errorf("it goes on with %v", got)
			}
		}
	})
}

func TestAStreamThatIsCutSkipsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLive()
		s.save(t, measurement("a", 0))
		h := served(t, s)
		first := listen(t, h, "")
		first.take(t)
		first.leave()
		s.save(t, measurement("a", 1))
		pass(time.Second)
		// Whatever it is told of where it is, it has been told of a by then.
		for i, e := range listen(t, h, "", "Last-Event-ID", first.id).take(t) {
			if e.kind == "change" {
				break
			}
			if e.id != "" {
				t.Errorf("message %d says that it is at %s, before what has changed", i, e.id)
			}
		}
		for i, e := range listen(t, h, "", "Last-Event-ID", "nonsense").take(t) {
			if e.kind == "reset" {
				break
			}
			if e.id != "" {
				t.Errorf("message %d says that it is at %s, before it says that this is not known", i, e.id)
			}
		}
	})
}

func TestAMonitorThatTheStoreForgetsIsAResetAndNoChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLive()
		s.save(t, measurement("a", 0), measurement("b", 0))
		h := served(t, s)
		l := listen(t, h, "")
		l.take(t)
		left := newLive()
		left.save(t, measurement("a", 0))
		s.set(func() { // it knows a only, and not what has changed
			s.Store, s.log = left.Store, append(s.log, store.Key{Monitor: "a", Location: "ber1"})
			s.from = len(s.log)
		})
		pass(2 * time.Second)
		if all := l.take(t); len(of(all, "reset")) != 1 || len(of(all, "change")) != 0 {
			t.Errorf("got %+v", all)
		}
		if got := overview(t, h); len(got) != 1 || got[0]["monitor"] != "a" {
			t.Errorf("got %v", got)
		}
	})
}

func TestListenerHearsOfItsMonitorsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLive()
		s.save(t, measurement("a/b", 0), measurement("c", 0), measurement("🙂", 0))
		h := served(t, s)
		l := listen(t, h, "?monitor=a%2Fb&monitor=%F0%9F%99%82")
		before := l.take(t)[0].id
		s.save(t, measurement("c", 1))
		pass(time.Second)
		if got := l.changes(t); got != nil || l.id == before {
			t.Errorf("of others it hears %v, and is at %s", got, l.id)
		}
		s.save(t, measurement("a/b", 1), measurement("c", 2), measurement("🙂", 1))
		pass(time.Second)
		if got := l.changes(t); len(got) != 2 || got[0]["monitor"] != "a/b" || got[1]["monitor"] != "🙂" {
			t.Errorf("got %v", got)
		}
	})
}

func TestSlowListenerIsDroppedAndKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		ending, dropped, listening := make(chan struct{}), 0, 0
		s := newLive()
		s.save(t, measurement("a", 0))
		h := web.New(web.Options{
			Store: s, Ending: ending, Dropped: func() { dropped++ }, Listeners: func(n int) { listening = n }, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		defer close(ending)
		slow, fast := listen(t, h, ""), listen(t, h, "")
		slow.take(t)
		slow.mu.Lock()
		slow.held = make(chan struct{})
		slow.mu.Unlock()
		for n := range 40 {
			s.save(t, measurement("a", n+1))
			pass(time.Second)
			if got := fast.changes(t); len(got) != 1 {
				t.Fatalf("after %d the other one gets %v", n, got)
			}
		}
		if dropped != 1 || listening != 1 || strings.Count(log.String(), "dropped") != 1 {
			t.Errorf("%d were dropped, %d listen; log: %s", dropped, listening, &log)
		}
		close(slow.held)
		<-slow.ended // its deadline had passed
		slow.changes(t)
		back := listen(t, h, "", "Last-Event-ID", slow.id)
		if got := back.changes(t); len(got) != 1 || got[0]["last_ms"] != float64(at(40).UnixMilli()) {
			t.Errorf("who comes back is told %v", got)
		}
	})
}

func TestListenerWhoseConnectionTakesNothingMoreIsCountedAmongTheDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ending, dropped, listening := make(chan struct{}), 0, 0
		s := newLive()
		h := web.New(web.Options{Store: s, Ending: ending, Dropped: func() { dropped++ }, Listeners: func(n int) { listening = n }})
		defer close(ending)
		l := listen(t, h, "")
		l.mu.Lock()
		l.held = make(chan struct{})
		l.mu.Unlock()
		s.save(t, measurement("a", 1))
		pass(12 * time.Second) // longer than a write may take; no queue is full yet
		close(l.held)
		<-l.ended
		if synctest.Wait(); dropped != 1 || listening != 0 {
			t.Errorf("%d were dropped, %d listen", dropped, listening)
		}
	})
}

func TestListenerHearsThatItIsHeardAndWhetherTheStoreAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLive()
		s.save(t, measurement("a", 0))
		h := served(t, s)
		l := listen(t, h, "")
		l.take(t)
		pass(time.Hour)
		if n := len(l.take(t)); n < 239 || n > 241 {
			t.Errorf("%d signs of life in an hour", n)
		}
		read := time.Now()
		s.set(func() { s.err = io.ErrUnexpectedEOF })
		pass(10 * time.Second)
		want := fmt.Sprintf(`{"since":"%s"}`, read.UTC().Format("2006-01-02T15:04:05Z"))
		if got := of(l.take(t), "stale"); len(got) != 1 || got[0].data != want {
			t.Errorf("got %v, want %s", got, want)
		}
		if got := of(listen(t, h, "").take(t), "stale"); len(got) != 1 {
			t.Errorf("who comes then is told %v", got)
		}
		s.set(func() { s.err = nil })
		s.save(t, measurement("a", 1))
		pass(time.Second)
		if got := l.take(t); len(of(got, "fresh")) != 1 || len(of(got, "change")) != 1 {
			t.Errorf("then %v", got)
		}
		s.set(func() { s.hold = make(chan struct{}) }) // it does not even fail
		pass(10 * time.Second)
		if got := of(l.take(t), "stale"); len(got) != 1 {
			t.Errorf("a store that hangs: %v", got)
		}
	})
}

func TestStreamsEndWithTheServerAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which ends only when every goroutine has
		s := newLive()
		ending := make(chan struct{})
		h := web.New(web.Options{Store: s, Ending: ending})
		all := []*stream{listen(t, h, ""), listen(t, h, "?monitor=a")}
		s.set(func() { s.hold = make(chan struct{}) })
		pass(3 * time.Second)
		began := time.Now()
		close(ending)
		for _, l := range all {
			<-l.ended
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %v", took)
		}
		<-listen(t, h, "").ended
	})
}

func TestSoManyMayListen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := served(t, newLive())
		for range 2000 {
			listen(t, h, "")
		}
		r := record(h, "/api/v1/events").Result()
		if problem(t, r, http.StatusServiceUnavailable); r.Header.Get("Retry-After") == "" {
			t.Errorf("one more: %v", r.Header)
		}
	})
}
