package memory

import (
	"slices"
	"sort"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// steps are the tiers of a past, and most is how many buckets of each it holds at most.
var (
	steps = [...]time.Duration{store.Minute, store.Hour, store.Day}
	most  = [len(steps)]int{48 * 60, 366 * 24, 20 * 366}
)

// A past is what became of the measurements and gaps of a series that gave way: each
// minute was rolled up as a whole, and only then did it go. So what is in the lists
// and what is in the past never count a slot twice. A measurement that comes later is
// counted here, too (joinLate); a gap that does, and that there is room for still, is in
// the list alone: which of its slots were measured, nobody knows any more.
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

// joinLate joins m, whose minute was rolled up before it came, and counts it there too:
// in the place of a slot that was down, as attempts come, or of none. A slot that was up
// stays as it was counted, as nobody knows the least and the most of the others any more.
func (t *series) joinLate(m *data.Measurement) {
	was := t.decides(m.Scheduled)
	t.measurements.join(m, compareMeasurements)
	now := t.decides(m.Scheduled)
	if was == now || was != nil && was.State == data.Up {
		return
	}
	p, minute := &t.past, store.Floor(m.Scheduled, store.Minute)
	if minute.Before(p.begin) {
		p.begin = minute
	}
	for i, step := range steps {
		b := p.at(i, store.Floor(minute, step))
		if b == nil {
			continue
		}
		if was != nil {
			b.Down--
			if b.Errors[was.Error.Kind]--; b.Errors[was.Error.Kind] == 0 {
				delete(b.Errors, was.Error.Kind)
			}
		}
		b.Merge(&store.Rollup([]*data.Measurement{now}, nil, store.Frame{From: minute, To: minute.Add(store.Minute), Step: step})[0])
	}
}

// decides is the last attempt of the slot at an instant; nil: it was not measured.
func (t *series) decides(at time.Time) *data.Measurement {
	l := t.measurements.until(at.Add(time.Millisecond), scheduled)
	if m := l.last(); m != nil && m.Scheduled.Equal(at) {
		return m
	}
	return nil
}

// at is the bucket of a tier from an instant on, a new one where there was none; nil
// where the tier does not go back as far.
func (p *past) at(tier int, from time.Time) *store.Bucket {
	if from.Before(p.since[tier]) {
		return nil
	}
	l := p.tiers[tier]
	i := search(l, from)
	if i == len(l) || !l[i].From.Equal(from) {
		l = slices.Insert(l, i, store.Bucket{From: from})
		p.tiers[tier] = l
	}
	return &l[i]
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
