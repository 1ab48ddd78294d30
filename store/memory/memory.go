// Package memory is the store that lives in the process: it joins events as every
// store does, keeps the newest of each monitor, and is gone when the process ends.
package memory

import (
	"context"
	"sync"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// Options are the settings of a Store. The zero value is useful.
type Options struct {
	// Measurements is how many measurements are kept of a monitor at a
	// location, the newest; 0: 20,000.
	Measurements int
	// Gaps is how many gaps are kept likewise; 0: 2,000.
	Gaps int
}

// A Store is a store.Store.
type Store struct {
	o Options

	mu      sync.RWMutex
	series  map[key]*series
	ids     []string            // monitors, sorted
	places  map[string][]string // locations of a monitor, sorted
	evicted int64
}

type key struct{ monitor, location string }

// New returns an empty store.
func New(o Options) *Store {
	if o.Measurements <= 0 {
		o.Measurements = 20_000
	}
	if o.Gaps <= 0 {
		o.Gaps = 2_000
	}
	return &Store{o: o, series: map[key]*series{}, places: map[string][]string{}}
}

// A series is what is known of a monitor at a location; lists are sorted, oldest
// first.
type series struct {
	measurements  list[*data.Measurement]
	gaps          list[*data.Gap]
	registrations list[*data.Registration]
}

// Save joins events into the store. It refuses nothing that decodes.
func (s *Store) Save(ctx context.Context, events []data.Event) ([]store.Refusal, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range events {
		switch e := e.(type) {
		case *data.Measurement:
			t := s.at(key{e.Monitor, e.Location})
			t.measurements.join(e, compareMeasurements)
			s.evicted += t.measurements.trim(s.o.Measurements)
		case *data.Gap:
			t := s.at(key{e.Monitor, e.Location})
			t.gaps.join(e, compareGaps)
			s.evicted += t.gaps.trim(s.o.Gaps)
		case *data.Registration:
			t := s.at(key{e.Monitor, e.Location})
			t.registrations.join(e, compareRegistrations)
		}
	}
	return nil, nil
}

func (s *Store) at(k key) *series {
	t := s.series[k]
	if t == nil {
		t = &series{}
		s.series[k] = t
		if len(s.places[k.monitor]) == 0 {
			s.ids = insert(s.ids, k.monitor)
		}
		s.places[k.monitor] = insert(s.places[k.monitor], k.location)
	}
	return t
}

// Stats are the figures of a Store.
type Stats struct {
	Series  int
	Evicted int64 // events that gave way to newer ones
}

// Stats may be called at any time.
func (s *Store) Stats() Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return Stats{Series: len(s.series), Evicted: s.evicted}
}

// Summary counts the slots of a monitor in a range.
func (s *Store) Summary(ctx context.Context, q store.Query) (store.Summary, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	sum := store.Summary{Gaps: map[data.Reason]int64{}}
	all, err := s.of(ctx, q)
	if err != nil {
		return sum, err
	}
	var total time.Duration
	for _, t := range all {
		items := t.measurements
		for i, m := range items {
			if !within(m.Scheduled, q) || i+1 < len(items) && items[i+1].Scheduled.Equal(m.Scheduled) {
				continue // a later attempt decides
			}
			if m.State != data.Up {
				sum.Down++
				continue
			}
			sum.Up++
			d := m.Phases.Total.D()
			total += d
			sum.Max = max(sum.Max, d)
			if sum.Up == 1 || d < sum.Min {
				sum.Min = d
			}
		}
		for _, g := range t.gaps {
			if n := share(g, q); n > 0 {
				sum.Gaps[g.Reason] += n
			}
		}
	}
	if sum.Up > 0 {
		sum.Mean = total / time.Duration(sum.Up)
	}
	return sum, nil
}

// share is how many of g's slots lie in the range, taking them to be spread
// evenly.
func share(g *data.Gap, q store.Query) int64 {
	first, last := g.First, g.Last
	if !q.From.IsZero() && first.Before(q.From) {
		first = q.From
	}
	if !q.To.IsZero() && !last.Before(q.To) {
		last = q.To.Add(-time.Millisecond)
	}
	switch {
	case last.Before(first):
		return 0
	case first.Equal(g.First) && last.Equal(g.Last):
		return g.Slots
	}
	whole, part := g.Last.Sub(g.First), last.Sub(first)
	return int64(float64(g.Slots-1)*(float64(part)/float64(whole))+0.5) + b2i(first.Equal(g.First))
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func within(t time.Time, q store.Query) bool {
	return (q.From.IsZero() || !t.Before(q.From)) && (q.To.IsZero() || t.Before(q.To))
}
