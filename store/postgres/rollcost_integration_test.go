//go:build integration

package postgres_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/postgres"
)

// TestRollsUpABurst logs what it costs to roll up minutes of many monitors as they end,
// and all that has come late at once; MONITORS=10000 gives the figures of
// docs/performance.md.
func TestRollsUpABurst(t *testing.T) {
	monitors := 200
	if n, err := strconv.Atoi(os.Getenv("MONITORS")); err == nil {
		monitors = n
	}
	db := servers.Database(t)
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	s, err := postgres.Open(postgres.Options{URL: db.URL, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	slot := func(at time.Time) (events []data.Event) {
		for i := range monitors {
			m := probed(i)
			m.Monitor = fmt.Sprintf("m-%05d", i)
			m.Scheduled = at.Add(time.Duration(i%9000) * time.Millisecond)
			m.Started = m.Scheduled.Add(time.Millisecond)
			events = append(events, m)
		}
		return events
	}
	saved := func(from, to time.Time) (n int) {
		for at := from; at.Before(to); at = at.Add(10 * time.Second) {
			events := slot(at)
			for i := 0; i < len(events); i += 5000 {
				save(t, s, events[i:min(i+5000, len(events))]...)
			}
			n += len(events)
		}
		return n
	}
	rolled := func(what string, n int, began time.Time) {
		before := s.Stats().Rolled
		start := time.Now()
		if err := s.Roll(t.Context()); err != nil {
			t.Fatal(err)
		}
		buckets := s.Stats().Rolled - before
		t.Logf("%s: %d rows saved in %v, %d buckets rolled up in %v", what, n, start.Sub(began).Round(time.Millisecond), buckets, time.Since(start).Round(time.Millisecond))
	}
	for minute := range 3 {
		began := time.Now()
		from := now
		n := saved(from, from.Add(time.Minute))
		now = from.Add(time.Minute)
		now = now.Add(2 * time.Second)
		rolled(fmt.Sprintf("minute %d", minute), n, began)
		now = from.Add(time.Minute)
	}
	began := time.Now()
	from := now.Add(-30 * time.Minute)
	n := saved(from, from.Add(500*time.Second))
	rolled("a burst that is late", n, began)
	began = time.Now()
	from = now
	n = saved(from, from.Add(3*time.Minute))
	now = from.Truncate(time.Hour).Add(time.Hour + 2*time.Second)
	rolled("the end of an hour", n, began)
	if lag, err := s.Lag(t.Context()); err != nil || lag != (store.Lag{}) {
		t.Errorf("lag %+v, %v", lag, err)
	}
}
