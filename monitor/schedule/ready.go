package schedule

import (
	"container/heap"
	"slices"
	"sync/atomic"
	"time"

	"github.com/monitorink/monitorink/data"
)

// A turn is a monitor's place among those that wait to run, whatever its
// definition. At most one of its slots is ready: the newest.
type turn struct {
	running atomic.Bool // from the giving of a slot to its Done

	entry      *entry        // whose slot is ready; nil: none
	at         int64         // the slot's instant
	mono       time.Duration // the same, by the monotonic clock
	since      int64         // all slots up to here were released before it
	prev, next *turn         // in order of becoming ready
	pass       int64
	queued     bool // it is in the set's heap, or among the fresh
}

// A readySet is the slots that are due and not yet given. Its choice is that of
// stride scheduling (Waldspurger and Weihl, 1995), with the time to a monitor's
// next slot for a stride: the lowest pass comes first and grows by its stride. So
// each monitor gets the same share of its slots, whatever its interval, and none
// waits for ever. What came too late to be given leaves its pass as it was; a
// monitor can have saved up one slot that way, and not more.
type readySet struct {
	n           int
	first, last *turn
	fresh       []*turn // not yet in heap, so that who is never overloaded never sorts
	heap        passHeap
	passed      int64 // the highest pass that was given
}

// put makes at, an instant of e, the slot that its monitor waits with.
func (s *readySet) put(e *entry, at int64, mono time.Duration, since int64) {
	t := e.turn
	if t.entry != nil {
		s.remove(t)
	}
	t.entry, t.at, t.mono, t.since = e, at, mono, since
	s.n++
	t.prev, t.next = s.last, nil
	if s.last == nil {
		s.first = t
	} else {
		s.last.next = t
	}
	s.last = t
	if !t.queued {
		t.queued = true
		t.pass = max(t.pass, s.passed-e.stride(at))
		s.fresh = append(s.fresh, t)
	}
}

// remove takes t's slot out of the set; its place in the heap it keeps.
func (s *readySet) remove(t *turn) {
	if t.prev == nil {
		s.first = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		s.last = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.prev, t.next, t.entry = nil, nil, nil
	s.n--
}

// least takes the waiting monitor with the lowest pass.
func (s *readySet) least() *turn {
	for _, t := range s.fresh {
		heap.Push(&s.heap, t)
	}
	s.fresh = reset(s.fresh)
	for {
		t := heap.Pop(&s.heap).(*turn)
		t.queued = false
		if t.entry != nil {
			return t
		}
	}
}

// forget empties the heap of a set in which nothing is ready.
func (s *readySet) forget() {
	for _, list := range [][]*turn{s.fresh, s.heap} {
		for _, t := range list {
			t.queued = false
		}
	}
	s.fresh, s.heap = reset(s.fresh), reset(s.heap)
}

// reset empties a list, and lets go of what it points to.
func reset[S ~[]*turn](s S) S {
	clear(s)
	return s[:0]
}

// offer makes at the slot that e's monitor waits with; an older one that waited
// gives way, for the reason late.
func (r *Runner) offer(e *entry, at int64, now reading, late data.Reason) {
	if t := e.turn; t.entry != nil {
		r.skipped(t.entry, t.at, t.at, 1, late)
	}
	r.ready.put(e, at, now.mono-now.wall.Sub(time.UnixMilli(at)), r.upto)
}

// choose gives up to room of the slots that are ready, and skips those that have
// become too late. When there is room for all, they come in order of their
// instants.
func (r *Runner) choose(now time.Duration, room int) {
	s := &r.ready
	for t := s.first; t != nil && t.late(now); t = s.first {
		r.expire(t)
	}
	if s.n <= room {
		for s.first != nil {
			r.take(s.first, now)
		}
		s.forget()
		slices.SortStableFunc(r.due, func(a, b Due) int { return a.Slot.Scheduled.Compare(b.Slot.Scheduled) })
		return
	}
	for s.n > 0 && len(r.due) < room {
		r.take(s.least(), now)
	}
}

// take gives t's slot, or skips it when it is too late.
func (r *Runner) take(t *turn, now time.Duration) {
	if t.late(now) {
		r.expire(t)
		return
	}
	e, s := t.entry, &r.ready
	s.passed = max(s.passed, t.pass)
	t.pass += e.stride(t.at)
	t.running.Store(true)
	slot := data.Slot{Monitor: e.registration.Monitor, Location: r.location, Scheduled: time.UnixMilli(t.at).UTC()}
	r.due = append(r.due, Due{Slot: slot, Registration: e.registration, entry: e, mono: t.mono})
	s.remove(t)
}

func (r *Runner) expire(t *turn) {
	r.skipped(t.entry, t.at, t.at, 1, data.Overload)
	r.ready.remove(t)
}

// settled is the latest instant up to which every slot is given.
func (r *Runner) settled() time.Time {
	upto := r.upto
	if t := r.ready.first; t != nil {
		upto = min(upto, t.since)
	}
	return time.UnixMilli(upto).UTC()
}

// late reports whether it is too late to begin the slot that waits.
func (t *turn) late(now time.Duration) bool {
	return now-t.mono > time.Duration(t.entry.late)*time.Millisecond
}

// stride is the time from at to e's next instant.
func (e *entry) stride(at int64) int64 {
	if s, ok := e.schedule.(every); ok {
		return s.interval
	}
	if next := e.next; next > at { // what was released last is what is given
		return next - at
	}
	return time.Hour.Milliseconds() // the last instant of all
}

// A passHeap has the turn with the lowest pass first, and of equal ones that with
// the newest slot, which is the least late.
type passHeap []*turn

func (h passHeap) Len() int { return len(h) }
func (h passHeap) Less(i, j int) bool {
	if h[i].pass != h[j].pass {
		return h[i].pass < h[j].pass
	}
	return h[i].at > h[j].at
}
func (h passHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is part of heap.Interface.
func (h *passHeap) Push(x any) { *h = append(*h, x.(*turn)) }

// Pop is part of heap.Interface.
func (h *passHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return t
}
