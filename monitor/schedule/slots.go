package schedule

import (
	"iter"
	"slices"
	"time"

	"github.com/monitorink/monitorink/data"
)

// A period is when one definition holds, in Unix milliseconds, [from, to).
type period struct {
	registration *data.Registration
	schedule     Schedule
	from, to     int64
}

// periods cuts [from, to) by the history of one monitor at one location, which may
// be in any order and hold doubles. A definition that does not parse has no slots.
func periods(history []*data.Registration, from, to time.Time) []period {
	sorted := slices.SortedFunc(slices.Values(history), func(a, b *data.Registration) int {
		if c := a.From.Compare(b.From); c != 0 {
			return c
		}
		return data.Compare(a, b)
	})
	sorted = slices.CompactFunc(sorted, func(a, b *data.Registration) bool { return a.From.Equal(b.From) })
	var list []period
	for i, r := range sorted {
		p := period{registration: r, from: max(r.From.UnixMilli(), ceil(from)), to: ceil(to)}
		if i+1 < len(sorted) {
			p.to = min(p.to, sorted[i+1].From.UnixMilli())
		}
		if r.Removed || p.from >= p.to {
			continue
		}
		var err error
		if p.schedule, err = Parse(r.Monitor, r.Schedule); err == nil {
			list = append(list, p)
		}
	}
	return list
}

// ceil is t in Unix milliseconds, rounded up.
func ceil(t time.Time) int64 { return t.Add(time.Millisecond - time.Nanosecond).UnixMilli() }

// Slots lists the slots of one monitor at one location in [from, to), given the
// history of its registrations in any order. Paused definitions have slots too.
func Slots(history []*data.Registration, from, to time.Time) iter.Seq[data.Slot] {
	return func(yield func(data.Slot) bool) {
		for _, p := range periods(history, from, to) {
			r := p.registration
			for at := p.schedule.Next(time.UnixMilli(p.from - 1)); !at.IsZero() && at.UnixMilli() < p.to; at = p.schedule.Next(at) {
				if !yield(data.Slot{Monitor: r.Monitor, Location: r.Location, Scheduled: at}) {
					return
				}
			}
		}
	}
}

// A Run is what Span tells: the first and the last of a number of slots.
type Run struct {
	First, Last time.Time
	Slots       int64
}

// Span tells of the slots that Slots would list how many there are, and the first
// and last of them, without listing those of intervals.
func Span(history []*data.Registration, from, to time.Time) Run {
	var run Run
	for _, p := range periods(history, from, to) {
		first := p.schedule.Next(time.UnixMilli(p.from - 1))
		if first.IsZero() || first.UnixMilli() >= p.to {
			continue
		}
		last, n := first, int64(1)
		if e, ok := p.schedule.(every); ok {
			n = e.count(p.from, p.to)
			last = first.Add(time.Duration((n-1)*e.interval) * time.Millisecond)
		} else {
			for at := p.schedule.Next(last); !at.IsZero() && at.UnixMilli() < p.to; at = p.schedule.Next(at) {
				last, n = at, n+1
			}
		}
		if run.Slots == 0 {
			run.First = first
		}
		run.Last = last
		run.Slots += n
	}
	return run
}

// Count is how many slots Slots would list.
func Count(history []*data.Registration, from, to time.Time) int64 {
	return Span(history, from, to).Slots
}
