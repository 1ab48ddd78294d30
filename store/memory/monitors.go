package memory

import (
	"context"
	"fmt"
	"slices"

	"github.com/monitorink/monitorink/store"
)

// Monitors lists monitors by their ids.
func (s *Store) Monitors(ctx context.Context, q store.MonitorQuery) (store.Page[store.MonitorStatus], error) {
	page := store.Page[store.MonitorStatus]{Items: []store.MonitorStatus{}}
	if err := ctx.Err(); err != nil {
		return page, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	rest := s.keys
	if q.Keys != nil {
		rest = s.known(q.Keys)
	}
	if q.After != "" {
		p, err := decodePlace(q.After, listMonitors)
		if err != nil {
			return page, err
		}
		i, found := slices.BinarySearchFunc(rest, key{p.Monitor, p.Location}, key.compare)
		if found {
			i++
		}
		rest = rest[i:]
	}
	limit := store.Bound(q.Limit)
	for i, k := range rest {
		if i == limit {
			end := rest[i-1]
			page.Next = encodePlace(place{List: listMonitors, Monitor: end.monitor, Location: end.location})
			break
		}
		page.Items = append(page.Items, s.status(s.series[k]))
	}
	return page, nil
}

// known sorts keys, and leaves out what is not known and what comes twice.
func (s *Store) known(keys []store.Key) []key {
	known := make([]key, 0, len(keys))
	for _, k := range keys {
		if k := (key{k.Monitor, k.Location}); s.series[k] != nil {
			known = append(known, k)
		}
	}
	slices.SortFunc(known, key.compare)
	return slices.Compact(known)
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
	var all []store.MonitorStatus
	for _, l := range s.places[id] {
		all = append(all, s.status(s.series[key{id, l}]))
	}
	return all, nil
}

func (s *Store) status(t *series) store.MonitorStatus {
	return store.MonitorStatus{
		Monitor: t.key.monitor, Location: t.key.location,
		Registration: s.registrations(t).last(), Last: s.measurements(t).last(), LastGap: s.gaps(t).last(),
	}
}
