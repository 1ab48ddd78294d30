package heartbeat

import (
	"slices"
	"time"

	"github.com/monitorink/monitorink/monitor/schedule"
)

// MaxBehind is how far the clock may be behind what is accounted for before a
// person should look: nothing is probed until it has caught up.
const MaxBehind = 5 * time.Minute

// stepped counts and logs what a window tells of the wall clock.
func (h *Heartbeat) stepped(w schedule.Window) {
	undone := slices.ContainsFunc(w.Steps, func(s schedule.Step) bool { return s.Kind == schedule.Undone })
	for _, s := range w.Steps {
		switch s.Kind {
		case schedule.Jumped:
			h.counts.forward.Add(1)
			h.log.Warn("the clock was set forward; the slots that it jumped over wait for a minute, should it be set back", "by", s.By, "slots", s.Held)
		case schedule.Accepted:
			h.log.Warn("the clock has been ahead for a minute and is believed; the slots that it jumped over are a gap", "by", s.By, "slots", s.Held)
		case schedule.Undone:
			h.log.Info("the clock's jump was undone; the slots that it jumped over run when they come", "by", s.By, "slots", s.Held)
		case schedule.Back:
			if h.counts.back.Add(1); undone {
				continue
			}
			h.log.Warn("the clock was set back; slots that are accounted for do not run again", "by", -s.By, "accounted_until", w.Upto)
		}
	}
}

// behind is up to when every slot is accounted for, and how far that is ahead of
// the clock; 0 when it is so little that nobody has set the clock.
func (h *Heartbeat) behind() (until time.Time, by time.Duration) {
	h.ledger.mu.Lock()
	until = h.ledger.upto
	h.ledger.mu.Unlock()
	if by = until.Sub(h.o.Clock.Wall()); by < time.Second {
		by = 0
	}
	return until, by
}

// watchClock logs when the clock begins to be far behind, and when it has caught up.
// One goroutine calls it.
func (h *Heartbeat) watchClock() {
	until, by := h.behind()
	switch {
	case by > MaxBehind && !h.waiting:
		h.waiting = true
		h.log.Error("the clock is behind what is accounted for: nothing is probed until it has caught up; if it was wrong before and is right now, end heartbeat and run heartbeat ledger reset",
			"by", by.Round(time.Second), "until", until)
	case by == 0 && h.waiting:
		h.waiting = false
		h.log.Info("the clock has caught up with what is accounted for; probing goes on")
	}
}
