package schedule

import (
	"container/heap"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/monitorink/monitorink/data"
)

// ErrDecided is wrapped when a change would begin before an instant whose slots are
// decided already. A later one can be tried.
var ErrDecided = errors.New("what is before it is decided")

// ErrJumped is wrapped when a change would begin at what may be no time at all: the
// clock was just set forward, by more than a slot may be late. Once that has held for a
// minute, or was undone, it can be tried again.
var ErrJumped = errors.New("the clock was set forward, and is not believed yet")

// A Definition is a registration that is to hold, and what is the caller's of it:
// each slot carries it.
type Definition struct {
	Registration *data.Registration
	Host         string // whom it probes, together with others perhaps; empty: nobody in particular
	Value        any
}

// A Change is what holds from an instant on, once it is committed. It is to be
// committed or undone, by one goroutine; until then no other can be begun.
type Change struct {
	r     *Runner
	from  int64
	ended []*entry
	begun []*entry
}

// Earliest is the first instant that Begin takes for now, behind that of the last change.
func (r *Runner) Earliest() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.UnixMilli(max(r.earliest(), r.from+1)).UTC()
}

// earliest leaves out what was given by a clock that was set back since.
func (r *Runner) earliest() int64 {
	if len(r.jumps) > 0 {
		return max(r.from, r.most+1)
	}
	return max(r.from, r.upto+1)
}

// jumped is how far the wall clock has been set forward, and may be set back.
func (r *Runner) jumped() time.Duration {
	by := max(r.looked.off(r.clock.read()), 0)
	for _, j := range r.jumps {
		by += j.by
	}
	return by
}

// Begin ends at at what holds of the monitors of ended and of begun, and lets begun
// hold from then on; slots before at belong to the earlier definitions. What is not
// named stays untouched. No slot of begun is given before the change is committed, and
// meanwhile Window.Upto stays below at. It may be called while Next runs.
//
// It fails, and then nothing has changed, when a definition does not parse or comes
// twice, when another change is under way, with ErrJumped, and, with ErrDecided, when at
// is before the last change's or before a slot that is given already.
func (r *Runner) Begin(at time.Time, ended []string, begun []Definition) (*Change, error) {
	c := &Change{r: r, from: max(ceil(at), r.start)}
	names := make(map[string]bool, len(begun))
	for _, d := range begun { // what takes long comes before the lock
		if names[d.Registration.Monitor] {
			return nil, fmt.Errorf("monitor %q comes twice", d.Registration.Monitor)
		}
		names[d.Registration.Monitor] = true
		e, err := newEntry(d, c.from)
		if err != nil {
			return nil, err
		}
		c.begun = append(c.begun, e)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.change != nil {
		return nil, errors.New("an earlier change is neither committed nor undone")
	}
	if by := r.jumped(); by > maxLate && c.from > r.start {
		return nil, fmt.Errorf("apply from %v: %w: by %v", at.UTC(), ErrJumped, by)
	}
	if earliest := r.earliest(); c.from < earliest {
		return nil, fmt.Errorf("apply from %v: %w, up to %v", at.UTC(), ErrDecided, time.UnixMilli(earliest).UTC())
	}
	for _, id := range ended {
		c.end(id)
	}
	for _, e := range c.begun {
		c.end(e.registration.Monitor)
	}
	r.prune()
	for i, e := range c.begun {
		e.host = r.ready.hosts.named(begun[i].Host)
	}
	r.change, r.from = c, c.from
	return c, nil
}

// end ends what holds of a monitor. What does may still run, or wait to.
func (c *Change) end(id string) {
	if e := c.r.entries[id]; e != nil {
		e.end = c.from
		c.ended = append(c.ended, e)
		c.r.gone[id] = e
		delete(c.r.entries, id)
	}
}

// Commit lets the slots of what has begun be given.
func (c *Change) Commit() {
	r := c.r
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range c.begun {
		id := e.registration.Monitor
		e.turn = &turn{}
		if old := r.gone[id]; old != nil {
			e.turn = old.turn
			e.succeed(old)
		}
		delete(r.gone, id)
		r.entries[id] = e
		r.schedule(e)
	}
	r.changed()
}

// succeed steps over what old has given of e's instants, by a clock that was ahead.
func (e *entry) succeed(old *entry) {
	if e.registration.Schedule == old.registration.Schedule {
		e.given = slices.Clone(old.given)
		e.next = e.stepOver(max(e.next, old.next))
	}
}

// Undo lets go on what was to end.
func (c *Change) Undo() {
	r := c.r
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range c.ended {
		out := e.ended() // of its heap: it has given all up to its end
		e.end = 0
		id := e.registration.Monitor
		delete(r.gone, id)
		r.entries[id] = e
		if out {
			r.schedule(e)
		}
	}
	r.changed()
}

// schedule adds e to its heap, which prune puts in order.
func (r *Runner) schedule(e *entry) {
	if e.registration.Paused {
		r.paused = append(r.paused, e)
	} else {
		r.active = append(r.active, e)
	}
}

// changed ends the change under way, and wakes Next.
func (r *Runner) changed() {
	r.change = nil
	r.prune()
	close(r.wake)
	r.wake = make(chan struct{})
}

// prune forgets what has ended, and puts the heaps in order. What is gone is kept while
// it may run or wait: it has its monitor's turn.
func (r *Runner) prune() {
	for id, old := range r.gone {
		if old.end <= r.upto && !old.turn.running.Load() && old.turn.entry == nil {
			delete(r.gone, id)
		}
	}
	for _, h := range []*entryHeap{&r.active, &r.paused} {
		*h = slices.DeleteFunc(*h, (*entry).ended)
		heap.Init(h)
	}
	r.ready.hosts.forget(r.entries, r.gone)
}
