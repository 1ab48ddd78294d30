package heartbeat

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

// lead is how far ahead a change begins, so that it is persisted before its first slot
// is due. What is not by then is late, and nothing else.
const lead = 500 * time.Millisecond

// Changes tell what a Reload has done.
type Changes struct {
	At        time.Time // from when they hold; zero: nothing has changed
	Started   []string  // ids, in the order of the set
	Stopped   []string
	Changed   []Edit
	Refreshed []string         // what their definitions refer to has changed, and not they
	Unchanged int              // of what holds now
	Bad       map[string]error // what cannot be probed as it is defined: it is as it was
}

// None reports whether everything is as it was.
func (c *Changes) None() bool { return c.At.IsZero() && len(c.Refreshed) == 0 }

// An Edit is a monitor that is defined otherwise now.
type Edit struct {
	ID     string
	Fields []string // what differs, by [Compare]
}

// Definitions returns what holds now, and what is kept of earlier times. The list is not
// the caller's to change.
func (h *Heartbeat) Definitions() []Definition {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.set
}

// An amendment is a Reload on its way.
type amendment struct {
	Changes
	*compiler
	begun []Definition    // started or changed
	ended map[string]bool // stopped or changed
	plan  plan            // of all
}

// Reload makes monitors the set that holds, a moment from now on. What has not changed
// is not touched. What has changed ends and begins at one instant, and misses no slot. A
// monitor that cannot be probed keeps the definition that it has.
//
// It returns once the change is safe and announced; ctx is to last as long as Run. With
// an error nothing has changed. Calls wait for one another.
func (h *Heartbeat) Reload(ctx context.Context, monitors []data.Monitor) (Changes, error) {
	h.changing.Lock()
	defer h.changing.Unlock()
	a, err := h.compare(monitors)
	if err != nil || len(a.begun)+len(a.ended) == 0 {
		return a.Changes, err
	}
	change, err := h.schedule(a)
	if err != nil {
		return Changes{}, err
	}
	set, news := h.amended(a)
	if h.o.State != nil {
		if err := h.save(ctx, set); err != nil {
			change.Undo()
			return Changes{}, err
		}
	}
	change.Commit()
	h.hold(set, a.plan)
	if err := h.announce(ctx, news); err != nil {
		h.log.Warn("the changed monitors are not announced; trying again", "error", err)
		h.Announce() // or else the next start does
	}
	return a.Changes, nil
}

// compare finds out what monitors change, and compiles that. What refers to secrets
// is compiled anew when these are others.
func (h *Heartbeat) compare(monitors []data.Monitor) (*amendment, error) {
	a := &amendment{compiler: newCompiler(h.o.Expand), ended: map[string]bool{}, plan: make(plan, len(monitors))}
	old := make(map[string]*Definition, len(h.plan))
	for i := range h.set {
		if d := &h.set[i]; d.Holds() {
			t := h.plan[d.ID].Load()
			old[d.ID], a.places[t.address()] = d, t.place
		}
	}
	for i := range monitors {
		m := &monitors[i]
		if _, twice := a.plan[m.ID]; twice {
			return a, fmt.Errorf("monitor %q: there are two of this id", m.ID)
		}
		h.decide(a, m, old[m.ID])
		delete(old, m.ID)
	}
	for i := range h.set {
		if d := &h.set[i]; d.Holds() && old[d.ID] != nil {
			a.Stopped = append(a.Stopped, d.ID)
			a.ended[d.ID] = true
		}
	}
	return a, nil
}

// decide enters m, which was was before.
func (h *Heartbeat) decide(a *amendment, m *data.Monitor, was *Definition) {
	l := h.plan[m.ID]
	same := was != nil && was.Compact == m.Compact()
	if same && l.Load().fixed() {
		a.keep(m.ID, l)
		return
	}
	t, err := a.target(m)
	if err == nil && l != nil && l.Load().broken == nil {
		err = t.broken
	}
	switch {
	case err != nil:
		a.bad(m.ID, l, err)
	case same:
		a.keep(m.ID, l)
		if old := l.Load(); old.stands != t.stands || fmt.Sprint(old.broken) != fmt.Sprint(t.broken) {
			if old.address() == t.address() {
				t.place, t.strain = old.place, old.strain
			}
			l.Store(t)
			a.Refreshed = append(a.Refreshed, m.ID)
		}
	default:
		a.plan.put(m.ID, t)
		if was == nil {
			a.Started = append(a.Started, m.ID)
		} else {
			a.Changed = append(a.Changed, Edit{m.ID, Compare(was.Monitor(), m)})
			a.ended[m.ID] = true
		}
		a.begun = append(a.begun, define(m, h.o.Location, h.o.Instance, time.Time{}))
	}
}

// keep leaves a monitor as it is.
func (a *amendment) keep(id string, l *live) {
	a.plan[id] = l
	a.Unchanged++
}

// bad leaves a monitor as it is, if it is.
func (a *amendment) bad(id string, l *live, err error) {
	if a.Bad == nil {
		a.Bad = map[string]error{}
	}
	a.Bad[id] = err
	if l != nil {
		a.keep(id, l)
	}
}

// schedule begins the change in the runner, at the first instant that can be.
func (h *Heartbeat) schedule(a *amendment) (*schedule.Change, error) {
	for {
		a.At = data.Millis(h.o.Clock.Wall()).Add(lead)
		if earliest := h.runner.Earliest(); a.At.Before(earliest) {
			a.At = earliest
		}
		begun := make([]schedule.Definition, 0, len(a.begun))
		for i := range a.begun {
			a.begun[i].begin(a.At)
			begun = append(begun, a.plan.scheduled(a.begun[i].announced))
		}
		change, err := h.runner.Begin(a.At, a.Stopped, begun)
		if !errors.Is(err, schedule.ErrDecided) {
			return change, err
		}
	}
}

// amended is the set that a makes of what holds, and what of it is new. What ends is
// kept until its slots are accounted for. Removals that were there are announced.
func (h *Heartbeat) amended(a *amendment) (set, news []Definition) {
	accounted := time.UnixMilli(h.counts.checkpoint.Load())
	set = make([]Definition, 0, len(h.set)+len(a.begun))
	for _, d := range h.set {
		if d.Removed() {
			continue
		}
		if d.Until.IsZero() && a.ended[d.ID] {
			d.Until = a.At
		}
		if d.Until.IsZero() || h.o.State != nil && d.Until.Add(-time.Millisecond).After(accounted) {
			set = append(set, d)
		}
	}
	news = a.begun
	for _, id := range a.Stopped {
		news = append(news, Remove(id, a.At))
	}
	return append(set, news...), news
}

// save persists set, or nothing of it.
func (h *Heartbeat) save(ctx context.Context, set []Definition) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := h.o.State.Save(set)
		if !errors.Is(err, errUnsynced) {
			if errors.Is(err, syscall.ENOSPC) && h.o.Journal != nil {
				h.o.Journal.MakeRoom() // for the next try
			}
			return err
		}
		h.log.Warn("the definitions are written, and it is not sure that a crash of the machine would leave them; trying again", "error", err, "wait", wait)
		if pause(ctx, wait) != nil {
			return err
		}
	}
}
