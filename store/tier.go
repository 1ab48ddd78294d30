package store

import (
	"fmt"
	"time"
)

// MaxStrips is the most buckets that strips hold in all.
const MaxStrips = 100_000

// Frame brings the range of q to whole steps, and says which tier its buckets are made
// of: 0 for raw measurements, or the longest of Minute, Hour and Day that a step is a
// whole number of. It wraps ErrStep.
func (q SeriesQuery) Frame() (Frame, time.Duration, error) {
	f := Frame{From: q.From, To: q.To, Step: q.Step}
	tier, ok := tierOf(q.Step)
	if !ok {
		return f, 0, fmt.Errorf("%w: %v; a step is whole seconds that divide a minute, whole minutes that divide an hour, whole hours that divide a day, or whole days", ErrStep, q.Step)
	}
	if q.From.IsZero() || q.To.IsZero() {
		return f, 0, fmt.Errorf("a series needs both a from and a to")
	}
	f.From, f.To = Floor(q.From, q.Step), Ceil(q.To, q.Step)
	if n := f.Len(); n > MaxBuckets {
		return f, 0, fmt.Errorf("%w: a series holds at most %d buckets, and a step of %v makes %d of this range; it is to be %v or more",
			ErrStep, MaxBuckets, q.Step, n, ShortestStep(q.From, q.To, MaxBuckets))
	}
	return f, tier, nil
}

// Frame brings the range of q to whole steps. It wraps ErrStep.
func (q StripQuery) Frame() (Frame, error) {
	f := Frame{From: q.From, To: q.To, Step: q.Step, Plain: true}
	switch {
	case q.Step != Minute && q.Step != Hour && q.Step != Day:
		return f, fmt.Errorf("%w: %v; strips have steps of a minute, an hour or a day", ErrStep, q.Step)
	case len(q.Keys) > MaxLimit:
		return f, fmt.Errorf("strips are of %d monitors at most, and %d were asked for", MaxLimit, len(q.Keys))
	case q.From.IsZero() || q.To.IsZero():
		return f, fmt.Errorf("strips need both a from and a to")
	}
	f.From, f.To = Floor(q.From, q.Step), Ceil(q.To, q.Step)
	if n := f.Len(); n*int64(len(q.Keys)) > MaxStrips {
		return f, fmt.Errorf("%w: strips hold at most %d buckets, and %d of %d monitors are asked for; ask for fewer monitors, a shorter range or a longer step",
			ErrStep, MaxStrips, n, len(q.Keys))
	}
	return f, nil
}

// Len is how many steps f has.
func (f Frame) Len() int64 {
	return max(0, (f.To.UnixMilli()-f.From.UnixMilli())/f.Step.Milliseconds())
}

// tierOf is the tier that buckets of step are made of, and whether there are any.
func tierOf(step time.Duration) (time.Duration, bool) {
	for _, t := range []struct{ tier, whole, of time.Duration }{
		{0, time.Second, Minute}, {Minute, Minute, Hour}, {Hour, Hour, Day},
	} {
		if step > 0 && step < t.of {
			return t.tier, step%t.whole == 0 && t.of%step == 0
		}
	}
	return Day, step > 0 && step%Day == 0
}

// ShortestStep is the shortest step at which the range from from to to has at most n
// buckets, which are 2 or more.
func ShortestStep(from, to time.Time, n int) time.Duration {
	n = max(n, 2) // one may never hold a range that crosses the epoch
	fits := func(step time.Duration) bool {
		return Frame{From: Floor(from, step), To: Ceil(to, step), Step: step}.Len() <= int64(n)
	}
	for _, t := range []struct{ whole, of time.Duration }{{time.Second, Minute}, {Minute, Hour}, {Hour, Day}} {
		for step := t.whole; step < t.of; step += t.whole {
			if t.of%step == 0 && fits(step) {
				return step
			}
		}
	}
	for step := Day; ; step += Day {
		if fits(step) {
			return step
		}
	}
}
