package memory

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// The lists that cursors belong to.
const (
	listMonitors      = "m"
	listMeasurements  = "e"
	listGaps          = "g"
	listRegistrations = "r"
	listIncidents     = "i"
	listChanges       = "c"
)

// A place is where a page begins: after the entry of this identity.
type place struct {
	List     string    `json:"k"`
	Monitor  string    `json:"m,omitempty"`
	Location string    `json:"l"`
	At       time.Time `json:"t,omitzero"`
	First    time.Time `json:"f,omitzero"`
	Reason   string    `json:"r,omitempty"`
	Attempt  int       `json:"a,omitempty"`
	Count    uint64    `json:"n,omitempty"`
}

func encodePlace(p place) string {
	b, err := json.Marshal(p)
	if err != nil { // it holds times and strings only
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// decodePlace reads a cursor of list; it takes only what encodePlace writes.
func decodePlace(s, list string) (p place, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil || p.List != list || encodePlace(p) != s {
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
// and cuts a page out of them; in, unless it is nil, leaves out more.
func newest[E data.Event](ctx context.Context, s *Store, q store.Query, name string, pick func(*series) list[E], in func(E) bool, where func(E) place) (store.Page[E], error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	page := store.Page[E]{Items: []E{}}
	all, err := s.of(ctx, q)
	if err != nil {
		return page, err
	}
	heads := make([]list[E], 0, len(all))
	for _, t := range all {
		heads = append(heads, pick(t))
	}
	if q.After != "" {
		after, err := decodePlace(q.After, name)
		if err != nil {
			return page, err
		}
		for i, l := range heads {
			heads[i] = l[:sort.Search(len(l), func(i int) bool { return !before(where(l[i]), after) })]
		}
	}
	limit := store.Bound(q.Limit)
	for {
		best := -1
		for i := range heads {
			for in != nil && len(heads[i]) > 0 && !in(heads[i].last()) {
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
			end := where(page.Items[limit-1])
			end.List = name
			page.Next = encodePlace(end)
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
	return newest(ctx, s, q, listMeasurements,
		func(t *series) list[*data.Measurement] {
			return s.measurements(t).since(q.From, scheduled).until(q.To, scheduled)
		}, nil,
		func(m *data.Measurement) place {
			return place{Location: m.Location, At: m.Scheduled, Attempt: m.Attempt}
		})
}

// Gaps lists gaps, newest Last first.
func (s *Store) Gaps(ctx context.Context, q store.Query) (store.Page[*data.Gap], error) {
	return newest(ctx, s, q, listGaps,
		func(t *series) list[*data.Gap] { return s.gaps(t).since(q.From, last) },
		func(g *data.Gap) bool { return q.To.IsZero() || g.First.Before(q.To) },
		func(g *data.Gap) place {
			return place{Location: g.Location, At: g.Last, First: g.First, Reason: string(g.Reason)}
		})
}

// Registrations lists registrations, newest From first.
func (s *Store) Registrations(ctx context.Context, q store.Query) (store.Page[*data.Registration], error) {
	return newest(ctx, s, q, listRegistrations,
		func(t *series) list[*data.Registration] {
			return s.registrations(t).since(q.From, from).until(q.To, from)
		}, nil,
		func(r *data.Registration) place { return place{Location: r.Location, At: r.From} })
}

// sortNewest sorts by where, the newest first.
func sortNewest[E any](l []E, where func(E) place) {
	slices.SortFunc(l, func(a, b E) int {
		switch {
		case before(where(b), where(a)):
			return -1
		case before(where(a), where(b)):
			return 1
		}
		return 0
	})
}
