package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// A Roller is a store that rolls up some time after Save. Roll computes all that is
// pending when it begins.
type Roller interface {
	Roll(ctx context.Context) error
}

// roll lets s compute what is pending, if there is such a thing.
func roll(t *testing.T, s store.Store) {
	t.Helper()
	if r, ok := s.(Roller); ok {
		if err := r.Roll(t.Context()); err != nil {
			t.Fatalf("roll up: %v", err)
		}
	}
	lag, err := s.Lag(t.Context())
	if err != nil || lag != (store.Lag{}) {
		t.Fatalf("the lag after all is rolled up is %+v, %v", lag, err)
	}
}

// The instants that the suite's rollups are about: slots round the end of an hour, of
// a day, and some minutes.
var clusters = []time.Time{
	time.Date(2026, 9, 21, 13, 0, 0, 0, time.UTC), time.Date(2026, 9, 21, 13, 59, 0, 0, time.UTC),
	time.Date(2026, 9, 21, 23, 58, 0, 0, time.UTC), time.Date(2026, 9, 22, 5, 0, 30, 0, time.UTC),
}

// rollsUp saves random events, repeated and shuffled, by several writers at once, while
// rollups are made, and then some that come late.
func rollsUp(t *testing.T, open func(t *testing.T) store.Store) {
	r := random(t)
	for range 3 {
		events := clustered(r, 400)
		s, m := open(t), model{}
		late := len(events) * 3 / 4
		saveAtOnce(t, r, s, events[:late])
		m.save(events[:late])
		roll(t, s)
		askSeries(t, r, s, m)
		saveAtOnce(t, r, s, events[late-20:])
		m.save(events[late:])
		roll(t, s)
		askSeries(t, r, s, m)
		roll(t, s)
		askSeries(t, r, s, m)
		if t.Failed() {
			return
		}
	}
}

// clustered gives random events other instants.
func clustered(r *rand.Rand, n int) []data.Event {
	events := randomEvents(r, n)
	for _, e := range events {
		base := pick(r, clusters...)
		to := func(t time.Time) time.Time { return base.Add(t.Sub(at(0)).Truncate(time.Second)) }
		switch e := e.(type) {
		case *data.Measurement:
			e.Started, e.Scheduled = to(e.Scheduled).Add(e.Started.Sub(e.Scheduled)), to(e.Scheduled)
			e.Phases.DNS = data.SpanOf(time.Duration(r.IntN(3000)) * time.Microsecond)
		case *data.Gap:
			e.First, e.Last = to(e.First), to(e.Last)
			if r.IntN(8) == 0 { // over hours
				e.Last, e.Slots = e.Last.Add(time.Duration(r.IntN(20_000_000))*time.Millisecond), 1+r.Int64N(300)
			}
		}
	}
	return events
}

// saveAtOnce saves events from several writers, each all of them in an order of its
// own, some twice, while another rolls up.
func saveAtOnce(t *testing.T, r *rand.Rand, s store.Store, events []data.Event) {
	var writers, rolls sync.WaitGroup
	done := make(chan struct{}) // closed below, when the writers have ended
	if roller, ok := s.(Roller); ok {
		rolls.Go(func() {
			for {
				if err := roller.Roll(t.Context()); err != nil {
					t.Errorf("roll up: %v", err)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for range 3 {
		w := rand.New(rand.NewPCG(r.Uint64(), 0))
		mine := slices.Clone(events)
		mine = append(mine, mine[:min(w.IntN(50), len(mine))]...)
		w.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
		writers.Go(func() {
			for len(mine) > 0 {
				n := min(1+w.IntN(60), len(mine))
				if refused, err := s.Save(t.Context(), mine[:n]); err != nil || len(refused) > 0 {
					t.Errorf("save: refused %v, error %v", refused, err)
					return
				}
				mine = mine[n:]
			}
		})
	}
	writers.Wait()
	close(done)
	rolls.Wait()
}

// askSeries holds the rollups of s against those of m.
func askSeries(t *testing.T, r *rand.Rand, s store.Store, m model) {
	t.Helper()
	for _, monitor := range monitorIDs {
		for _, step := range []time.Duration{10 * time.Second, store.Minute, 5 * store.Minute, store.Hour, 6 * store.Hour, store.Day, 2 * store.Day} {
			q := store.SeriesQuery{Monitor: monitor, Step: step, Location: pick(r, append(locationIDs, "")...)}
			if step < store.Hour {
				q.From = pick(r, clusters...).Add(jitter(r)).Add(-time.Minute)
				q.To = q.From.Add(time.Duration(r.IntN(900)) * time.Second)
			} else {
				q.From = clusters[0].Add(time.Duration(r.IntN(3)-1) * store.Hour).Add(jitter(r))
				q.To = q.From.Add(time.Duration(r.IntN(50)) * store.Hour)
			}
			askSeriesOf(t, s, m, q)
		}
	}
	for _, step := range []time.Duration{store.Minute, store.Hour, store.Day} {
		q := store.StripQuery{Step: step, From: clusters[1].Add(-step), To: clusters[1].Add(3 * step)}
		f, err := q.Frame()
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, id := range []string{monitorIDs[1], "unknown", monitorIDs[0]} {
			k := store.Key{Monitor: id, Location: pick(r, locationIDs...)}
			q.Keys = append(q.Keys, k)
			want = append(append(want, fmt.Sprint(k)), bucketTexts(m.buckets(f, k))...)
		}
		strips, err := s.Strips(t.Context(), q)
		if err != nil || len(strips) != len(q.Keys) {
			t.Fatalf("strips of %+v: got %d, %v", q, len(strips), err)
		}
		var got []string
		for i, k := range q.Keys {
			got = append(append(got, fmt.Sprint(k)), bucketTexts(strips[i])...)
		}
		same(t, fmt.Sprintf("strips of %+v", q), got, want)
	}
	askOne(t, s, m, store.Query{Monitor: pick(r, monitorIDs...), From: clusters[0].Add(jitter(r)), To: clusters[3]})
}

func askSeriesOf(t *testing.T, s store.Store, m model, q store.SeriesQuery) {
	t.Helper()
	f, _, err := q.Frame()
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Series(t.Context(), q)
	if err != nil {
		t.Fatalf("series of %+v: %v", q, err)
	}
	same(t, fmt.Sprintf("series of %+v", q), bucketTexts(got.Buckets), bucketTexts(m.buckets(f, m.keys(store.Query{Monitor: q.Monitor, Location: q.Location})...)))
	if !got.Since.IsZero() {
		t.Errorf("series of %+v is known since %v, want all of it", q, got.Since)
	}
}
