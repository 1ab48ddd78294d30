package heartbeat

import (
	"slices"
	"time"

	"github.com/monitorink/monitorink/data"
)

// A Definition is a monitor and from when it holds. Without a monitor it says that ID
// was removed then.
type Definition struct {
	data.Compact
	From time.Time
	// Until is when another took its place, or its monitor was removed: then it is
	// kept for as long as slots before may not be accounted for. Zero: it holds.
	Until time.Time
	// announced is its registration, perhaps of another From, location or instance.
	// Nil: it is a removal.
	announced *data.Registration
}

// Define says that m holds from from on.
func Define(m *data.Monitor, from time.Time) Definition { return define(m, "", "", from) }

func define(m *data.Monitor, location, instance string, from time.Time) Definition {
	c := m.Compact()
	return Definition{Compact: c, From: from, announced: m.RegisterAs(c.Version(), location, instance, from)}
}

// Remove says that there is no monitor of an id from from on.
func Remove(id string, from time.Time) Definition {
	return Definition{Compact: data.Compact{ID: id}, From: from}
}

// Removed reports whether d has no monitor.
func (d *Definition) Removed() bool { return d.announced == nil }

// Holds reports whether d is a monitor's definition now.
func (d *Definition) Holds() bool { return !d.Removed() && d.Until.IsZero() }

// Version is that of the monitor.
func (d *Definition) Version() string { return d.announced.Version }

func (d *Definition) registration(location, instance string) *data.Registration {
	if d.Removed() {
		return &data.Registration{Monitor: d.ID, Location: location, Instance: instance, From: d.From, Removed: true}
	}
	r := *d.announced
	r.Location, r.Instance, r.From = location, instance, data.Millis(d.From)
	if a := d.announced; r.Location == a.Location && r.Instance == a.Instance && r.From.Equal(a.From) {
		return a
	}
	return &r
}

// begin lets d, whose registration nobody has yet, hold from at on.
func (d *Definition) begin(at time.Time) { d.From, d.announced.From = at, data.Millis(at) }

// succeed returns the set that follows old when that of monitors hold from at, and all before
// is accounted for: what has not changed keeps its From, what is gone is marked as
// removed. Earlier removals have been announced, and end here.
func succeed(old, monitors []Definition, at time.Time) []Definition {
	before := make(map[string]*Definition, len(old))
	for i := range old {
		if old[i].Holds() {
			before[old[i].ID] = &old[i]
		}
	}
	next := make([]Definition, 0, len(monitors))
	for _, d := range monitors {
		from := at
		if b := before[d.ID]; b != nil && b.Compact == d.Compact {
			from = b.From
		}
		d.begin(from)
		delete(before, d.ID)
		next = append(next, d)
	}
	for i := range old {
		if d := before[old[i].ID]; d == &old[i] {
			next = append(next, Remove(d.ID, at))
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
