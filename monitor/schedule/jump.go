package schedule

import (
	"cmp"
	"container/heap"
	"slices"
	"time"

	"github.com/monitorink/monitorink/data"
)

// trust is how long a forward jump must hold before the wall clock is believed, and
// what it jumped over is given up.
const trust = time.Minute

// What a Step tells.
const (
	Jumped   StepKind = "jumped"   // forward: what was jumped over is held
	Accepted StepKind = "accepted" // a jump has held for a minute
	Undone   StepKind = "undone"   // the clock has gone back in time
	Back     StepKind = "back"     // nothing that is accounted for runs again
)

// A StepKind says what has become of the wall clock.
type StepKind string

// A Step is a change of the wall clock, or what has become of an earlier one.
type Step struct {
	Kind StepKind
	By   time.Duration // of the wall clock, negative when it went back
	Held int64         // slots that were jumped over: held, given up, or run after all
}

// A jump is a step forward of the wall clock that is not yet believed. Jumps lie
// one after another: each begins where the one before ended, or later.
type jump struct {
	at    reading // as if it had been taken just before
	by    time.Duration
	low   int64 // every slot up to it is released, and not held
	holds []hold
}

func (j *jump) hold(h hold) {
	j.holds = append(j.holds, h)
	j.low = min(j.low, h.first-1)
}

func (j *jump) slots() (n int64) {
	for i := range j.holds {
		n += j.holds[i].slots
	}
	return n
}

// revoke takes out of j the holds that are not wholly too late at now.
func (j *jump) revoke(now int64) (again []hold) {
	keep := j.holds[:0]
	for _, h := range j.holds {
		if h.last+h.e.late < now {
			keep = append(keep, h)
		} else {
			again = append(again, h)
		}
	}
	j.holds = keep
	return again
}

// A hold is slots that were jumped over: e's instants from first to last.
type hold struct {
	e           *entry
	first, last int64
	slots       int64
}

// tick takes account of a new reading, and gives all slots up to it.
func (r *Runner) tick(now reading) {
	off := r.looked.off(now)
	switch {
	case off > 0:
		before := reading{r.looked.expect(now.mono), now.mono}
		r.release(before, data.Overload)
		r.holding = &jump{at: before, by: off, low: before.wall.UnixMilli()}
		r.jumps = append(r.jumps, r.holding)
		r.release(now, data.Clock)
		r.tell(Jumped, off, r.holding.slots())
		r.holding = nil
	case off < 0:
		r.back(now, off)
	}
	r.looked = now
	r.release(now, data.Overload)
	r.accept(now)
	upto := now.wall.UnixMilli()
	r.most = max(r.most, upto)
	for _, j := range r.jumps {
		upto = min(upto, j.low)
	}
	if r.change != nil {
		upto = min(upto, r.change.from-1)
	}
	r.upto = max(r.upto, upto)
}

// accept gives up what was jumped over by the jumps that have held.
func (r *Runner) accept(now reading) {
	for len(r.jumps) > 0 && now.mono-r.jumps[0].at.mono >= trust {
		j := r.jumps[0]
		r.jumps = r.jumps[1:]
		for _, h := range j.holds {
			r.skipped(h.e, h.first, h.last, h.slots, data.Clock)
		}
		r.tell(Accepted, j.by, j.slots())
	}
}

// back makes undecided what was jumped over by the jumps that a step back of the
// wall clock undoes, wholly or in part. What has gone by meanwhile and is too
// late to begin is the clock's fault; it stays held when some of a jump is left.
func (r *Runner) back(now reading, off time.Duration) {
	r.tell(Back, off, 0)
	var again []hold
	for len(r.jumps) > 0 && r.holding == nil {
		j := r.jumps[len(r.jumps)-1]
		left := j.at.off(now)
		if left <= 0 {
			r.jumps = r.jumps[:len(r.jumps)-1]
			r.tell(Undone, j.by, j.slots())
			again = append(again, j.holds...)
			continue
		}
		if left < j.by {
			j.by = left
			again = append(again, j.revoke(now.wall.UnixMilli())...)
		}
		r.holding = j
	}
	for t := r.ready.first; t != nil; {
		next := t.next
		if t.at > max(r.upto, now.wall.UnixMilli()) { // it waits since it was jumped to
			e := t.entry
			again = append(again, hold{e, t.at, t.at, 1})
			r.ready.remove(t)
			if e.host != nil {
				r.ready.resume(e.host, now.mono)
			}
		}
		t = next
	}
	if len(again) > 0 {
		r.rewind(again)
		r.release(now, data.Clock)
	}
	r.holding = nil
}

// rewind makes the entries of holds give them again: each goes back to the first
// of its holds, and steps over what lies between and behind them, which it gave.
// What belongs to a definition that another has replaced is given up.
func (r *Runner) rewind(holds []hold) {
	slices.SortFunc(holds, func(a, b hold) int { return cmp.Compare(b.first, a.first) })
	for _, h := range holds { // the latest first
		if h.e.end != 0 || h.e.next == 0 {
			r.skip = append(r.skip, newSkip(h.e, h.first, h.last, h.slots, data.Clock))
			continue
		}
		if h.last+1 < h.e.next {
			h.e.given = append(h.e.given, span{h.last + 1, h.e.next - 1})
		}
		h.e.next = h.first
	}
	heap.Init(&r.active)
}

func (r *Runner) tell(kind StepKind, by time.Duration, held int64) {
	r.steps = append(r.steps, Step{Kind: kind, By: by, Held: held})
}

// A span is instants in milliseconds, both ends included.
type span struct{ first, last int64 }

// stepOver returns at, or when that is given already the first instant that is
// not. Of the spans that are, the nearest stands last.
func (e *entry) stepOver(at int64) int64 {
	for n := len(e.given); n > 0 && at >= e.given[n-1].first; n-- {
		if last := e.given[n-1].last; at <= last {
			at = e.after(last)
		}
		e.given = e.given[:n-1]
	}
	return at
}
