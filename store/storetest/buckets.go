package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// only is what m knows of one monitor at one location.
func (m model) only(k store.Key) model {
	part := model{}
	for id, e := range m {
		switch e := e.(type) {
		case *data.Measurement:
			if e.Monitor == k.Monitor && e.Location == k.Location {
				part[id] = e
			}
		case *data.Gap:
			if e.Monitor == k.Monitor && e.Location == k.Location {
				part[id] = e
			}
		}
	}
	return part
}

// quiet returns what tells whether nothing of m is in a range.
func (m model) quiet() func(from, to time.Time) bool {
	type span struct{ from, to int64 }
	var spans []span
	for _, e := range m {
		switch e := e.(type) {
		case *data.Measurement:
			spans = append(spans, span{e.Scheduled.UnixMilli(), e.Scheduled.UnixMilli()})
		case *data.Gap:
			spans = append(spans, span{e.First.UnixMilli(), e.Last.UnixMilli()})
		}
	}
	return func(from, to time.Time) bool {
		lo, hi := from.UnixMilli(), to.UnixMilli()
		return !slices.ContainsFunc(spans, func(s span) bool { return s.from < hi && s.to >= lo })
	}
}

// keys lists the locations of a monitor that q asks for.
func (m model) keys(q store.Query) (keys []store.Key) {
	for _, e := range m {
		var k store.Key
		switch e := e.(type) {
		case *data.Measurement:
			k = store.Key{Monitor: e.Monitor, Location: e.Location}
		case *data.Gap:
			k = store.Key{Monitor: e.Monitor, Location: e.Location}
		}
		if asked(q, k.Monitor, k.Location) && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// buckets makes the buckets of f of some keys: it looks at every minute, or shorter
// step, and adds up.
func (m model) buckets(f store.Frame, keys ...store.Key) []store.Bucket {
	sums := map[int64]*store.Bucket{}
	grain := min(f.Step, store.Minute)
	for _, k := range keys {
		part := m.only(k)
		quiet := part.quiet()
		for at := f.From; at.Before(f.To); at = at.Add(grain) {
			if quiet(at, at.Add(grain)) {
				continue
			}
			b := part.bucket(store.Query{Monitor: k.Monitor, From: at, To: at.Add(grain)}, f.Plain)
			if b == nil {
				continue
			}
			from := at.UnixMilli() / f.Step.Milliseconds() * f.Step.Milliseconds()
			if sums[from] == nil {
				sums[from] = &store.Bucket{From: time.UnixMilli(from).UTC()}
			}
			sums[from].Merge(b)
		}
	}
	var all []store.Bucket
	for _, b := range sums {
		all = append(all, *b)
	}
	slices.SortFunc(all, func(a, b store.Bucket) int { return a.From.Compare(b.From) })
	return all
}

// bucket is that of one location in the range of q; nil: no slot is in it.
func (m model) bucket(q store.Query, plain bool) *store.Bucket {
	sum := m.summary(q)
	b := &store.Bucket{From: q.From, Gaps: sum.Gaps, Errors: map[data.ErrorKind]int64{}}
	for _, e := range m.slots(q) {
		if e.State == data.Down {
			b.Down++
			b.Errors[e.Error.Kind]++
			continue
		}
		b.Up++
		if e.Phases.Total.Measured() {
			b.Total.Add(e.Phases.Total.D())
		}
		for i, p := range e.Phases.List() {
			if p.Measured() {
				b.Phases[i].Add(p.D())
			}
		}
	}
	if plain {
		*b = b.Plain()
	}
	if b.Up+b.Down+b.Missed() == 0 {
		return nil
	}
	return b
}

// slots lists the last attempts of the slots of q, oldest first.
func (m model) slots(q store.Query) (slots []*data.Measurement) {
	deciding := map[data.Slot]*data.Measurement{}
	for _, e := range m.measurements(q) {
		if last := deciding[e.Slot()]; last == nil || last.Attempt < e.Attempt {
			deciding[e.Slot()] = e
		}
	}
	for _, e := range deciding {
		slots = append(slots, e)
	}
	slices.SortFunc(slots, func(a, b *data.Measurement) int { return a.Scheduled.Compare(b.Scheduled) })
	return slots
}

// incidents looks for each slot that is down and follows one that is not.
func (m model) incidents(q store.Query) (all []store.Incident) {
	for _, k := range m.keys(q) {
		slots := m.slots(store.Query{Monitor: k.Monitor, Location: k.Location})
		for n, first := range slots {
			if first.State == data.Up || n > 0 && slots[n-1].State == data.Down {
				continue
			}
			i := store.Incident{Monitor: k.Monitor, Location: k.Location, From: first.Scheduled, Cause: first.Error}
			for _, s := range slots[n:] {
				if s.State == data.Up {
					i.To = s.Scheduled
					break
				}
				i.Last, i.Down = s.Scheduled, i.Down+1
			}
			if (q.To.IsZero() || i.From.Before(q.To)) && (i.To.IsZero() || i.To.After(q.From)) {
				all = append(all, i)
			}
		}
	}
	slices.SortFunc(all, func(a, b store.Incident) int {
		return cmp.Or(b.From.Compare(a.From), cmp.Compare(b.Location, a.Location))
	})
	return all
}

func incidentTexts(list []store.Incident) (lines []string) {
	for _, i := range list {
		lines = append(lines, fmt.Sprintf("%q at %q from %v to %v, last %v, %d down, %+v", i.Monitor, i.Location, i.From.UTC(), i.To.UTC(), i.Last.UTC(), i.Down, *i.Cause))
	}
	return lines
}

func bucketTexts(list []store.Bucket) (lines []string) {
	for _, b := range list {
		line := fmt.Sprintf("%v up %d down %d gaps %v errors %v total %s", b.From.UTC(), b.Up, b.Down, b.Gaps, b.Errors, latencyText(b.Total))
		for i, p := range b.Phases {
			if p.Count > 0 {
				line += " " + data.PhaseNames[i] + " " + latencyText(p)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func latencyText(l store.Latency) string {
	histogram, _ := l.Histogram.AppendBinary(nil)
	return fmt.Sprintf("%d in %v (%v to %v: %x)", l.Count, l.Sum, l.Min, l.Max, histogram)
}
