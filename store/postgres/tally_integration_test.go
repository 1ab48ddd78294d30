//go:build integration

package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/store/postgres"
)

// longRolled is a database whose rollups are older than all that is in it.
func longRolled(t *testing.T) servers.DB {
	t.Helper()
	db := servers.Database(t)
	servers.Psql(t, db.AdminURL, "update flyway_schema_history set installed_on = '2026-01-01'")
	return db
}

// daysOf are random events of m at two locations over five days, attempts among them.
func daysOf(r *rand.Rand, begin time.Time, n int) (events []data.Event) {
	for range n {
		at := begin.Add(time.Duration(r.IntN(5*24*120)) * 30 * time.Second)
		location := []string{"ber1", "nyc1"}[r.IntN(2)]
		if r.IntN(12) == 0 {
			g := gapAt("m", at, time.Duration(r.IntN(400))*time.Minute, []data.Reason{data.Stopped, data.Overload}[r.IntN(2)])
			g.Location, g.Slots = location, g.Last.Sub(g.First).Milliseconds()/30_000+1
			events = append(events, g)
			continue
		}
		for attempt := 1; attempt <= 1+r.IntN(2); attempt++ {
			m := measuredAt("m", at)
			m.Location, m.Attempt = location, attempt
			m.Phases.Total = data.SpanOf(time.Duration(r.Int64N(1e6)) * time.Microsecond)
			switch r.IntN(8) {
			case 0:
				m.State, m.HTTP, m.TLS, m.Error = data.Down, nil, nil, &data.Error{Kind: data.ErrTimeout, Phase: "connect"}
			case 1:
				m.Phases.Total = data.SpanOf(time.Hour + time.Duration(r.Int64N(1e9))) // no column holds it
			}
			events = append(events, m)
		}
	}
	return events
}

func TestASummaryByBucketsIsThatByRows(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	// Amid an hour, which waits for its bucket.
	s, exact := openAt(t, longRolled(t).URL, minuteOfNow.Add(59*time.Minute), 0), memory.New(memory.Options{})
	begin := store.Floor(minuteOfNow, store.Day).Add(-4 * store.Day)
	var all []data.Event
	for range 4 {
		events := daysOf(r, begin, 400)
		if len(all) > 0 {
			events = append(events, all[:100]...) // again
		}
		all = append(all, events...)
		keep(t, s, events...)
		if _, err := exact.Save(t.Context(), events); err != nil {
			t.Fatal(err)
		}
		for range 2 { // what waits for its rollup first, and then what has it
			for range 20 {
				q := store.Query{Monitor: "m", Location: []string{"", "ber1"}[r.IntN(2)]}
				if r.IntN(4) > 0 {
					q.From = begin.Add(time.Duration(r.Int64N(int64(3 * store.Day))))
				}
				if r.IntN(4) > 0 {
					q.To = begin.Add(2*store.Day + time.Duration(r.Int64N(int64(3*store.Day))))
				}
				got, err := s.Summary(t.Context(), q)
				want, _ := exact.Summary(t.Context(), q)
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Fatalf("from %v to %v at %q: got %+v, %v, want %+v", q.From, q.To, q.Location, got, err, want)
				}
			}
			roll(t, s)
		}
	}
}

// A year is not read row by row: what its buckets tell is not asked of the rows.
func TestASummaryReadsNoRowsWhereBucketsTellAll(t *testing.T) {
	db := longRolled(t)
	s := openAt(t, db.URL, minuteOfNow, 0)
	begin := store.Floor(minuteOfNow, store.Day).Add(-10 * store.Day)
	for d := range 10 {
		for h := range 24 {
			keep(t, s, measuredAt("m", begin.Add(time.Duration(d)*store.Day+time.Duration(h)*store.Hour)))
		}
	}
	roll(t, s)
	servers.Psql(t, db.AdminURL, "delete from measurement") // as if each was lost
	up := func(from, to time.Time) int64 {
		t.Helper()
		sum, err := s.Summary(t.Context(), store.Query{Monitor: "m", From: from, To: to})
		if err != nil {
			t.Fatal(err)
		}
		return sum.Up
	}
	if got := up(time.Time{}, time.Time{}); got != 240 {
		t.Errorf("all: %d slots are up, want 240", got)
	}
	if got := up(begin.Add(90*time.Minute), begin.Add(5*store.Day)); got != 5*24-2 {
		t.Errorf("from amid an hour: %d slots are up, want all but those of two hours", got)
	}
	keep(t, s, measuredAt("m", begin.Add(3*store.Day+time.Minute))) // its hour is of rows again, of which the other one is lost
	if got := up(time.Time{}, time.Time{}); got != 240 {
		t.Errorf("with a late one: %d slots are up, want 240", got)
	}
	servers.Psql(t, db.AdminURL, fmt.Sprintf("update flyway_schema_history set installed_on = '%s'", begin.Add(4*store.Day).Format(time.DateOnly)))
	if got := up(time.Time{}, time.Time{}); got != 3*24+1 {
		t.Errorf("with days that may lack rollups: %d slots are up, want those of three days and a row", got)
	}
}

// BenchmarkSummaryOfAYear is that of a monitor that is probed each 10 s.
func BenchmarkSummaryOfAYear(b *testing.B) {
	db := servers.Database(b)
	end := store.Floor(time.Now(), store.Day)
	begin := end.Add(-365 * store.Day)
	s, err := postgres.Open(postgres.Options{URL: db.URL})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	if _, err := s.Save(b.Context(), []data.Event{measuredAt("m", begin)}); err != nil {
		b.Fatal(err)
	}
	servers.Psql(b, db.AdminURL, fmt.Sprintf(`select create_measurement_partition('%[1]s'::date + n) from generate_series(0, 365) n;
		insert into measurement (series, scheduled, attempt, started, profile, late_us, degraded_us, total_us)
			select m.series, m.scheduled + n * interval '10 s', m.attempt, m.started, m.profile, 0, 0, 1000 from measurement m, generate_series(1, 365*8640) n`, begin.Format(time.DateOnly)))
	if err := s.Backfill(b.Context(), time.Time{}, time.Time{}, nil); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if sum, err := s.Summary(b.Context(), store.Query{Monitor: "m"}); err != nil || sum.Up < 365*8640 {
			b.Fatal(sum, err)
		}
	}
}
