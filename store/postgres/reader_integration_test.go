//go:build integration

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store"
)

func TestPagesGoOnAcrossDaysAndSteps(t *testing.T) {
	now := data.Millis(time.Now().UTC())
	s := openAt(t, servers.Database(t).URL, now, 0)
	var events []data.Event
	for at := now.Add(-45 * day); at.Before(now.Add(day)); at = at.Add(7 * time.Hour) {
		for _, location := range []string{"ber1", "ham1", "nyc1"} {
			for attempt := 1; attempt <= 2; attempt++ {
				m := measuredAt("shop", at)
				m.Location, m.Attempt = location, attempt
				events = append(events, m)
			}
		}
	}
	keep(t, s, events...)
	slices.Reverse(events)
	slices.SortStableFunc(events, func(a, b data.Event) int {
		x, y := a.(*data.Measurement), b.(*data.Measurement)
		if c := y.Scheduled.Compare(x.Scheduled); c != 0 {
			return c
		}
		return y.Attempt - x.Attempt
	})
	for _, limit := range []int{1, 7, 100, 1000} {
		var got []*data.Measurement
		for q := (store.Query{Monitor: "shop", Limit: limit}); ; {
			page, err := s.Measurements(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, page.Items...)
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if len(got) != len(events) {
			t.Fatalf("pages of %d: got %d measurements, want %d", limit, len(got), len(events))
		}
		for i, m := range got {
			if data.Compare(m, events[i]) != 0 {
				t.Fatalf("pages of %d: number %d is %+v, want %+v", limit, i, m, events[i])
			}
		}
	}
	all, err := s.Monitor(t.Context(), "shop")
	if err != nil || len(all) != 3 || data.Compare(all[0].Last, events[2]) != 0 {
		t.Errorf("the last ones: got %+v, %v", all, err)
	}
	resting := openAt(t, servers.Database(t).URL, now, 0)
	keep(t, resting, measuredAt("old", now.Add(-40*day)))
	if all, err := resting.Monitor(t.Context(), "old"); err != nil || all[0].Last == nil {
		t.Errorf("of a monitor that rests: got %+v, %v", all, err)
	}
}

func TestASummaryIsExactAcrossDaysAndColumns(t *testing.T) {
	s := open(t, servers.Database(t).URL)
	start := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	long, short := measuredAt("shop", start), measuredAt("shop", start.Add(day))
	long.Phases.Total, short.Phases.Total = data.SpanOf(time.Hour), data.SpanOf(time.Microsecond)
	untimed := measuredAt("shop", start.Add(2*day))
	untimed.Phases = data.Phases{}
	keep(t, s, long, short, untimed, gapAt("shop", start.Add(-10*time.Second), 2*day+20*time.Second, data.Stopped))
	sum, err := s.Summary(t.Context(), store.Query{Monitor: "shop"})
	if err != nil || sum.Up != 3 || sum.Min != time.Microsecond || sum.Max != time.Hour || sum.Mean != (time.Hour+time.Microsecond)/2 || sum.Gaps[data.Stopped] != 2*8640+3-3 {
		t.Errorf("got %+v, %v", sum, err)
	}
	sum, err = s.Summary(t.Context(), store.Query{Monitor: "shop", From: start.Add(time.Second), To: start.Add(day)})
	if err != nil || sum.Up != 0 || sum.Gaps[data.Stopped] != 8639 || sum.Min != 0 || sum.Mean != 0 {
		t.Errorf("of a day without its first second: got %+v, %v", sum, err)
	}
}

func TestReadersEndWithTheirContextWhileTheyWait(t *testing.T) {
	db := servers.Database(t)
	s := open(t, db.URL)
	now := data.Millis(time.Now())
	keep(t, s, measuredAt("shop", now), gapAt("shop", now, 0, data.Clock), registeredAt("shop", now, "v"))
	locked := make(chan struct{})
	go func() { // the test waits for it
		defer close(locked)
		servers.Psql(t, db.AdminURL, "begin; lock table series in access exclusive mode; select pg_sleep(3)")
	}()
	for servers.Psql(t, db.AdminURL, "select count(*) from pg_locks where relation = 'series'::regclass and mode = 'AccessExclusiveLock' and granted") != "1" {
	}
	for name, ask := range map[string]func(context.Context) error{
		"Monitors": func(ctx context.Context) error { _, err := s.Monitors(ctx, store.MonitorQuery{}); return err },
		"Measurements": func(ctx context.Context) error {
			_, err := s.Measurements(ctx, store.Query{Monitor: "shop"})
			return err
		},
		"Summary": func(ctx context.Context) error { _, err := s.Summary(ctx, store.Query{Monitor: "shop"}); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		began := time.Now()
		if err := ask(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 2*time.Second {
			t.Errorf("%s: got %v after %v", name, err, time.Since(began))
		}
		cancel()
	}
	<-locked
	if _, err := s.Monitors(t.Context(), store.MonitorQuery{}); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestCloseDoesNotWaitForAQueryThatHangs(t *testing.T) {
	db := servers.Database(t)
	s := open(t, db.URL)
	release := make(chan struct{}) // closed when the lock is gone
	go func() {                    // the test waits for it
		defer close(release)
		servers.Psql(t, db.AdminURL, "begin; lock table series in access exclusive mode; select pg_sleep(10)")
	}()
	waits := func(query string) {
		for servers.Psql(t, db.AdminURL, query) != "1" {
		}
	}
	waits("select count(*) from pg_locks where relation = 'series'::regclass and mode = 'AccessExclusiveLock' and granted")
	read := make(chan error, 1)
	go func() { // awaited below
		_, err := s.Monitors(context.WithoutCancel(t.Context()), store.MonitorQuery{})
		read <- err
	}()
	waits("select count(*) from pg_locks where relation = 'series'::regclass and not granted")
	began := time.Now()
	if err := s.Close(); err == nil || time.Since(began) > 8*time.Second {
		t.Errorf("got %v after %v, want an error before the query ends", err, time.Since(began))
	}
	<-release
	if err := <-read; err != nil {
		t.Errorf("the query that was under way: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("once nothing is under way: %v", err)
	}
}

// BenchmarkRead reads from many monitors, with a hundred days of partitions.
func BenchmarkRead(b *testing.B) {
	db := servers.Database(b)
	for _, sql := range []string{
		"select create_measurement_partition((current_date - 100 + d)::date) from generate_series(0, 103) d",
		"insert into series (monitor, location) select 'monitor-' || lpad(i::text, 5, '0'), 'ber1' from generate_series(1, 10000) i",
		"insert into profile (digest, instance, version, method, url, protocol, port) values ('x', 'hb-0', 'v', 'GET', 'https://shop.example/', 'HTTP/2.0', 443)",
		`insert into measurement (scheduled, started, series, profile, late_us, degraded_us, first_byte_us, total_us, attempt, status, remote)
			select t, t, 1, 1, 1000, 0, 8800, 11000, 1, 200, '203.0.113.7' from generate_series(date_trunc('day', now()) - interval '30 days', now(), interval '10 s') t`,
		`insert into measurement (scheduled, started, series, profile, late_us, degraded_us, first_byte_us, total_us, attempt, status, remote)
			select t, t, s, 1, 1000, 0, 8800, 11000, 1, 200, '203.0.113.7' from generate_series(0, 74) d, generate_series(2, 10000) s,
			lateral (select date_trunc('day', now()) - d * interval '1 day' + s * interval '1 ms' as t) x where not (s % 10 = 0 and d < 5)`,
		"insert into gap select now() - interval '1 min', now(), 7, s, 'stopped', 'hb-0', 'v' from generate_series(1, 10000) s",
		"analyze",
	} {
		servers.Psql(b, db.AdminURL, sql)
	}
	s := open(b, db.URL)
	q := store.Query{Monitor: "monitor-00001"}
	month := q
	month.From = time.Now().Add(-30 * day)
	for name, ask := range map[string]func() (int, error){
		"monitors":     func() (int, error) { p, err := s.Monitors(b.Context(), store.MonitorQuery{}); return len(p.Items), err },
		"measurements": func() (int, error) { p, err := s.Measurements(b.Context(), q); return len(p.Items), err },
		"gaps":         func() (int, error) { p, err := s.Gaps(b.Context(), q); return len(p.Items), err },
		"summary":      func() (int, error) { sum, err := s.Summary(b.Context(), month); return int(sum.Up), err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if n, err := ask(); n == 0 || err != nil {
					b.Fatal(fmt.Errorf("%d: %w", n, err))
				}
			}
		})
	}
}
