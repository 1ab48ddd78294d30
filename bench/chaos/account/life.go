package account

import (
	"slices"
	"time"
)

// A Span is a time from From to To; both are instants of the wall clock.
type Span struct{ From, To time.Time }

func (s Span) has(t time.Time) bool { return !t.Before(s.From) && !t.After(s.To) }

// wider is s with more on both sides.
func (s Span) wider(before, after time.Duration) Span {
	return Span{s.From.Add(-before), s.To.Add(after)}
}

// A Fault is something that was done, and for how long.
type Fault struct {
	Kind string // such as "kill -9"
	On   string // such as "heartbeat"
	Span
}

// A Run is one process of heartbeat.
type Run struct {
	Launch time.Time // before the process was started
	Ready  time.Time // when it said that its start is through; zero: it never did
	End    time.Time // when it was killed, or had ended
	Told   time.Time // when it was told last to read the monitors' file again; zero: never
	Killed bool      // by -9
	// Last is when it may have worked last: before End when it was killed while
	// it was stopped.
	Last time.Time
}

// A Life is everything that happened, in order of time where it is a list.
type Life struct {
	Runs    []Run
	Frozen  []Span  // heartbeat under SIGSTOP
	Full    []Span  // its queue was full, or not writable, as /readyz said
	Slow    []Span  // the target was slow
	Starved []Span  // the harness itself did not get the processor
	Faults  []Fault // all of them, to be named beside what is wrong
}

const (
	// slack is how much earlier than a kill a probe may have been answered that is
	// lost: it waits MONITORINK_LINGER (50 ms) for company, and then for the disk.
	slack = time.Second
	// settling is how long after a fault its consequences may show: what came due
	// during it is released, and what was under way ends.
	settling = 2 * time.Second
)

// ahead is how far ahead of a reload its definitions hold, half a second: a start that
// comes sooner begins no sooner than they do.
const ahead = 600 * time.Millisecond

// reloading is how long heartbeat may take to apply an edit that it is told of.
const reloading = 8 * time.Second

// undisturbed reports whether a run was on from one instant to another, with a disk to
// write on and a processor.
func (l *Life) undisturbed(run int, from, to time.Time) bool {
	r := l.Runs[run]
	if r.Ready.IsZero() || from.Before(r.Ready) || to.After(r.Last) {
		return false
	}
	for _, list := range [][]Span{l.Frozen, l.Full, l.Starved} {
		for _, s := range list {
			if s.From.Before(to) && s.To.After(from) {
				return false
			}
		}
	}
	return true
}

func within(list []Span, t time.Time, before, after time.Duration) bool {
	for _, s := range list {
		if s.wider(before, after).has(t) {
			return true
		}
	}
	return false
}

// run returns the index of the run that was launched last before t, -1 for none.
func (l *Life) run(t time.Time) int {
	i, _ := slices.BinarySearchFunc(l.Runs, t, func(r Run, t time.Time) int {
		if r.Launch.After(t) {
			return 1
		}
		return -1
	})
	return i - 1
}

// probes returns from when a run probes; zero: never. That is after its start, and
// not before the definitions hold that an earlier run read again just before its end.
func (l *Life) probes(run int) time.Time {
	at := l.Runs[run].Ready
	if at.IsZero() {
		return at
	}
	for i := run - 1; i >= 0 && l.Runs[i].End.Add(ahead).After(at); i-- {
		r := l.Runs[i]
		if read := r.Told.Add(reloading); !r.Told.IsZero() {
			at = later(at, earlier(read, r.End).Add(ahead))
		}
	}
	return at
}

// alive reports whether heartbeat could measure at t: it had begun to probe, it had
// not ended, it was not stopped, and its queue took results.
func (l *Life) alive(t time.Time) bool {
	i := l.run(t)
	if i < 0 {
		return false
	}
	r, from := l.Runs[i], l.probes(i)
	return !from.IsZero() && !t.Before(from) && t.Before(r.Last) &&
		!within(l.Frozen, t, 0, 0) && !within(l.Full, t, 0, 0)
}

// starting reports whether t is in a start, or so soon after it that what came due
// meanwhile is still being made up for.
func (l *Life) starting(t time.Time) bool {
	i := l.run(t)
	if i < 0 {
		return false
	}
	from := l.probes(i)
	return from.IsZero() || !t.After(from.Add(settling))
}

// busy reports whether heartbeat had cause at t to let slots go.
func (l *Life) busy(t time.Time) bool {
	return l.starting(t) || within(l.Frozen, t, time.Second, settling) || within(l.Full, t, settling, settling)
}

// down reports whether heartbeat did not probe at t, or ended within before after it.
func (l *Life) down(t time.Time, before time.Duration) bool {
	i := l.run(t)
	if i < 0 {
		return true
	}
	r, from := l.Runs[i], l.probes(i)
	return from.IsZero() || t.Before(from) || t.After(r.Last.Add(-before))
}

// openGap is how long a gap may wait in memory: 5 s until it is closed, a second
// until it is written. What it covers is stopped when the process ends before.
const openGap = 7 * time.Second

// explains reports whether what happened explains that a slot at t was not measured
// for this reason; starved: only a lack of processor does.
func (l *Life) explains(reason string, t time.Time, timeout time.Duration, paused bool) (ok, starved bool) {
	switch reason {
	case "paused":
		return paused, false
	case "stopped":
		gone := paused || l.busy(t) || within(l.Slow, t, time.Second, settling)
		ok = l.down(t, slack+timeout) || gone && l.unwritten(t)
	case "overload":
		ok = l.busy(t)
	case "overlap":
		ok = l.busy(t) || within(l.Slow, t, timeout, settling)
	}
	if ok {
		return true, false
	}
	return false, l.hungry(reason, t) || reason == "stopped" && l.unwritten(t) && within(l.Starved, t, time.Second, settling)
}

// hungry reports whether a lack of processor at t alone would account for the reason.
func (l *Life) hungry(reason string, t time.Time) bool {
	return (reason == "overload" || reason == "overlap") && within(l.Starved, t, time.Second, settling)
}

// unwritten reports whether heartbeat ended before the gap that begins at t was on
// disk: it opens once heartbeat goes on, and waits while the queue is full.
func (l *Life) unwritten(t time.Time) bool {
	i := l.run(t)
	if i < 0 {
		return true
	}
	open := t
	for _, f := range l.Frozen {
		if f.wider(time.Second, settling).has(t) {
			open = later(open, f.To)
		}
	}
	written := open.Add(openGap)
	for _, f := range l.Full {
		if f.wider(settling, settling).has(t) || f.From.Before(written) && f.To.After(t) {
			written = later(written, f.To.Add(openGap))
		}
	}
	return written.After(l.Runs[i].Last)
}

// lost reports whether a request that was answered at t may be without a row.
func (l *Life) lost(t time.Time) bool {
	i := l.run(t)
	if i < 0 {
		return true // nobody of ours asked
	}
	r := l.Runs[i]
	if within(l.Full, t, settling, settling) {
		return true // results wait for room in memory
	}
	if i > 0 && t.Sub(r.Launch) < slack {
		// It may be an answer to the run before, which was killed.
		return true
	}
	return r.Killed && r.Last.Sub(t) < slack
}

// pressed reports whether the queue was full shortly before gaps were written, or
// while they were. To make room the spool then lets go of results that the queue has
// taken and no checkpoint covers yet; the next start takes those slots for missed.
func (l *Life) pressed(gaps []Gap) bool {
	first, last := time.UnixMilli(gaps[0].First), time.UnixMilli(gaps[0].Last)
	for _, g := range gaps {
		last = later(last, time.UnixMilli(g.Last))
	}
	for _, f := range l.Full {
		if f.From.Before(last) && f.To.After(first.Add(-openGap)) {
			return true
		}
	}
	return false
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// near lists the faults within a few seconds of t.
func (l *Life) near(t time.Time) []string {
	var list []string
	for _, f := range l.Faults {
		if f.wider(5*time.Second, 5*time.Second).has(t) {
			list = append(list, f.Kind+" "+f.On+" "+f.From.Format("15:04:05.000"))
		}
	}
	return list
}
