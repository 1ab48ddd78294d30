package schedule

import (
	"container/heap"
	"slices"
	"sync/atomic"
	"time"

	"github.com/monitorink/monitorink/data"
)

// memory is over how many of its slots a monitor's share fades.
const memory = 16

// A turn is a monitor's place among those that wait to run, whatever its
// definition. At most one of its slots is ready: the newest.
type turn struct {
	running atomic.Bool // from the giving of a slot to its Done

	entry      *entry        // whose slot is ready; nil: none
	at         int64         // the slot's instant
	mono       time.Duration // the same, by the monotonic clock
	since      int64         // all slots up to here were released before it
	prev, next *turn         // in order of becoming ready
	again      *attempt      // that waits; nil: none
	index      int32         // in the heap, or that of the host that holds it
	held       bool          // by its host
	counted    bool          // among the slots that were held

	// share is which part of its latest slots ran, among those for which that was
	// a question of room. It begins with 0: who is new goes first.
	share  float32
	counts int32 // the slots that share speaks of, up to memory
}

// count enters a slot in t's share, which ran (1) or did not (0).
func (t *turn) count(ran float32) {
	t.counts = min(t.counts+1, memory)
	t.share += (ran - t.share) / float32(t.counts)
}

// A readySet is the slots that are due and not yet given. First comes the monitor
// with the lowest share. So all shares become equal, whatever the intervals, and
// nobody waits for ever: who does not run sinks below all that do. A share counts
// slots, not time, and fades; stride scheduling, whose passes add up, lets long
// intervals win as soon as the short ones cannot make up for what they missed.
type readySet struct {
	first, last *turn
	heap        shareHeap // what may be given, as far as hosts tell
	hosts       hosts
}

// in is the heap that t's slot is in.
func (s *readySet) in(t *turn) *shareHeap {
	if t.held {
		return &t.entry.host.held
	}
	return &s.heap
}

// put makes at, an instant of e, the slot that its monitor waits with.
func (s *readySet) put(e *entry, at int64, mono time.Duration, since int64) {
	t := e.turn
	t.entry, t.at, t.mono, t.since, t.counted = e, at, mono, since, false
	t.prev, t.next = s.last, nil
	if s.last == nil {
		s.first = t
	} else {
		s.last.next = t
	}
	s.last = t
	heap.Push(&s.heap, t)
}

// remove takes t's slot out of the set.
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
	heap.Remove(s.in(t), int(t.index))
	t.prev, t.next, t.entry, t.held = nil, nil, nil, false
}

// hold makes t's slot wait for its host.
func (s *readySet) hold(t *turn) {
	h := t.entry.host
	heap.Remove(&s.heap, int(t.index))
	t.held = true
	heap.Push(&h.held, t)
	if !t.counted {
		t.counted = true
		s.hosts.count++
	}
	s.hosts.wait(h)
}

// resume makes the first of the slots that h holds one that may be given, as soon as
// there is room for it. It reports whether there is.
func (s *readySet) resume(h *host, now time.Duration) bool {
	if len(h.held) == 0 {
		return false
	}
	if !s.hosts.room(h, now) {
		s.hosts.wait(h)
		return false
	}
	t := heap.Pop(&h.held).(*turn)
	t.held = false
	heap.Push(&s.heap, t)
	return true
}

// due resumes the hosts whose rate allows it.
func (s *readySet) due(now time.Duration) {
	for w := &s.hosts.waiting; len(*w) > 0 && (*w)[0].next <= now; {
		s.resume(heap.Pop(w).(*host), now)
	}
}

// missed enters slots of t that there was no room for.
func (s *readySet) missed(t *turn, slots int64) {
	for range min(slots, 8*memory) {
		t.count(0)
	}
	if t.entry != nil {
		heap.Fix(s.in(t), int(t.index))
	}
}

// offer makes at the slot that e's monitor waits with; an older one that waited,
// or a later attempt of one, gives way.
func (r *Runner) offer(e *entry, at int64, now reading) {
	r.abandon(e.turn)
	if t := e.turn; t.entry != nil {
		r.drop(t, now.mono)
	}
	r.ready.put(e, at, now.mono-now.wall.Sub(time.UnixMilli(at)), r.upto)
}

// choose gives up to room of the slots that are ready, and skips those that have
// become too late. When there is room for all, they come in order of their
// instants.
func (r *Runner) choose(now time.Duration, room int) {
	s := &r.ready
	s.due(now)
	for t := s.first; t != nil && t.late(now); t = s.first {
		r.drop(t, now)
	}
	all := len(s.heap) <= room
	for len(s.heap) > 0 && len(r.due) < room {
		r.take(s.heap[0], now)
	}
	if all {
		slices.SortStableFunc(r.due, func(a, b Due) int { return a.Slot.Scheduled.Compare(b.Slot.Scheduled) })
	}
}

// take gives t's slot, or skips it when it is too late. One whose host has no room
// has to wait.
func (r *Runner) take(t *turn, now time.Duration) {
	if t.late(now) {
		r.drop(t, now)
		return
	}
	e := t.entry
	if e.host != nil && !r.ready.hosts.room(e.host, now) {
		r.ready.hold(t)
		return
	}
	slot := data.Slot{Monitor: e.registration.Monitor, Location: r.location, Scheduled: time.UnixMilli(t.at).UTC()}
	r.due = append(r.due, Due{Slot: slot, Registration: e.registration, Value: e.value, Attempt: 1, entry: e, mono: t.mono})
	r.ready.remove(t)
	t.running.Store(true)
	t.count(1)
	if e.host != nil {
		r.ready.hosts.begin(e.host, now)
		r.ready.resume(e.host, now)
	}
}

// drop skips the slot that t waits with: there was no room for it in time.
func (r *Runner) drop(t *turn, now time.Duration) {
	e := t.entry
	r.ready.remove(t)
	if e.host != nil {
		r.ready.resume(e.host, now)
	}
	r.skipped(e, t.at, t.at, 1, data.Overload)
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

// A shareHeap has the turn with the lowest share first, and of equal ones that
// with the newest slot, which is the least late.
type shareHeap []*turn

func (h shareHeap) Len() int { return len(h) }
func (h shareHeap) Less(i, j int) bool {
	if h[i].share != h[j].share {
		return h[i].share < h[j].share
	}
	return h[i].at > h[j].at
}

func (h shareHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = int32(i), int32(j)
}

// Push is part of heap.Interface.
func (h *shareHeap) Push(x any) {
	t := x.(*turn)
	t.index = int32(len(*h))
	*h = append(*h, t)
}

// Pop is part of heap.Interface.
func (h *shareHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return t
}
