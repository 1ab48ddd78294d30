package store

import "github.com/monitorink/monitorink/data"

// IncidentsOf finds the runs of down in the slots of one monitor at one location,
// which come in order, as [Decide] leaves them; the oldest first. The cause is that of
// the first slot that is down.
func IncidentsOf(slots []*data.Measurement) (all []Incident) {
	down := false
	for _, m := range slots {
		switch {
		case m.State == data.Up && down:
			all[len(all)-1].To, down = m.Scheduled, false
		case m.State != data.Up && !down:
			all, down = append(all, Incident{Monitor: m.Monitor, Location: m.Location, From: m.Scheduled, Cause: m.Error}), true
			fallthrough
		case m.State != data.Up:
			i := &all[len(all)-1]
			i.Last, i.Down = m.Scheduled, i.Down+1
		}
	}
	return all
}

// Overlaps reports whether i lies in the range of q at least in part; it reaches up to
// To, or on and on.
func (i *Incident) Overlaps(q Query) bool {
	return (q.To.IsZero() || i.From.Before(q.To)) && (i.To.IsZero() || i.To.After(q.From))
}
