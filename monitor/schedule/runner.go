package schedule

import (
	"container/heap"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/monitorink/monitorink/data"
)

const (
	defaultWindow = 10 * time.Millisecond
	// maxLate is how late a slot may begin at most, however long its interval.
	maxLate = 10 * time.Second
	// idle is how long Next blocks at most, so that Window.Upto advances.
	idle = time.Second
)

// Options are the settings of a Runner.
type Options struct {
	// Window is how far apart wake-ups are at least: the slots of a window
	// are released together, at its end. 0: 10 ms.
	Window   time.Duration
	Location string
	// Start is the first instant whose slots are the runner's.
	Start time.Time
	// Now is the wall clock; nil: time.Now.
	Now func() time.Time
}

// A Due is a slot that is to be probed now. Its monitor counts as running until
// Done is called.
type Due struct {
	Slot         data.Slot
	Registration *data.Registration
	entry        *entry
}

// A Skip tells of slots of one monitor that follow one another and do not run.
type Skip struct {
	Registration *data.Registration
	First, Last  time.Time
	Slots        int64
	Reason       data.Reason
}

// A Window is what Next releases: with it, every slot up to Upto has been given,
// as due or as skipped, in this window or an earlier one.
type Window struct {
	Due     []Due
	Skipped []Skip
	Upto    time.Time
}

// A Runner releases the slots of many monitors as their instants come. It holds
// no goroutine and one timer, whatever their number.
type Runner struct {
	window   int64 // milliseconds
	location string
	start    int64
	now      func() time.Time

	mu      sync.Mutex
	entries map[string]*entry
	queue   entryHeap
	upto    int64
	changed chan struct{} // closed, and made anew, by Apply

	last time.Time // when Next returned; only Next uses it
	due  []Due
	skip []Skip
}

// An entry is one definition's place in the heap.
type entry struct {
	registration *data.Registration
	schedule     Schedule
	next         int64 // the instant that is not yet given
	end          int64 // the first instant that is not its own; 0: none yet
	late         int64 // how late a slot may begin
	running      *atomic.Bool
}

// NewRunner returns a runner without monitors.
func NewRunner(o Options) *Runner {
	if o.Window <= 0 {
		o.Window = defaultWindow
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Runner{
		window: max(o.Window.Milliseconds(), 1), location: o.Location, start: ceil(o.Start), now: o.Now,
		entries: map[string]*entry{}, upto: ceil(o.Start) - 1, changed: make(chan struct{}),
	}
}

// Apply makes set the definitions that hold from at on; slots before at belong to
// the earlier ones. What has the same version stays untouched. It may be called
// while Next runs, with at not before what has been released. On an error nothing
// has changed.
func (r *Runner) Apply(at time.Time, set []*data.Registration) error {
	from := max(ceil(at), r.start)
	fresh := make(map[string]Schedule, len(set))
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, reg := range set {
		if e := r.entries[reg.Monitor]; e != nil && e.registration.Version == reg.Version {
			continue
		}
		s, err := Parse(reg.Monitor, reg.Schedule)
		if err != nil {
			return fmt.Errorf("monitor %q: %w", reg.Monitor, err)
		}
		fresh[reg.Monitor] = s
	}
	entries := make(map[string]*entry, len(set))
	for _, reg := range set {
		old := r.entries[reg.Monitor]
		delete(r.entries, reg.Monitor)
		s := fresh[reg.Monitor]
		if s == nil {
			entries[reg.Monitor] = old
			continue
		}
		e := &entry{registration: reg, schedule: s, late: maxLate.Milliseconds()}
		if d := reg.Schedule.Every.D(); d > 0 {
			e.late = min(d.Milliseconds(), e.late)
		}
		e.running = new(atomic.Bool)
		if old != nil {
			old.end, e.running = from, old.running
		}
		entries[reg.Monitor] = e
		if e.next = e.after(max(from, r.upto+1) - 1); e.next != 0 {
			r.queue = append(r.queue, e)
		}
	}
	for _, gone := range r.entries {
		gone.end = from
	}
	r.entries = entries
	heap.Init(&r.queue)
	close(r.changed)
	r.changed = make(chan struct{})
	return nil
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

// Next blocks until slots are due, and at most a second, and returns all that are.
// The slices are valid until the next call. One goroutine calls it.
func (r *Runner) Next(ctx context.Context) (Window, error) {
	for {
		if err := ctx.Err(); err != nil {
			return Window{}, err
		}
		r.mu.Lock()
		now := r.now()
		w := r.release(now.UnixMilli())
		wait := r.wait(now.UnixMilli())
		changed := r.changed
		r.mu.Unlock()
		if len(w.Due) > 0 || len(w.Skipped) > 0 || r.last.IsZero() || time.Since(r.last) >= idle {
			r.last = time.Now()
			return w, nil
		}
		timer := time.NewTimer(min(wait, idle-time.Since(r.last)))
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// wait is how long it is until the end of the window in which the next slot falls.
func (r *Runner) wait(now int64) time.Duration {
	if len(r.queue) == 0 {
		return idle
	}
	wake := (r.queue[0].next + r.window - 1) / r.window * r.window
	return time.Duration(max(wake-now, 1)) * time.Millisecond
}

func (r *Runner) release(now int64) Window {
	r.due, r.skip = r.due[:0], r.skip[:0]
	for len(r.queue) > 0 && r.queue[0].next <= now {
		e := r.queue[0]
		if e.give(r, now) {
			heap.Fix(&r.queue, 0)
		} else {
			heap.Pop(&r.queue)
		}
	}
	r.upto = max(r.upto, now)
	return Window{Due: r.due, Skipped: r.skip, Upto: time.UnixMilli(r.upto).UTC()}
}

// give hands out e's instants up to now. It reports whether there will be more.
func (e *entry) give(r *Runner, now int64) bool {
	limit := now
	if e.end != 0 {
		limit = min(limit, e.end-1)
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
	e.next = e.after(newest)
	switch {
	case e.registration.Paused:
		r.skipped(e, first, newest, older+1, data.Paused)
	case now-newest > e.late:
		r.skipped(e, first, newest, older+1, data.Overload)
	default:
		if older > 0 {
			r.skipped(e, first, before, older, data.Overload)
		}
		if !e.running.CompareAndSwap(false, true) {
			r.skipped(e, newest, newest, 1, data.Overlap)
			break
		}
		slot := data.Slot{Monitor: e.registration.Monitor, Location: r.location, Scheduled: time.UnixMilli(newest).UTC()}
		r.due = append(r.due, Due{Slot: slot, Registration: e.registration, entry: e})
	}
	return e.next != 0 && (e.end == 0 || e.next < e.end)
}

func (r *Runner) skipped(e *entry, first, last, n int64, reason data.Reason) {
	r.skip = append(r.skip, Skip{
		Registration: e.registration, First: time.UnixMilli(first).UTC(), Last: time.UnixMilli(last).UTC(), Slots: n, Reason: reason,
	})
}

// Done says that the slot's probe has ended. Any goroutine may call it.
func (r *Runner) Done(d Due) { d.entry.running.Store(false) }

// TooLate reports whether it is too late to begin the slot: more than its interval
// or 10 seconds after its instant, whichever is less.
func (r *Runner) TooLate(d Due, now time.Time) bool {
	return now.Sub(d.Slot.Scheduled) > time.Duration(d.entry.late)*time.Millisecond
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
