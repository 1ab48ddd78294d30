package main

import (
	"fmt"
	"time"

	"github.com/monitorink/monitorink/data"
)

// row is how many slots in a row have to be down.
const row = 2

// A watch is what is known of the monitors of one partition, one entry for each
// monitor at a location.
type watch map[place]*seen

type place struct{ monitor, location string }

type seen struct {
	slot    time.Time // the newest
	attempt int
	before  int       // slots in a row that were down, up to the one before it
	down    int       // and up to it
	told    bool      // that it is down
	gap     time.Time // the end of the newest
}

// event returns the line that follows from an event, or nothing. What came before,
// or is older than what came before, changes nothing: its identity tells.
func (w watch) event(e data.Event) string {
	switch e := e.(type) {
	case *data.Measurement:
		return w.at(e.Monitor, e.Location).measurement(e)
	case *data.Gap:
		return w.at(e.Monitor, e.Location).gapped(e)
	case *data.Registration:
		if s := w.at(e.Monitor, e.Location); e.Removed && !s.slot.After(e.From) {
			s.before, s.down, s.told = 0, 0, false
		}
	}
	return ""
}

func (w watch) at(monitor, location string) *seen {
	p := place{monitor, location}
	if w[p] == nil {
		w[p] = &seen{}
	}
	return w[p]
}

// measurement counts a slot by its last attempt: a later one takes the place of the
// one before.
func (s *seen) measurement(m *data.Measurement) string {
	if m.Scheduled.Before(s.slot) || m.Scheduled.Equal(s.slot) && m.Attempt <= s.attempt {
		return ""
	}
	if m.Scheduled.After(s.slot) {
		s.before = s.down
	}
	s.slot, s.attempt = m.Scheduled, m.Attempt
	if m.State == data.Up {
		s.down = 0
	} else {
		s.down = s.before + 1
	}
	switch {
	case s.down >= row && !s.told:
		s.told = true
		return line(m.Scheduled, m.Monitor, m.Location, "DOWN in %d slots: %s: %s (%s)", s.down, m.Error.Kind, m.Error.Message, m.URL)
	case s.down == 0 && s.told:
		s.told = false
		return line(m.Scheduled, m.Monitor, m.Location, "UP after %d slots", s.before)
	}
	return ""
}

// gapped tells of slots that nobody measured, unless on purpose. They say nothing
// about the target, so that a row of slots that are down goes on behind them.
func (s *seen) gapped(g *data.Gap) string {
	if g.Reason == data.Paused || !g.Last.After(s.gap) {
		return ""
	}
	s.gap = g.Last
	return line(g.First, g.Monitor, g.Location, "UNKNOWN in %d slots: %s", g.Slots, g.Reason)
}

func line(at time.Time, monitor, location, what string, details ...any) string {
	return fmt.Sprintf("%s %s@%s ", at.Format("2006-01-02T15:04:05.000Z07:00"), monitor, location) + fmt.Sprintf(what, details...)
}
