package store

import (
	"slices"
	"sort"
	"time"

	"github.com/monitorink/monitorink/data"
)

// A Frame says which buckets to make: those of Step that hold the slots from From
// (inclusive) to To (exclusive). Both are whole steps, or whole minutes when a step
// is longer and part of a bucket is wanted.
type Frame struct {
	From, To time.Time
	Step     time.Duration
	Plain    bool // without histograms and phases, as strips are
}

// Rollup makes the buckets of one monitor at one location, oldest first, those
// without a slot left out. It takes measurements in the order of Scheduled and
// Attempt, and gaps in any; what is outside the frame does not matter, but every gap
// that overlaps it must be there.
//
// In a minute, or in a step that is shorter, a gap counts with its share of the slots
// there (see [Shares]) less those that were measured, and never with less than none.
// A longer bucket is the sum of its minutes, whether they were ever made or not.
func Rollup(measurements []*data.Measurement, gaps []*data.Gap, f Frame) []Bucket {
	lo := sort.Search(len(measurements), func(i int) bool { return !measurements[i].Scheduled.Before(f.From) })
	hi := sort.Search(len(measurements), func(i int) bool { return !measurements[i].Scheduled.Before(f.To) })
	slots := Decide(measurements[lo:max(lo, hi)])
	return weave(measured(slots, f), unmeasured(slots, gaps, f))
}

// Decide leaves of measurements, which are in the order of Scheduled and Attempt, the
// last attempt of each slot: the one that decides what became of it.
func Decide(measurements []*data.Measurement) []*data.Measurement {
	superseded := func(i int) bool {
		return i+1 < len(measurements) && measurements[i+1].Scheduled.Equal(measurements[i].Scheduled)
	}
	first := 0
	for first < len(measurements) && !superseded(first) {
		first++
	}
	if first == len(measurements) {
		return measurements // as nearly always
	}
	decided := slices.Clone(measurements[:first])
	for i := first; i < len(measurements); i++ {
		if !superseded(i) {
			decided = append(decided, measurements[i])
		}
	}
	return decided
}

func measured(slots []*data.Measurement, f Frame) (buckets []Bucket) {
	var until time.Time
	for _, m := range slots {
		if !m.Scheduled.Before(until) {
			from := Floor(m.Scheduled, f.Step)
			until = from.Add(f.Step)
			buckets = append(buckets, Bucket{From: from})
		}
		buckets[len(buckets)-1].add(m, f.Plain)
	}
	return buckets
}

// add counts the slot that m decides.
func (b *Bucket) add(m *data.Measurement, plain bool) {
	if m.State != data.Up {
		b.Down++
		if b.Errors == nil {
			b.Errors = map[data.ErrorKind]int64{}
		}
		b.Errors[m.Error.Kind]++
		return
	}
	b.Up++
	if m.Phases.Total.Measured() {
		b.Total.add(m.Phases.Total.D(), plain)
	}
	if plain {
		return
	}
	for i, p := range m.Phases.List() {
		if p.Measured() {
			b.Phases[i].add(p.D(), false)
		}
	}
}

// unmeasured makes the buckets of what gaps account for and slots do not.
func unmeasured(slots []*data.Measurement, gaps []*data.Gap, f Frame) (buckets []Bucket) {
	grain := min(f.Step, Minute)
	for _, share := range Shares(gaps, Query{From: f.From, To: f.To}) { // oldest first
		for lo := share.From; lo.Before(share.To); {
			from := Floor(lo, f.Step)
			hi := earlier(from.Add(f.Step), share.To)
			n := slotsBefore(share.Gap, hi) - slotsBefore(share.Gap, lo)
			for len(slots) > 0 && slots[0].Scheduled.Before(lo) {
				slots = slots[1:]
			}
			for len(slots) > 0 && slots[0].Scheduled.Before(hi) { // by the grain
				a := Floor(slots[0].Scheduled, grain)
				a, z := later(a, lo), earlier(a.Add(grain), hi)
				k := sort.Search(len(slots), func(i int) bool { return !slots[i].Scheduled.Before(z) })
				n -= min(int64(k), slotsBefore(share.Gap, z)-slotsBefore(share.Gap, a))
				slots = slots[k:]
			}
			if n > 0 {
				if last := len(buckets) - 1; last < 0 || !buckets[last].From.Equal(from) {
					buckets = append(buckets, Bucket{From: from, Gaps: map[data.Reason]int64{}})
				}
				buckets[len(buckets)-1].Gaps[share.Gap.Reason] += n
			}
			lo = hi
		}
	}
	return buckets
}

// weave gives the buckets of slots the gaps of others, and puts what remains of those
// among them.
func weave(slots, gaps []Bucket) []Bucket {
	if len(gaps) == 0 {
		return slots
	}
	all := make([]Bucket, 0, len(slots)+len(gaps))
	for _, b := range slots {
		for len(gaps) > 0 && gaps[0].From.Before(b.From) {
			all, gaps = append(all, gaps[0]), gaps[1:]
		}
		if len(gaps) > 0 && gaps[0].From.Equal(b.From) {
			b.Gaps, gaps = gaps[0].Gaps, gaps[1:]
		}
		all = append(all, b)
	}
	return append(all, gaps...)
}

// Coarsen adds up buckets of any lists, each oldest first, by the step that they begin
// in: finer tiers to coarser ones, locations to a whole. The result shares nothing
// with them.
func Coarsen(step time.Duration, lists ...[]Bucket) (buckets []Bucket) {
	for {
		var next *[]Bucket
		for i := range lists {
			if l := &lists[i]; len(*l) > 0 && (next == nil || (*l)[0].From.Before((*next)[0].From)) {
				next = l
			}
		}
		if next == nil {
			return buckets
		}
		from := Floor((*next)[0].From, step)
		if last := len(buckets) - 1; last < 0 || !buckets[last].From.Equal(from) {
			buckets = append(buckets, Bucket{From: from})
		}
		buckets[len(buckets)-1].Merge(&(*next)[0])
		*next = (*next)[1:]
	}
}

// Floor is the beginning of the step that t is in, by the Unix epoch and in UTC. Steps
// are whole milliseconds.
func Floor(t time.Time, step time.Duration) time.Time {
	at, n := t.UnixMilli(), step.Milliseconds()
	at -= ((at % n) + n) % n
	return time.UnixMilli(at).UTC()
}

// Ceil is the first beginning of a step at or after t.
func Ceil(t time.Time, step time.Duration) time.Time {
	if from := Floor(t, step); from.Before(t) {
		return from.Add(step)
	}
	return Floor(t, step)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
