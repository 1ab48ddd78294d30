package heartbeat

import "github.com/monitorink/monitorink/data"

// A Difference is what a set would change of what holds.
type Difference struct {
	Started   []*data.Monitor // in the order of the set
	Stopped   []*data.Monitor
	Changed   []Alteration
	Unchanged int
}

// An Alteration is a monitor before and after.
type Alteration struct {
	Before, After *data.Monitor
	Fields        []string // what differs, by [Compare]
}

// KeepsPhase reports whether the monitor is due at the same instants as before.
func (a *Alteration) KeepsPhase() bool { return a.Before.Schedule == a.After.Schedule }

// Differ tells what monitors change of what holds of set.
func Differ(set []Definition, monitors []data.Monitor) Difference {
	var d Difference
	held := make(map[string]*Definition, len(set))
	for i := range set {
		if set[i].Holds() {
			held[set[i].ID] = &set[i]
		}
	}
	for i := range monitors {
		m := &monitors[i]
		switch was := held[m.ID]; {
		case was == nil:
			d.Started = append(d.Started, m)
		case was.Compact == m.Compact():
			d.Unchanged++
		default:
			before := was.Monitor()
			d.Changed = append(d.Changed, Alteration{before, m, Compare(before, m)})
		}
		delete(held, m.ID)
	}
	for i := range set {
		if held[set[i].ID] == &set[i] {
			d.Stopped = append(d.Stopped, set[i].Monitor())
		}
	}
	return d
}
