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
	// Gaps and Registrations are how many of these are kept likewise;
	// 0: 2,000 and 1,000.
	Gaps          int
	Registrations int
	// Total is how many measurements are kept in all, and half as many gaps;
	// monitors share alike, and each keeps 2 at least. 0: 1,000,000, which take
	// about half a gigabyte.
	Total int
	// Buckets is how many rollups are kept in all of what measurements and gaps gave
	// way; monitors share alike, minutes (of 48 hours at most), hours and days get a
	// third each, and a monitor keeps 2 of each at least. 0: 100,000, which take 200
	// megabytes at most.
	Buckets int
	// Retention is the age at which measurements and gaps are forgotten; 0: none.
	Retention time.Duration
}

// A Store is a store.Store.
type Store struct {
	o Options

	mu     sync.RWMutex
	series map[key]*series
	keys   []key               // sorted
	fresh  []key               // to be merged into keys, within one Save
	places map[string][]string // locations of a monitor, sorted
	swept  int                 // series when all were last trimmed
	record record
	stats  Stats
}

type key struct{ monitor, location string }

// New returns an empty store.
func New(o Options) *Store {
	for _, d := range []struct {
		option *int
		value  int
	}{{&o.Measurements, 20_000}, {&o.Gaps, 2_000}, {&o.Registrations, 1_000}, {&o.Total, 1_000_000}, {&o.Buckets, 100_000}} {
		if *d.option <= 0 {
			*d.option = d.value
		}
	}
	return &Store{o: o, series: map[key]*series{}, places: map[string][]string{}, record: newRecord()}
}

// A series is what is known of a monitor at a location; lists are sorted, oldest
// first.
type series struct {
	key           key
	measurements  list[*data.Measurement]
	gaps          list[*data.Gap]
	registrations list[*data.Registration]

	measured, missed time.Time // what was before gave way, of measurements and of gaps
	past             past

	changed      uint64 // when it last changed, by the record
	older, newer *series
}

// Save joins events into the store. It refuses what has no form to be read in.
func (s *Store) Save(ctx context.Context, events []data.Event) ([]store.Refusal, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var refused []store.Refusal
	for i, e := range events { // before the lock, so that readers do not wait for it
		if err := data.Validate(e); err != nil {
			refused = append(refused, store.Refusal{Index: i, Err: err})
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	oldest, skip := s.oldest(), refused
	for i, e := range events {
		if len(skip) > 0 && skip[0].Index == i {
			skip = skip[1:]
			continue
		}
		s.keep(e, oldest)
	}
	s.keys, s.fresh = merge(s.keys, s.fresh), s.fresh[:0]
	if len(s.series) >= 2*s.swept {
		s.sweep()
	}
	return refused, nil
}

func (s *Store) keep(e data.Event, oldest time.Time) {
	switch e := e.(type) {
	case *data.Measurement:
		t := s.at(key{e.Monitor, e.Location})
		if s.gone(e.Scheduled, oldest, t.measured) {
			return
		}
		if e.Scheduled.Before(t.past.end) {
			t.joinLate(e)
		} else {
			t.measurements.join(e, compareMeasurements)
		}
		s.trim(t, oldest)
		s.record.touch(t)
	case *data.Gap:
		t := s.at(key{e.Monitor, e.Location})
		if s.gone(e.Last, oldest, t.missed) {
			return
		}
		t.gaps.join(e, compareGaps)
		s.trim(t, oldest)
		s.record.touch(t)
	case *data.Registration:
		t := s.at(key{e.Monitor, e.Location})
		t.registrations.join(e, compareRegistrations)
		s.stats.Evicted += t.registrations.trim(s.o.Registrations)
		s.record.touch(t)
	}
}

// gone reports, and counts, that there is no place for what is at t any more: it has
// expired, or the minutes before since have been rolled up, perhaps with it.
func (s *Store) gone(t, oldest, since time.Time) bool {
	switch {
	case t.Before(oldest):
		s.stats.Expired++
	case t.Before(since):
		s.stats.Evicted++
	default:
		return false
	}
	return true
}

func (s *Store) at(k key) *series {
	t := s.series[k]
	if t == nil {
		t = &series{key: k}
		s.series[k] = t
		s.fresh = append(s.fresh, k)
		s.places[k.monitor] = insert(s.places[k.monitor], k.location)
	}
	return t
}

// trim keeps t within its share, now and then, by whole minutes: they are rolled up,
// and then dropped.
func (s *Store) trim(t *series, oldest time.Time) {
	n, m := s.share()
	slack := oldest.Add(-s.o.Retention / 8)
	measured, evicted := t.measurements.excess(n, scheduled), true
	missed := t.gaps.excess(m, last)
	if l := t.measurements; len(l) > 0 && l[0].Scheduled.Before(slack) || len(t.gaps) > 0 && t.gaps[0].Last.Before(slack) {
		measured, missed, evicted = latest(measured, store.Floor(oldest, store.Minute)), latest(missed, store.Floor(oldest, store.Minute)), false
	}
	if !t.measured.Before(measured) && !t.missed.Before(missed) {
		return
	}
	t.measured, t.missed = latest(t.measured, measured), latest(t.missed, missed)
	t.fold(latest(t.measured, t.missed), s.room())
	dropped := t.measurements.drop(t.measurements.search(t.measured, scheduled)) + t.gaps.drop(t.gaps.search(t.missed, last))
	if evicted {
		s.stats.Evicted += dropped
	} else {
		s.stats.Expired += dropped
	}
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// sweep trims every series; it runs when their number has doubled, because each
// one's share has halved.
func (s *Store) sweep() {
	s.swept = len(s.series)
	oldest := s.oldest()
	for _, t := range s.series {
		s.trim(t, oldest)
		for i := range steps {
			t.past.forget(i, t.past.end, s.room())
		}
	}
}

// share is how many measurements and gaps a series may show. It only falls, so
// that nothing reappears.
func (s *Store) share() (measurements, gaps int) {
	each := max(s.o.Total/max(1, len(s.series)), 2)
	return min(s.o.Measurements, each), min(s.o.Gaps, max(each/2, 2))
}

// room is how many buckets of each tier a series may keep. It only falls.
func (s *Store) room() int { return max(s.o.Buckets/len(steps)/max(1, len(s.series)), 2) }

// oldest is the instant before which everything has expired; zero: nothing has.
func (s *Store) oldest() time.Time {
	if s.o.Retention <= 0 {
		return time.Time{}
	}
	return time.Now().Add(-s.o.Retention)
}

// measurements and gaps are what may be seen of t.
func (s *Store) measurements(t *series) list[*data.Measurement] {
	n, _ := s.share()
	return t.measurements.newest(n).since(s.oldest(), scheduled)
}

func (s *Store) gaps(t *series) list[*data.Gap] {
	_, n := s.share()
	return t.gaps.newest(n).since(s.oldest(), last)
}

func (s *Store) registrations(t *series) list[*data.Registration] {
	return t.registrations.newest(s.o.Registrations)
}

// Stats are the figures of a Store.
type Stats struct {
	Series  int
	Evicted int64 // events that gave way to newer ones
	Expired int64 // events that were older than Retention
}

// Stats may be called at any time.
func (s *Store) Stats() Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	stats := s.stats
	stats.Series = len(s.series)
	return stats
}
