package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

var midnight = time.Date(2026, 9, 22, 0, 0, 0, 0, time.UTC)

// events are random measurements in order, and gaps, of some hours round midnight.
func events(r *rand.Rand) (measurements []*data.Measurement, gaps []*data.Gap) {
	instant := func() time.Time {
		return midnight.Add(time.Duration(r.IntN(3)-1)*time.Hour + time.Duration(r.IntN(240)-120)*time.Second)
	}
	for range r.IntN(200) {
		m := &data.Measurement{Scheduled: instant(), Attempt: 1 + r.IntN(2), State: data.Up}
		if r.IntN(3) == 0 {
			m.State, m.Error = data.Down, &data.Error{Kind: data.ErrTimeout}
		} else {
			m.Phases = data.Phases{DNS: data.SpanOf(time.Duration(r.IntN(1000)) * time.Microsecond), Total: data.SpanOf(time.Duration(r.IntN(1e6)) * time.Microsecond)}
		}
		measurements = append(measurements, m)
	}
	slices.SortStableFunc(measurements, func(a, b *data.Measurement) int {
		if c := a.Scheduled.Compare(b.Scheduled); c != 0 {
			return c
		}
		return a.Attempt - b.Attempt
	})
	measurements = slices.CompactFunc(measurements, func(a, b *data.Measurement) bool {
		return a.Scheduled.Equal(b.Scheduled) && a.Attempt == b.Attempt
	})
	for range r.IntN(20) {
		first := instant()
		gaps = append(gaps, &data.Gap{First: first, Last: first.Add(time.Duration(r.IntN(7200)) * time.Second), Slots: 1 + r.Int64N(500), Reason: []data.Reason{data.Stopped, data.Overlap}[r.IntN(2)]})
	}
	return measurements, gaps
}

func texts(buckets []store.Bucket) (lines []string) {
	for i := range buckets {
		b := &buckets[i]
		line := fmt.Sprint(b.From, b.Up, b.Down, b.Gaps, b.Errors, b.Total.Count, b.Total.Min, b.Total.Max, b.Total.Sum)
		lines = append(lines, line+fmt.Sprintf(" %x %x", form(b.Total.Histogram), form(b.Phases[0].Histogram)))
	}
	return lines
}

func TestALongBucketIsTheSumOfItsMinutes(t *testing.T) {
	r := random(t)
	for range 100 {
		measurements, gaps := events(r)
		f := store.Frame{From: midnight.Add(-store.Day), To: midnight.Add(store.Day), Step: store.Minute}
		minutes := store.Rollup(measurements, gaps, f)
		hours := store.Coarsen(store.Hour, minutes)
		for _, step := range []time.Duration{5 * store.Minute, store.Hour, 6 * store.Hour, store.Day} {
			f.Step = step
			whole := store.Rollup(measurements, gaps, f)
			sums := [][]store.Bucket{store.Coarsen(step, minutes)}
			if step >= store.Hour {
				sums = append(sums, store.Coarsen(step, hours))
			}
			cut := store.Frame{From: f.From, To: midnight.Add(time.Duration(r.IntN(240)-120) * time.Minute), Step: step}
			rest := store.Frame{From: cut.To, To: f.To, Step: step}
			sums = append(sums, store.Coarsen(step, store.Rollup(measurements, gaps, cut), store.Rollup(measurements, gaps, rest)))
			for i, sum := range sums {
				if got, want := texts(whole), texts(sum); !slices.Equal(got, want) {
					t.Fatalf("buckets of %v are\n%q\nand what they are the sum of (%d) makes\n%q", step, got, i, want)
				}
			}
		}
	}
}

func TestCoarsenSharesNothing(t *testing.T) {
	measurements, gaps := events(rand.New(rand.NewPCG(1, 2)))
	minutes := store.Rollup(measurements, gaps, store.Frame{From: midnight.Add(-store.Hour), To: midnight.Add(store.Hour), Step: store.Minute})
	before := texts(minutes)
	again := store.Coarsen(store.Minute, minutes)
	for i := range again {
		again[i].Merge(&minutes[0])
		again[i].Total.Add(time.Hour)
	}
	if !slices.Equal(texts(minutes), before) {
		t.Error("what was merged into the result changed what it was made of")
	}
}

func TestMeasurementsMayOutnumberAGap(t *testing.T) {
	// Of 2 slots that a gap says it has in this minute, 3 were measured after all.
	var measurements []*data.Measurement
	for n := range 3 {
		measurements = append(measurements, &data.Measurement{Scheduled: midnight.Add(time.Duration(n) * time.Second), State: data.Up})
	}
	gaps := []*data.Gap{{First: midnight, Last: midnight.Add(90 * time.Second), Slots: 4, Reason: data.Stopped}}
	got := store.Rollup(measurements, gaps, store.Frame{From: midnight, To: midnight.Add(store.Hour), Step: store.Hour})
	if len(got) != 1 || got[0].Up != 3 || got[0].Missed() != 2 {
		t.Errorf("got %+v; want 3 up, and the 2 of the minute after missed", got)
	}
}

func TestStepsBeginByTheUnixEpoch(t *testing.T) {
	week := 7 * store.Day
	at := time.Date(2026, 11, 28, 13, 59, 59, 999_000_000, time.FixedZone("", 3600))
	for step, want := range map[time.Duration]string{
		time.Second: "2026-11-28T12:59:59Z", store.Minute: "2026-11-28T12:59:00Z", store.Hour: "2026-11-28T12:00:00Z",
		store.Day: "2026-11-28T00:00:00Z", week: "2026-11-26T00:00:00Z", // a Thursday, as 1970 began with
	} {
		if got := store.Floor(at, step).Format(time.RFC3339Nano); got != want {
			t.Errorf("%v before %v is %s, want %s", step, at, got, want)
		}
	}
	for _, at := range []time.Time{time.UnixMilli(-1), time.UnixMilli(-60_000), {}} {
		if lo, hi := store.Floor(at, store.Minute), store.Ceil(at, store.Minute); lo.After(at) || hi.Before(at) || hi.Sub(lo) > store.Minute || at.Sub(lo) >= store.Minute {
			t.Errorf("%v is between %v and %v", at, lo, hi)
		}
	}
	if got := store.Ceil(midnight.Add(1), store.Hour); !got.Equal(midnight.Add(store.Hour)) {
		t.Errorf("a nanosecond after midnight, the next hour begins at %v", got)
	}
}

func BenchmarkRollup(b *testing.B) {
	var measurements []*data.Measurement
	for n := range 6 {
		measurements = append(measurements, &data.Measurement{
			Scheduled: midnight.Add(time.Duration(n) * 10 * time.Second), State: data.Up,
			Phases: data.Phases{DNS: 1000, Connect: 10_000, TLS: 20_000, Request: 50, FirstByte: 70_000 + data.Span(n*5000), Transfer: 3000, Total: 104_050 + data.Span(n*5000)},
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		store.Rollup(measurements, nil, store.Frame{From: midnight, To: midnight.Add(store.Minute), Step: store.Minute})
	}
}
