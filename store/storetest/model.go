package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// A model answers as a store must, in the plainest way there is.
type model map[string]data.Event

func (m model) save(events []data.Event) {
	for _, e := range events {
		id := identity(e)
		if old := m[id]; old != nil {
			e = data.Join(old, e)
		}
		m[id] = e
	}
}

func identity(e data.Event) string {
	switch e := e.(type) {
	case *data.Measurement:
		return fmt.Sprintf("m %q %q %d %d", e.Monitor, e.Location, e.Scheduled.UnixMilli(), e.Attempt)
	case *data.Gap:
		return fmt.Sprintf("g %q %q %d %d %s", e.Monitor, e.Location, e.First.UnixMilli(), e.Last.UnixMilli(), e.Reason)
	}
	r := e.(*data.Registration)
	return fmt.Sprintf("r %q %q %d", r.Monitor, r.Location, r.From.UnixMilli())
}

// of lists the events of one kind that keep lets pass, the first by compare first.
func of[E data.Event](m model, keep func(E) bool, compare func(a, b E) int) []E {
	var all []E
	for _, e := range m {
		if e, ok := e.(E); ok && keep(e) {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, compare)
	return all
}

func asked(q store.Query, monitor, location string) bool {
	return q.Monitor == monitor && (q.Location == "" || q.Location == location)
}

func within(q store.Query, t time.Time) bool {
	return (q.From.IsZero() || !t.Before(q.From)) && (q.To.IsZero() || t.Before(q.To))
}

func (m model) measurements(q store.Query) []*data.Measurement {
	return of(m, func(e *data.Measurement) bool { return asked(q, e.Monitor, e.Location) && within(q, e.Scheduled) },
		func(a, b *data.Measurement) int {
			return cmp.Or(b.Scheduled.Compare(a.Scheduled), cmp.Compare(b.Attempt, a.Attempt), cmp.Compare(b.Location, a.Location))
		})
}

func (m model) gaps(q store.Query) []*data.Gap {
	overlaps := func(g *data.Gap) bool {
		return (q.From.IsZero() || !g.Last.Before(q.From)) && (q.To.IsZero() || g.First.Before(q.To))
	}
	return of(m, func(g *data.Gap) bool { return asked(q, g.Monitor, g.Location) && overlaps(g) },
		func(a, b *data.Gap) int {
			return cmp.Or(b.Last.Compare(a.Last), b.First.Compare(a.First), cmp.Compare(b.Reason, a.Reason), cmp.Compare(b.Location, a.Location))
		})
}

func (m model) registrations(q store.Query) []*data.Registration {
	return of(m, func(r *data.Registration) bool { return asked(q, r.Monitor, r.Location) && within(q, r.From) },
		func(a, b *data.Registration) int {
			return cmp.Or(b.From.Compare(a.From), cmp.Compare(b.Location, a.Location))
		})
}

// monitors lists what is known of every monitor at every location.
func (m model) monitors() []string {
	type place struct{ monitor, location string }
	seen := map[place]bool{}
	for _, e := range m {
		switch e := e.(type) {
		case *data.Measurement:
			seen[place{e.Monitor, e.Location}] = true
		case *data.Gap:
			seen[place{e.Monitor, e.Location}] = true
		case *data.Registration:
			seen[place{e.Monitor, e.Location}] = true
		}
	}
	var places []place
	for p := range seen {
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.monitor, b.monitor), cmp.Compare(a.location, b.location))
	})
	var all []string
	for _, p := range places {
		q := store.Query{Monitor: p.monitor, Location: p.location}
		all = append(all, statusText(store.MonitorStatus{
			Monitor: p.monitor, Location: p.location,
			Registration: first(m.registrations(q)), Last: first(m.measurements(q)), LastGap: first(m.gaps(q)),
		}))
	}
	return all
}

func first[E any](list []*E) *E {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

func statusText(s store.MonitorStatus) string {
	line := fmt.Sprintf("%q at %q:", s.Monitor, s.Location)
	if s.Registration != nil {
		line += " " + text(s.Registration)
	}
	if s.Last != nil {
		line += " " + text(s.Last)
	}
	if s.LastGap != nil {
		line += " " + text(s.LastGap)
	}
	return line
}

func (m model) summary(q store.Query) store.Summary {
	sum := store.Summary{Gaps: map[data.Reason]int64{}}
	measured := map[data.Slot]*data.Measurement{} // the last attempts
	for _, e := range m.measurements(q) {
		if last := measured[e.Slot()]; last == nil || last.Attempt < e.Attempt {
			measured[e.Slot()] = e
		}
	}
	var total time.Duration
	for _, e := range measured {
		if e.State == data.Down {
			sum.Down++
			continue
		}
		sum.Up++
		d := e.Phases.Total.D()
		if total == 0 || d < sum.Min {
			sum.Min = d
		}
		sum.Max, total = max(sum.Max, d), total+d
	}
	if sum.Up > 0 {
		sum.Mean = total / time.Duration(sum.Up)
	}
	gaps := m.gaps(q)
	winner := func(s data.Slot) (w *data.Gap) {
		for _, g := range gaps {
			if g.Covers(s) && (w == nil || data.Compare(g, w) < 0) {
				w = g
			}
		}
		return w
	}
	left := map[*data.Gap]int64{}
	for _, g := range gaps {
		for i := range g.Slots {
			s := data.Slot{Monitor: g.Monitor, Location: g.Location, Scheduled: g.First}
			if i > 0 {
				length := g.Last.Sub(g.First).Milliseconds()
				s.Scheduled = g.First.Add(time.Duration(i*length/(g.Slots-1)) * time.Millisecond)
			}
			if within(q, s.Scheduled) && winner(s) == g {
				left[g]++
			}
		}
	}
	for s := range measured {
		if g := winner(s); g != nil {
			left[g]--
		}
	}
	for g, n := range left {
		if n > 0 {
			sum.Gaps[g.Reason] += n
		}
	}
	return sum
}

func summaryText(s store.Summary) []string { // a map prints sorted
	return []string{fmt.Sprintf("up %d, down %d, gaps %v, min %v, mean %v, max %v", s.Up, s.Down, s.Gaps, s.Min, s.Mean, s.Max)}
}
