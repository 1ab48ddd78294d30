package memory_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
)

// What comes when its minute has been rolled up, because gaps gave way, is in lists and
// in buckets alike.
func TestWhatComesAfterItsRollupIsCounted(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	few, all := memory.New(memory.Options{Gaps: 4}), memory.New(memory.Options{})
	both := func(e data.Event) {
		save(t, few, e)
		save(t, all, e)
	}
	var late []data.Event
	for n := range 3 * 24 * 60 {
		at := start.Add(time.Duration(n) * time.Minute)
		m := measurement("m", at)
		m.Phases.Total = data.SpanOf(time.Duration(r.IntN(1e6)) * time.Microsecond)
		if r.IntN(3) == 0 { // down, and up or down once more by the next attempt
			m.State, m.Error, m.Phases = data.Down, &data.Error{Kind: data.ErrTimeout}, data.Phases{}
			again := *m
			again.Attempt, again.Error = 2, &data.Error{Kind: data.ErrRefused}
			if r.IntN(2) == 0 {
				again.State, again.Error, again.Phases.Total = data.Up, nil, data.SpanOf(time.Second)
			}
			late = append(late, &again)
		}
		if r.IntN(4) == 0 {
			late = append(late, m)
		} else {
			both(m)
		}
		if n%10 == 0 {
			both(gap(at.Add(30 * time.Second)))
		}
	}
	r.Shuffle(len(late), func(i, j int) { late[i], late[j] = late[j], late[i] })
	for _, e := range late {
		both(e)
	}
	q := store.SeriesQuery{Monitor: "m", From: start.Add(-time.Hour), To: start.Add(3 * store.Day)}
	for _, q.Step = range []time.Duration{store.Minute, store.Hour, store.Day} {
		got, want := seriesOf(t, few, q), seriesOf(t, all, q)
		if got.Tier != q.Step {
			t.Fatalf("by %v: of tier %v, and nothing gave way", q.Step, got.Tier)
		}
		known := len(want.Buckets) - len(got.Buckets) // minutes are kept for 48 hours
		if known > 0 && q.Step != store.Minute {
			t.Errorf("by %v: %d buckets, want %d", q.Step, len(got.Buckets), len(want.Buckets))
		}
		same(t, q.Step.String(), got.Buckets, want.Buckets[known:])
	}
	got, err := few.Summary(t.Context(), store.Query{Monitor: "m"})
	want, _ := all.Summary(t.Context(), store.Query{Monitor: "m"})
	if err != nil || got.Up != want.Up || got.Down != want.Down || got.Mean != want.Mean || got.Gaps[data.Stopped] != want.Gaps[data.Stopped] {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}
