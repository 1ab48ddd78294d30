package schedule

import (
	"fmt"
	"time"

	"github.com/monitorink/monitorink/data"
)

// An entry is one definition's place in a heap.
type entry struct {
	registration *data.Registration
	value        any
	schedule     Schedule
	next         int64  // the instant that is not yet given; 0: none
	end          int64  // the first instant that is not its own; 0: none yet
	late         int64  // how late a slot may begin
	turn         *turn  // the monitor's
	host         *host  // whom it probes; nil: it is not capped
	given        []span // what lies after next and is given already, the nearest last
}

// newEntry makes an entry whose first instant is from, or later.
func newEntry(d Definition, from int64) (*entry, error) {
	r := d.Registration
	s, err := Parse(r.Monitor, r.Schedule)
	if err != nil {
		return nil, fmt.Errorf("monitor %q: %w", r.Monitor, err)
	}
	e := &entry{registration: r, value: d.Value, schedule: s, late: maxLate.Milliseconds()}
	if d := r.Schedule.Every.D(); d > 0 { // instants of cron are at least a minute apart
		e.late = min(d.Milliseconds(), e.late)
	}
	e.next = e.after(from - 1)
	return e, nil
}

// after is the first instant after ms, 0 when there is none.
func (e *entry) after(ms int64) int64 {
	if s, ok := e.schedule.(every); ok {
		return s.after(ms)
	}
	t := e.schedule.Next(time.UnixMilli(ms))
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// release makes the newest of e's instants up to now ready, and skips the others;
// late is why. It stops where instants are given already, and reports whether
// there will be more.
func (e *entry) release(r *Runner, now reading, late data.Reason) bool {
	limit := now.wall.UnixMilli()
	if e.end != 0 {
		limit = min(limit, e.end-1)
	}
	if n := len(e.given); n > 0 {
		limit = min(limit, e.given[n-1].first-1)
	}
	if e.next > limit {
		return false
	}
	first, newest, older := e.next, e.next, int64(0)
	before := first // the last but newest
	if s, ok := e.schedule.(every); ok {
		older = (limit - first) / s.interval
		newest = first + older*s.interval
		before = newest - s.interval
	} else {
		for at := e.after(newest); at != 0 && at <= limit; at = e.after(newest) {
			before, newest = newest, at
			older++
		}
	}
	e.next = e.stepOver(e.after(newest))
	switch {
	case e.registration.Paused:
		r.skipped(e, first, newest, older+1, data.Paused)
	case now.wall.UnixMilli()-newest > e.late:
		r.skipped(e, first, newest, older+1, late)
	default:
		if older > 0 {
			r.skipped(e, first, before, older, late)
		}
		running := e.turn.running.Load()
		switch {
		case late == data.Clock && (running || e.turn.entry != nil): // an earlier one runs, or waits to
			r.skipped(e, newest, newest, 1, late)
		case running:
			r.skipped(e, newest, newest, 1, data.Overlap)
		default:
			r.offer(e, newest, now)
		}
	}
	return !e.ended()
}

// ended reports whether e has no more instants of its own.
func (e *entry) ended() bool { return e.next == 0 || e.end != 0 && e.next >= e.end }

// skipped enters n of e's instants from first to last as not run. Those that the
// clock has jumped over are held as long as the jump may be undone.
func (r *Runner) skipped(e *entry, first, last, n int64, reason data.Reason) {
	if reason == data.Clock && r.holding != nil {
		r.holding.hold(hold{e, first, last, n})
		return
	}
	if reason == data.Overload {
		r.ready.missed(e.turn, n)
	}
	r.skip = append(r.skip, newSkip(e, first, last, n, reason))
}

func newSkip(e *entry, first, last, n int64, reason data.Reason) Skip {
	return Skip{Registration: e.registration, First: time.UnixMilli(first).UTC(), Last: time.UnixMilli(last).UTC(), Slots: n, Reason: reason}
}

// An entryHeap has the entry with the earliest instant first.
type entryHeap []*entry

func (h entryHeap) Len() int           { return len(h) }
func (h entryHeap) Less(i, j int) bool { return h[i].next < h[j].next }
func (h entryHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push is part of heap.Interface.
func (h *entryHeap) Push(x any) { *h = append(*h, x.(*entry)) }

// Pop is part of heap.Interface.
func (h *entryHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return e
}
