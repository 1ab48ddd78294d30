//go:build integration

package postgres_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/postgres"
)

// bucketText is all that a bucket tells.
func bucketText(b store.Bucket) string {
	s := fmt.Sprintf("%s up %d down %d gaps %v errors %v", b.From.Format(time.RFC3339), b.Up, b.Down, b.Gaps, b.Errors)
	for _, l := range append([]store.Latency{b.Total}, b.Phases[:]...) {
		h, _ := l.Histogram.AppendBinary(nil)
		s += fmt.Sprintf("; %d %v %v %v %x", l.Count, l.Min, l.Max, l.Sum, h)
	}
	return s
}

// expect holds the series of each step against what all events together make.
func expect(t *testing.T, s store.Reader, events []data.Event, monitor string, from, to time.Time) {
	t.Helper()
	var measurements []*data.Measurement
	var gaps []*data.Gap
	for _, e := range events {
		switch e := e.(type) {
		case *data.Measurement:
			if e.Monitor == monitor {
				measurements = append(measurements, e)
			}
		case *data.Gap:
			if e.Monitor == monitor {
				gaps = append(gaps, e)
			}
		}
	}
	slices.SortFunc(measurements, func(a, b *data.Measurement) int {
		return cmp.Or(a.Scheduled.Compare(b.Scheduled), cmp.Compare(a.Attempt, b.Attempt))
	})
	for _, step := range []time.Duration{store.Minute, 5 * time.Minute, store.Hour, store.Day} {
		f := store.Frame{From: store.Floor(from, step), To: store.Ceil(to, step), Step: step}
		want := store.Rollup(measurements, gaps, f)
		got, err := s.Series(t.Context(), store.SeriesQuery{Monitor: monitor, From: from, To: to, Step: step})
		if err != nil {
			t.Fatal(err)
		}
		for i := range max(len(want), len(got.Buckets)) {
			g, w := "nothing", "nothing"
			if i < len(got.Buckets) {
				g = bucketText(got.Buckets[i])
			}
			if i < len(want) {
				w = bucketText(want[i])
			}
			if g != w {
				t.Fatalf("%s by %v, bucket %d of %d (want %d):\ngot  %s\nwant %s", monitor, step, i, len(got.Buckets), len(want), g, w)
			}
		}
		if step == 5*time.Minute {
			continue
		}
		strips, err := s.Strips(t.Context(), store.StripQuery{Keys: []store.Key{{Monitor: "nobody"}, {Monitor: monitor, Location: "ber1"}}, From: from, To: to, Step: step})
		if err != nil || len(strips) != 2 || len(strips[0]) != 0 || len(strips[1]) != len(want) {
			t.Fatalf("strips of %s by %v: %d and %d, %v; want 0 and %d", monitor, step, len(strips[0]), len(strips[1]), err, len(want))
		}
		for i, b := range strips[1] {
			if got, want := bucketText(b), bucketText(want[i].Plain()); got != want {
				t.Fatalf("strip of %s by %v, bucket %d:\ngot  %s\nwant %s", monitor, step, i, got, want)
			}
		}
	}
}

// meeting are events of some monitors that meet one another, over some hours before now.
func meeting(r *rand.Rand, now time.Time, n int) (events []data.Event) {
	begin := now.Add(-7 * time.Hour).Truncate(10 * time.Second)
	for range n {
		monitor := fmt.Sprintf("m%d", r.IntN(3))
		at := begin.Add(time.Duration(r.IntN(6*360)) * 10 * time.Second)
		if r.IntN(10) == 0 {
			length := r.IntN(30)
			if r.IntN(4) == 0 {
				length = r.IntN(1000)
			}
			length = min(length, int(now.Add(-10*time.Minute).Sub(at)/(10*time.Second)))
			reasons := []data.Reason{data.Overload, data.Stopped, data.Clock}
			events = append(events, gapAt(monitor, at, time.Duration(length)*10*time.Second, reasons[r.IntN(3)]))
			continue
		}
		m := measuredAt(monitor, at)
		m.Attempt = 1 + r.IntN(2)
		total := time.Duration(1+r.IntN(2e6)) * time.Microsecond
		m.Phases = data.Phases{Connect: data.SpanOf(total / 3), FirstByte: data.SpanOf(total - total/3), Total: data.SpanOf(total)}
		if r.IntN(3) == 0 {
			m.State, m.HTTP, m.TLS, m.Phases = data.Down, nil, nil, data.Phases{}
			m.Error = &data.Error{Kind: data.ErrTimeout, Phase: "connect", Message: "no answer"}
		}
		events = append(events, m)
	}
	return events
}

// joined leaves of events that are the same one the one that stays.
func joined(events []data.Event) []data.Event {
	kept := map[string]data.Event{}
	for _, e := range events {
		var key string
		switch e := e.(type) {
		case *data.Measurement:
			key = fmt.Sprint("m", e.Monitor, e.Scheduled, e.Attempt)
		case *data.Gap:
			key = fmt.Sprint("g", e.Monitor, e.First, e.Last, e.Reason)
		}
		if old := kept[key]; old == nil || data.Compare(e, old) < 0 {
			kept[key] = e
		}
	}
	var all []data.Event
	for _, e := range kept {
		all = append(all, e)
	}
	return all
}

func roll(t *testing.T, s *postgres.Store) {
	t.Helper()
	if err := s.Roll(t.Context()); err != nil {
		t.Fatal(err)
	}
	lag, err := s.Lag(t.Context())
	if err != nil || lag != (store.Lag{}) {
		t.Fatalf("after a roll: lag %+v, %v", lag, err)
	}
}

func TestRollupsAreWhatAllEventsTogetherMake(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for _, now := range []time.Time{
		time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC),
		time.Date(2026, 11, 24, 3, 30, 0, 0, time.UTC),
	} {
		s := openAt(t, servers.Database(t).URL, now, 0)
		events := joined(meeting(r, now, 1500))
		rest := slices.Concat(events, events[:300])
		r.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
		for len(rest) > 0 {
			n := min(1+r.IntN(400), len(rest))
			keep(t, s, rest[:n]...)
			if rest = rest[n:]; r.IntN(2) == 0 {
				roll(t, s)
			}
		}
		roll(t, s)
		for _, monitor := range []string{"m0", "m1", "m2"} {
			expect(t, s, events, monitor, now.Add(-12*time.Hour), now.Add(time.Hour))
		}
	}
}
