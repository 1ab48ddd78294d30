package heartbeat

import (
	"slices"
	"time"

	"github.com/monitorink/monitorink/data"
)

// A Definition is a monitor and from when it holds. Without a Monitor it says
// that ID was removed then.
type Definition struct {
	ID   string    `json:"id"`
	From time.Time `json:"from"`
	// Until is when another took its place, or its monitor was removed: then it is
	// kept for as long as slots before may not be accounted for. Zero: it holds.
	Until   time.Time     `json:"until,omitzero"`
	Monitor *data.Monitor `json:"monitor,omitempty"`
}

// Holds reports whether d is a monitor's definition now.
func (d *Definition) Holds() bool { return d.Monitor != nil && d.Until.IsZero() }

func (d *Definition) registration(location, instance string) *data.Registration {
	if d.Monitor != nil {
		return d.Monitor.Register(location, instance, d.From)
	}
	return &data.Registration{Monitor: d.ID, Location: location, Instance: instance, From: d.From, Removed: true}
}

// succeed returns the set that follows old when monitors hold from at, and all before
// is accounted for: what has not changed keeps its From, what is gone is marked as
// removed. Earlier removals have been announced, and end here.
func succeed(old []Definition, monitors []data.Monitor, at time.Time) []Definition {
	before := make(map[string]*Definition, len(old))
	for i := range old {
		if old[i].Holds() {
			before[old[i].ID] = &old[i]
		}
	}
	next := make([]Definition, 0, len(monitors))
	for i := range monitors {
		m := &monitors[i]
		d := Definition{ID: m.ID, From: at, Monitor: m}
		if b := before[m.ID]; b != nil && b.Monitor.Version() == m.Version() {
			d.From = b.From
		}
		delete(before, m.ID)
		next = append(next, d)
	}
	for i := range old {
		if d := before[old[i].ID]; d == &old[i] {
			next = append(next, Definition{ID: d.ID, From: at})
		}
	}
	return next
}

// replaced returns those of old that next does not hold any more.
func replaced(old, next []Definition) []Definition {
	since := make(map[string]time.Time, len(next))
	for i := range next {
		since[next[i].ID] = next[i].From
	}
	return slices.DeleteFunc(slices.Clone(old), func(d Definition) bool {
		from, ok := since[d.ID]
		return ok && from.Equal(d.From)
	})
}

// latest is the last instant at which something of set changes.
func latest(set []Definition) (at time.Time) {
	for _, d := range set {
		for _, t := range []time.Time{d.From, d.Until} {
			if t.After(at) {
				at = t
			}
		}
	}
	return at
}
