package memory_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
)

func counts(buckets []store.Bucket) (lines []string) {
	for i := range buckets {
		b := &buckets[i]
		histogram, _ := b.Total.Histogram.AppendBinary(nil)
		lines = append(lines, fmt.Sprint(b.From, b.Up, b.Down, b.Gaps, b.Errors, b.Total.Count, b.Total.Min, b.Total.Max, b.Total.Sum, histogram))
	}
	return lines
}

// same wants two lists of buckets to be equal, and shows where they part.
func same(t *testing.T, what string, got, want []store.Bucket) {
	t.Helper()
	g, w := counts(got), counts(want)
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Fatalf("%s, bucket %d of %d: got\n%s\nwant\n%s", what, i, len(w), g[i], w[i])
		}
	}
	if len(g) != len(w) {
		t.Fatalf("%s: got %d buckets, want %d", what, len(g), len(w))
	}
}

func seriesOf(t *testing.T, s *memory.Store, q store.SeriesQuery) store.Series {
	t.Helper()
	got, err := s.Series(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// history is a day and a half of a monitor that is probed each 40 s, with some gaps.
func history(r *rand.Rand) (measurements []*data.Measurement, gaps []*data.Gap) {
	for at := start; at.Before(start.Add(36 * time.Hour)); at = at.Add(40 * time.Second) {
		switch r.IntN(20) {
		case 0, 1:
			gaps = append(gaps, &data.Gap{Monitor: "m", Location: "ber1", First: at.Add(-40 * time.Second), Last: at.Add(200 * time.Second), Slots: 7, Reason: data.Overload})
			at = at.Add(160 * time.Second)
		case 2:
			m := measurement("m", at)
			m.State, m.Error, m.Phases = data.Down, &data.Error{Kind: data.ErrTimeout}, data.Phases{}
			measurements = append(measurements, m)
		default:
			m := measurement("m", at)
			m.Phases.Total = data.SpanOf(time.Duration(r.IntN(1e6)) * time.Microsecond)
			measurements = append(measurements, m)
		}
	}
	return measurements, gaps
}

func TestWhatGivesWayIsRolledUpBefore(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for _, o := range []memory.Options{{Measurements: 100}, {Measurements: 100, Gaps: 10}, {Gaps: 12}, {Total: 24}, {}} {
		measurements, gaps := history(r)
		var all []data.Event
		for _, m := range measurements {
			all = append(all, m, m) // twice
		}
		for _, g := range gaps {
			all = append(all, g)
		}
		slices.SortStableFunc(all, func(a, b data.Event) int { return moment(a).Compare(moment(b)) })
		for i := 0; i+4 <= len(all); i += 4 { // some late, by less than what fits
			r.Shuffle(4, func(a, b int) { all[i+a], all[i+b] = all[i+b], all[i+a] })
		}
		s := memory.New(o)
		for i, e := range all {
			save(t, s, e)
			if i > 2000 && i%10 == 0 {
				save(t, s, all[r.IntN(i-1000)]) // again, when it has been rolled up or not
			}
		}
		q := store.SeriesQuery{Monitor: "m", From: start.Add(-store.Hour), To: start.Add(2 * store.Day)}
		for _, q.Step = range []time.Duration{store.Minute, 5 * store.Minute, store.Hour, 6 * store.Hour, store.Day} {
			f, tier, err := q.Frame()
			if err != nil {
				t.Fatal(err)
			}
			got := seriesOf(t, s, q)
			if rolled := o != (memory.Options{}); !got.Since.IsZero() || (got.Tier == tier) != rolled {
				t.Errorf("%+v: minutes of 48 hours, known since %v, of tier %v", o, got.Since, got.Tier)
			}
			same(t, fmt.Sprintf("%+v, step %v", o, q.Step), got.Buckets, store.Rollup(measurements, gaps, f))
			if q.Step == store.Minute || q.Step == store.Hour || q.Step == store.Day {
				strips, err := s.Strips(t.Context(), store.StripQuery{Keys: []store.Key{{Monitor: "m", Location: "ber1"}}, From: q.From, To: q.To, Step: q.Step})
				f.Plain = true
				if err != nil {
					t.Fatal(err)
				}
				same(t, fmt.Sprintf("%+v, strips of %v", o, q.Step), strips[0], store.Rollup(measurements, gaps, f))
			}
		}
		f := store.Frame{From: start.Add(-store.Day), To: start.Add(3 * store.Day), Step: store.Minute}
		whole := store.Coarsen(10*store.Day, store.Rollup(measurements, gaps, f))[0]
		sum, err := s.Summary(t.Context(), store.Query{Monitor: "m"})
		if err != nil || sum.Up != whole.Up || sum.Down != whole.Down || sum.Min != whole.Total.Min || sum.Max != whole.Total.Max || sum.Mean != whole.Total.Mean() || sum.Gaps[data.Overload] != whole.Missed() {
			t.Errorf("%+v: the summary is %+v, %v, want %+v", o, sum, err, counts([]store.Bucket{whole}))
		}
		if page, err := s.Incidents(t.Context(), store.Query{Monitor: "m"}); err != nil || len(page.Items) == 0 && o.Total == 0 {
			t.Errorf("%+v: incidents are %v, %v", o, page, err)
		}
	}
}

// moment is when an event comes.
func moment(e data.Event) time.Time {
	if g, ok := e.(*data.Gap); ok {
		return g.Last
	}
	return e.(*data.Measurement).Scheduled
}

func TestTooLateIsNotCountedTwice(t *testing.T) {
	s := memory.New(memory.Options{Measurements: 10})
	for n := range 100 {
		save(t, s, measurement("m", start.Add(time.Duration(n)*time.Minute)))
	}
	before := s.Stats().Evicted
	save(t, s, measurement("m", start.Add(time.Minute)), measurement("m", start.Add(-time.Minute)), gap(start.Add(time.Minute)))
	sum, err := s.Summary(t.Context(), store.Query{Monitor: "m"})
	if err != nil || sum.Up != 100 || len(sum.Gaps) != 0 {
		t.Errorf("got %+v, %v, want 100 slots that are up", sum, err)
	}
	if got := s.Stats().Evicted - before; got != 2 {
		t.Errorf("%d were counted as having given way, want the two measurements", got)
	}
}

func TestBucketsAreShared(t *testing.T) {
	s := memory.New(memory.Options{Measurements: 2, Buckets: 60})
	fill := func(id string) {
		for n := range 100 * 24 {
			save(t, s, measurement(id, start.Add(time.Duration(n)*time.Hour)))
		}
	}
	fill("m")
	since := func(step time.Duration, length int) {
		t.Helper()
		end := start.Add(100*24*time.Hour - 2*time.Hour)
		got := seriesOf(t, s, store.SeriesQuery{Monitor: "m", From: end.Add(-time.Duration(length+5) * step), To: end.Add(step), Step: step})
		if want := store.Floor(end, step).Add(-time.Duration(length) * step); got.Since.Before(want.Add(-step)) || got.Since.After(want.Add(step)) {
			t.Errorf("buckets of %v are known since %v, want about %v", step, got.Since, want)
		}
		if n := len(got.Buckets); n > length+4 {
			t.Errorf("there are %d buckets of %v", n, step)
		}
	}
	since(store.Hour, 20)
	since(store.Day, 20)
	sum, err := s.Summary(t.Context(), store.Query{Monitor: "m"})
	if err != nil || sum.Up < 19*24 || sum.Up > 21*24 {
		t.Errorf("got %+v, %v, want twenty days", sum, err)
	}
	fill("n") // and so they share
	since(store.Hour, 10)
	since(store.Day, 10)
}

func TestAGapOfAgesIsBounded(t *testing.T) {
	s := memory.New(memory.Options{Gaps: 2})
	save(t, s, &data.Gap{Monitor: "m", Location: "ber1", First: time.Unix(0, 0).UTC(), Last: start, Slots: 1 << 40, Reason: data.Stopped})
	for n := range 10 {
		save(t, s, gap(start.Add(time.Duration(n+1)*time.Hour)))
	}
	q := store.SeriesQuery{Monitor: "m", From: start.Add(-10 * store.Hour), To: start.Add(store.Hour), Step: store.Minute}
	if got := seriesOf(t, s, q); len(got.Buckets) < 600 {
		t.Errorf("got %d minutes, want those of ten hours", len(got.Buckets))
	}
	sum, err := s.Summary(t.Context(), store.Query{Monitor: "m", From: start.Add(-store.Hour)})
	if want := 1 << 40 / (start.Unix() / 60) * 59; err != nil || sum.Gaps[data.Stopped] < want {
		t.Errorf("got %+v, %v, want %d at least", sum, err, want)
	}
}

func TestChangesOfAnotherProcessAreLost(t *testing.T) {
	s, other := memory.New(memory.Options{}), memory.New(memory.Options{})
	c, err := other.Changes(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	save(t, s, measurement("m", start))
	got, err := s.Changes(t.Context(), c.Next)
	if err != nil || !got.Lost || len(got.Items) > 0 {
		t.Fatalf("got %+v, %v, want that they are lost", got, err)
	}
	save(t, s, measurement("m", start.Add(time.Second)))
	if got, err = s.Changes(t.Context(), got.Next); err != nil || got.Lost || len(got.Items) != 1 {
		t.Errorf("from there on: got %+v, %v, want one", got, err)
	}
}
