package heartbeat

import (
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
)

// A trace is what the local queue tells of a monitor whose definition is lost.
type trace struct {
	registration *data.Registration // the newest
	version      string             // of the last event
}

// reconstruct makes good for persisted definitions that are lost, with what the
// local queue tells, so that their slots since the checkpoint are accounted for:
//
//   - A monitor that is configured as it was last announced goes on from there.
//   - One of which nothing speaks against it is taken to be unchanged, and to hold
//     since the checkpoint: up to there all of its slots are accounted for.
//   - One that is configured otherwise, or no more, has slots under the old definition
//     up to the start, if that was announced.
//
// It returns the old definitions whose slots are still to be accounted for.
func (h *Heartbeat) reconstruct(monitors []Definition) ([]*data.Registration, error) {
	since, found := h.o.Journal.Intact()
	have := map[string]bool{}
	for i := range h.set {
		if h.set[i].Until.IsZero() {
			have[h.set[i].ID] = true
		}
	}
	traces, err := h.trace(have)
	if err != nil || !found && len(traces) == 0 {
		return nil, err
	}
	var old []*data.Registration
	known, assumed, unknown := 0, 0, 0
	for i := range monitors {
		m := &monitors[i]
		if have[m.ID] {
			continue
		}
		t := traces[m.ID]
		delete(traces, m.ID)
		d := *m
		d.From = since.Add(time.Millisecond)
		switch {
		case t != nil && t.registration != nil && !t.registration.Removed && t.registration.Version == m.Version():
			d.From = t.registration.From
			known++
		case t != nil && t.registration != nil:
			if !t.registration.Removed {
				old = append(old, t.registration)
			}
			known++
			continue
		case t != nil && t.version != m.Version():
			unknown++
			continue
		case !found:
			continue
		default:
			assumed++
		}
		h.set = append(h.set, d)
	}
	for id, t := range traces { // not configured any more
		if r := t.registration; r == nil {
			unknown++
		} else if !r.Removed {
			old = append(old, r)
		} else {
			continue
		}
		h.gone = append(h.gone, Remove(id, h.start))
	}
	h.log.Warn("of persisted definitions that are lost, some are known from the local queue, some are taken to be unchanged since the checkpoint; of the others it is unknown what was missed while stopped",
		"known", known, "taken_as_unchanged", assumed, "unknown", unknown, "checkpoint", since)
	return old, nil
}

// trace reads from the local queue what it tells of monitors that are not in have.
func (h *Heartbeat) trace(have map[string]bool) (map[string]*trace, error) {
	traces := map[string]*trace{}
	of := func(id, location string) *trace {
		if location != h.o.Location || have[id] {
			return &trace{}
		}
		if traces[id] == nil {
			traces[id] = &trace{}
		}
		return traces[id]
	}
	err := h.o.Journal.Replay(func(msg queue.Message) error {
		e, err := data.Decode(msg.Value)
		if err != nil {
			return nil //nolint:nilerr // replay tells of it
		}
		switch e := e.(type) {
		case *data.Measurement:
			of(e.Monitor, e.Location).version = e.Version
		case *data.Gap:
			of(e.Monitor, e.Location).version = e.Version
		case *data.Registration:
			t := of(e.Monitor, e.Location)
			if t.registration == nil || !e.From.Before(t.registration.From) {
				t.registration = e
			}
			t.version = e.Version
		}
		return nil
	})
	return traces, err
}
