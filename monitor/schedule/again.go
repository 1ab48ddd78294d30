package schedule

import (
	"container/heap"
	"time"
)

// An attempt is a slot that waits to be given once more. It holds nothing but its
// monitor's place: what runs may run, and the monitor's next slot takes its place.
type attempt struct {
	due   Due
	at    time.Duration // the end of the window in which it is due, by the monotonic clock
	index int           // in the heap
}

// Again says, in place of Done, that the slot's probe has ended, and that the slot is
// to be given once more in wait, with the next Attempt. That does not come to be when
// the monitor's next slot is due before, when another definition holds by then, or
// when there is no room for it in time; then Abandoned counts it. Slots that were not
// given yet go first. Any goroutine may call it.
func (r *Runner) Again(d Due, wait time.Duration) {
	d.Attempt++
	now := r.clock.Monotonic()
	d.mono = now + wait
	r.mu.Lock()
	defer r.mu.Unlock()
	ms := r.looked.expect(d.mono).UnixMilli()
	a := &attempt{due: d, at: d.mono + time.Duration((ms+r.window-1)/r.window*r.window-ms)*time.Millisecond}
	t := d.entry.turn
	t.running.Store(false)
	t.again = a
	heap.Push(&r.again, a)
	if h := d.entry.host; h != nil {
		r.free(h, now)
	}
	if a.index == 0 { // Next may be waiting for something later
		close(r.wake)
		r.wake = make(chan struct{})
	}
}

// Abandoned is how many attempts were called for by Again and not given.
func (r *Runner) Abandoned() int64 { return r.abandoned.Load() }

// abandon gives up the attempt that t waits for, if there is one.
func (r *Runner) abandon(t *turn) {
	if a := t.again; a != nil {
		heap.Remove(&r.again, a.index)
		t.again = nil
		r.abandoned.Add(1)
	}
}

// repeats reports whether a later attempt is due.
func (r *Runner) repeats(now reading) bool { return len(r.again) > 0 && r.again[0].at <= now.mono }

// repeat gives the attempts that are due, as far as there is room. Those whose host has
// none try again a little later.
func (r *Runner) repeat(now time.Duration, room int) {
	hosts := &r.ready.hosts
	for len(r.again) > 0 && r.again[0].at <= now {
		d := r.again[0].due
		gone := d.entry.end != 0 || r.TooLate(d)
		if !gone && len(r.due) >= room {
			return
		}
		h := d.entry.host
		if !gone && h != nil && !hosts.room(h, now) {
			r.again[0].at = max(h.next, now+10*time.Duration(r.window)*time.Millisecond)
			heap.Fix(&r.again, 0)
			continue
		}
		heap.Pop(&r.again)
		d.entry.turn.again = nil
		if gone {
			r.abandoned.Add(1)
			continue
		}
		if h != nil {
			hosts.begin(h, now)
		}
		d.entry.turn.running.Store(true)
		r.due = append(r.due, d)
	}
}

// An attemptHeap has the attempt that is due next first.
type attemptHeap []*attempt

func (h attemptHeap) Len() int           { return len(h) }
func (h attemptHeap) Less(i, j int) bool { return h[i].at < h[j].at }

func (h attemptHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push is part of heap.Interface.
func (h *attemptHeap) Push(x any) {
	a := x.(*attempt)
	a.index = len(*h)
	*h = append(*h, a)
}

// Pop is part of heap.Interface.
func (h *attemptHeap) Pop() any {
	old := *h
	a := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return a
}
