package heartbeat

import (
	"slices"
	"sync"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

// How long a gap may stay open in memory before it is written and begun anew.
const gapAge = 5 * time.Second

// A ledger knows what is not yet in the queue: slots under way, and gaps. It
// holds one open gap for each monitor, and the closed ones until they are
// written; when those are too many, they are no longer told apart by reason.
type ledger struct {
	location string
	instance string
	mono     func() time.Duration
	counts   *counters

	mu      sync.Mutex
	upto    time.Time // every slot up to here has been given or entered
	windows []*window // in the order in which they were given; those that are closed go at the next checkpoint
	open    map[string]*gap
	closed  []*data.Gap
	writing []*data.Gap // taken by the writer, not yet safe
}

// A gap is open: it may still grow.
type gap struct {
	*data.Gap
	since time.Duration // by the monotonic clock
}

func newLedger(location, instance string, start time.Time, mono func() time.Duration, counts *counters) *ledger {
	return &ledger{
		location: location, instance: instance, mono: mono, counts: counts,
		upto: start.Add(-time.Millisecond), open: map[string]*gap{},
	}
}

// release enters a window: what does not run goes into gaps, what does is
// appended to jobs and holds the checkpoint back until it is settled. Later attempts
// do not: their slot has a result already.
func (l *ledger) release(w schedule.Window, jobs []job) []job {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range w.Skipped {
		l.enter(s.Registration, s.First, s.Last, s.Slots, s.Reason)
	}
	entry := &window{}
	for _, d := range w.Due {
		if d.Attempt > 1 {
			jobs = append(jobs, job{due: d})
			continue
		}
		if entry.open.Add(1) == 1 || d.Slot.Scheduled.Before(entry.oldest) {
			entry.oldest = d.Slot.Scheduled
		}
		jobs = append(jobs, job{due: d, window: entry})
	}
	if entry.open.Load() > 0 {
		l.windows = append(l.windows, entry)
	}
	if w.Upto.After(l.upto) {
		l.upto = w.Upto
	}
	return jobs
}

// measured closes the monitor's open gap, which grows no more: a slot is measured.
func (l *ledger) measured(monitor string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.close(monitor)
}

// late enters a slot that was released, and could not begin, or not in time.
func (l *ledger) late(d schedule.Due) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter(d.Registration, d.Slot.Scheduled, d.Slot.Scheduled, 1, data.Overload)
}

// enter extends the monitor's open gap, or closes it and opens another. A gap
// covers no slots but those that were entered in it: none lies in between that
// was given otherwise while the clock was set, or is under way.
func (l *ledger) enter(r *data.Registration, first, last time.Time, slots int64, reason data.Reason) {
	l.counts.skipped(reason, slots)
	g := l.open[r.Monitor]
	crowded := len(l.closed) > 1000+len(l.open)
	if g != nil && g.Version == r.Version && (g.Reason == reason || crowded) && follows(r, g.Gap, first, last, slots) {
		g.Last = last
		g.Slots += slots
		return
	}
	l.close(r.Monitor)
	l.open[r.Monitor] = &gap{since: l.mono(), Gap: &data.Gap{
		Monitor: r.Monitor, Location: l.location, Instance: l.instance, Version: r.Version,
		First: first, Last: last, Slots: slots, Reason: reason,
	}}
}

// follows reports whether r has no slots between those of g and the ones from
// first to last.
func follows(r *data.Registration, g *data.Gap, first, last time.Time, slots int64) bool {
	if !first.After(g.Last) {
		return false
	}
	if d := r.Schedule.Every.D(); d > 0 {
		return int64(last.Sub(g.First)/d)+1 == g.Slots+slots
	}
	return schedule.Count([]*data.Registration{r}, g.First, last.Add(time.Millisecond)) == g.Slots+slots
}

func (l *ledger) close(monitor string) {
	if g := l.open[monitor]; g != nil {
		delete(l.open, monitor)
		l.closed = append(l.closed, g.Gap)
	}
}

// take gives the writer all closed gaps, and the open ones that are old enough.
// What it took before and did not report as written comes again.
func (l *ledger) take(all bool) []*data.Gap {
	l.mu.Lock()
	defer l.mu.Unlock()
	for monitor, g := range l.open {
		if all || l.mono()-g.since >= gapAge {
			l.close(monitor)
		}
	}
	l.writing = append(l.writing, l.closed...)
	l.closed = nil
	return l.writing
}

// written says that the first n gaps of what was taken are safe.
func (l *ledger) written(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writing = append([]*data.Gap(nil), l.writing[n:]...)
}

// checkpoint is the latest instant up to which every slot is in the queue.
func (l *ledger) checkpoint() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.windows = slices.DeleteFunc(l.windows, func(w *window) bool { return w.open.Load() == 0 })
	at := l.upto
	hold := func(t time.Time) {
		if !t.After(at) {
			at = t.Add(-time.Millisecond)
		}
	}
	for _, w := range l.windows {
		hold(w.oldest)
	}
	for _, g := range l.open {
		hold(g.First)
	}
	for _, g := range l.closed {
		hold(g.First)
	}
	for _, g := range l.writing {
		hold(g.First)
	}
	return at
}
