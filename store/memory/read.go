package memory

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// A place is where a page begins: after the entry of this identity.
type place struct {
	Location string    `json:"l"`
	At       time.Time `json:"t"`
	First    time.Time `json:"f,omitzero"`
	Reason   string    `json:"r,omitempty"`
	Attempt  int       `json:"a,omitempty"`
}

func encodePlace(p place) string {
	b, err := json.Marshal(p)
	if err != nil { // it holds times and strings only
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodePlace(s string) (p place, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil || p.At.IsZero() {
		return p, fmt.Errorf("%q: %w", s, store.ErrCursor)
	}
	return p, nil
}

// of returns the series of a monitor that q asks for; the caller holds the lock.
func (s *Store) of(ctx context.Context, q store.Query) ([]*series, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	places := s.places[q.Monitor]
	if len(places) == 0 {
		return nil, fmt.Errorf("%q: %w", q.Monitor, store.ErrUnknown)
	}
	var all []*series
	for _, l := range places {
		if q.Location == "" || q.Location == l {
			all = append(all, s.series[key{q.Monitor, l}])
		}
	}
	return all, nil
}

// newest merges the lists that pick chooses, newest first by the order of where,
// and cuts a page out of them.
func newest[E data.Event](ctx context.Context, s *Store, q store.Query, pick func(*series) list[E], in func(E) bool, where func(E) place) (store.Page[E], error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	page := store.Page[E]{Items: []E{}}
	all, err := s.of(ctx, q)
	if err != nil {
		return page, err
	}
	var after place
	if q.After != "" {
		if after, err = decodePlace(q.After); err != nil {
			return page, err
		}
	}
	limit := store.Bound(q.Limit)
	heads := make([]list[E], 0, len(all))
	for _, t := range all {
		heads = append(heads, pick(t))
	}
	for {
		best := -1
		for i := range heads {
			for len(heads[i]) > 0 { // leave out what the page does not hold
				e := heads[i].last()
				if in(e) && (q.After == "" || before(where(e), after)) {
					break
				}
				heads[i] = heads[i][:len(heads[i])-1]
			}
			if len(heads[i]) > 0 && (best < 0 || before(where(heads[best].last()), where(heads[i].last()))) {
				best = i
			}
		}
		if best < 0 {
			return page, nil
		}
		if len(page.Items) == limit {
			page.Next = encodePlace(where(page.Items[limit-1]))
			return page, nil
		}
		page.Items = append(page.Items, heads[best].last())
		heads[best] = heads[best][:len(heads[best])-1]
	}
}

// before orders places, the oldest first.
func before(a, b place) bool {
	switch {
	case !a.At.Equal(b.At):
		return a.At.Before(b.At)
	case !a.First.Equal(b.First):
		return a.First.Before(b.First)
	case a.Reason != b.Reason:
		return a.Reason < b.Reason
	case a.Attempt != b.Attempt:
		return a.Attempt < b.Attempt
	}
	return a.Location < b.Location
}

// Measurements lists measurements, newest first.
func (s *Store) Measurements(ctx context.Context, q store.Query) (store.Page[*data.Measurement], error) {
	return newest(ctx, s, q, func(t *series) list[*data.Measurement] { return until(t.measurements, q.To) },
		func(m *data.Measurement) bool { return within(m.Scheduled, q) },
		func(m *data.Measurement) place {
			return place{Location: m.Location, At: m.Scheduled, Attempt: m.Attempt}
		})
}

// until cuts off, in one step, what is not before to.
func until(l list[*data.Measurement], to time.Time) list[*data.Measurement] {
	if to.IsZero() {
		return l
	}
	i, _ := slices.BinarySearchFunc(l, to, func(m *data.Measurement, t time.Time) int {
		if m.Scheduled.Before(t) {
			return -1
		}
		return 1
	})
	return l[:i]
}

// Gaps lists gaps, newest Last first.
func (s *Store) Gaps(ctx context.Context, q store.Query) (store.Page[*data.Gap], error) {
	return newest(ctx, s, q, func(t *series) list[*data.Gap] { return t.gaps },
		func(g *data.Gap) bool {
			return (q.From.IsZero() || !g.Last.Before(q.From)) && (q.To.IsZero() || g.First.Before(q.To))
		},
		func(g *data.Gap) place {
			return place{Location: g.Location, At: g.Last, First: g.First, Reason: string(g.Reason)}
		})
}

// Registrations lists registrations, newest From first.
func (s *Store) Registrations(ctx context.Context, q store.Query) (store.Page[*data.Registration], error) {
	return newest(ctx, s, q, func(t *series) list[*data.Registration] { return t.registrations },
		func(r *data.Registration) bool { return within(r.From, q) },
		func(r *data.Registration) place { return place{Location: r.Location, At: r.From} })
}

// Monitors lists monitors by their ids; a page ends between two of them.
func (s *Store) Monitors(ctx context.Context, q store.MonitorQuery) (store.Page[store.MonitorStatus], error) {
	page := store.Page[store.MonitorStatus]{Items: []store.MonitorStatus{}}
	if err := ctx.Err(); err != nil {
		return page, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	i := 0
	if q.After != "" {
		id, err := base64.RawURLEncoding.DecodeString(q.After)
		if err != nil || len(id) == 0 {
			return page, fmt.Errorf("%q: %w", q.After, store.ErrCursor)
		}
		var found bool
		if i, found = slices.BinarySearch(s.ids, string(id)); found {
			i++
		}
	}
	for limit := store.Bound(q.Limit); i < len(s.ids); i++ {
		if len(page.Items) >= limit {
			page.Next = base64.RawURLEncoding.EncodeToString([]byte(s.ids[i-1]))
			break
		}
		page.Items = append(page.Items, s.status(s.ids[i])...)
	}
	return page, nil
}

// Monitor returns a monitor's entries.
func (s *Store) Monitor(ctx context.Context, id string) ([]store.MonitorStatus, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.places[id]) == 0 {
		return nil, fmt.Errorf("%q: %w", id, store.ErrUnknown)
	}
	return s.status(id), nil
}

func (s *Store) status(id string) []store.MonitorStatus {
	var all []store.MonitorStatus
	for _, l := range s.places[id] {
		t := s.series[key{id, l}]
		all = append(all, store.MonitorStatus{
			Monitor: id, Location: l,
			Registration: t.registrations.last(), Last: t.measurements.last(), LastGap: t.gaps.last(),
		})
	}
	return all
}
