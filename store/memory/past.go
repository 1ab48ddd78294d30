package memory

import (
	"sort"
	"time"

	"github.com/monitorink/monitorink/store"
)

// steps are the tiers of a past, and most is how many buckets of each it holds at most.
var (
	steps = [...]time.Duration{store.Minute, store.Hour, store.Day}
	most  = [len(steps)]int{48 * 60, 366 * 24, 20 * 366}
)

// A past is what became of the measurements and gaps of a series that gave way: each
// minute was rolled up as a whole, and only then did it go. So what is in the lists
// and what is in the past never count a slot twice.
type past struct {
	begin, end time.Time // both zero: nothing gave way
	tiers      [len(steps)][]store.Bucket
	since      [len(steps)]time.Time // from when on a tier is complete; zero: from the beginning on
}

// fold moves the minutes before end, a whole minute, to the past of t.
func (t *series) fold(end time.Time, room int) {
	p := &t.past
	if !p.end.Before(end) {
		return
	}
	from := p.end
	if p.begin.IsZero() {
		p.begin = t.first()
		from = p.begin
	}
	for i, step := range steps {
		since := p.forget(i, end, room)
		f := store.Frame{From: from, To: end, Step: step}
		if f.From.Before(since) {
			f.From = since
		}
		buckets := store.Rollup(t.measurements, t.gaps.since(f.From, last), f)
		if l := p.tiers[i]; len(l) > 0 && len(buckets) > 0 && l[len(l)-1].From.Equal(buckets[0].From) {
			l[len(l)-1].Merge(&buckets[0])
			buckets = buckets[1:]
		}
		p.tiers[i] = append(p.tiers[i], buckets...)
	}
	p.end = end
}

// first is the beginning of the first minute that t knows of.
func (t *series) first() time.Time {
	var first time.Time
	if len(t.measurements) > 0 {
		first = t.measurements[0].Scheduled
	}
	for _, g := range t.gaps {
		if first.IsZero() || g.First.Before(first) {
			first = g.First
		}
	}
	return store.Floor(first, store.Minute)
}

// forget drops the buckets of a tier for which there is no room before end, and
// returns from when on there is.
func (p *past) forget(tier int, end time.Time, room int) time.Time {
	since := store.Ceil(end.Add(-time.Duration(min(room, most[tier]))*steps[tier]), steps[tier])
	if p.begin.Before(since) && p.since[tier].Before(since) {
		p.since[tier] = since
	}
	l := p.tiers[tier]
	n := search(l, since)
	clear(l[:n]) // their histograms go now, their own room when the list next grows
	p.tiers[tier] = l[n:]
	return since
}

// tierOf is the index of the tier that a step is made of.
func tierOf(step time.Duration) int {
	for i := len(steps) - 1; i > 0; i-- {
		if step >= steps[i] {
			return i
		}
	}
	return 0
}

// within returns the buckets of a tier that begin in a range.
func (p *past) within(tier int, from, to time.Time) []store.Bucket {
	l := p.tiers[tier]
	l = l[search(l, from):]
	return l[:search(l, to)]
}

// search is the index of the first bucket that does not begin before t.
func search(l []store.Bucket, t time.Time) int {
	return sort.Search(len(l), func(i int) bool { return !l[i].From.Before(t) })
}
