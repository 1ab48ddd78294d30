package memory

import (
	"context"
	"time"

	"github.com/monitorink/monitorink/store"
)

// Series returns a monitor's buckets: those of the past, and what the lists hold.
func (s *Store) Series(ctx context.Context, q store.SeriesQuery) (store.Series, error) {
	f, tier, err := q.Frame()
	if err != nil {
		return store.Series{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	all, err := s.of(ctx, store.Query{Monitor: q.Monitor, Location: q.Location})
	if err != nil {
		return store.Series{}, err
	}
	var series store.Series
	var lists [][]store.Bucket
	for _, t := range all {
		since := t.past.end
		if tier > 0 {
			since = t.past.since[tierOf(tier)]
		}
		if f.From.Before(since) && series.Since.Before(since) {
			series.Since = since
		}
		if f.From.Before(t.past.end) {
			series.Tier = tier
		}
		lists = append(lists, t.buckets(f, tier)...)
	}
	series.Buckets = store.Coarsen(f.Step, lists...)
	return series, nil
}

// Strips returns the buckets of many monitors.
func (s *Store) Strips(ctx context.Context, q store.StripQuery) ([][]store.Bucket, error) {
	f, err := q.Frame()
	if err != nil {
		return nil, err
	}
	strips := make([][]store.Bucket, len(q.Keys))
	for i, k := range q.Keys { // a lock for each, so that Save waits for none of them long
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.mu.RLock()
		if t := s.series[key{k.Monitor, k.Location}]; t != nil {
			strips[i] = store.Coarsen(f.Step, t.buckets(f, f.Step)...)
		}
		s.mu.RUnlock()
	}
	return strips, nil
}

// buckets are those of the past and those that the lists make; of tier 0 there is no
// past. They are only to be read.
func (t *series) buckets(f store.Frame, tier time.Duration) (lists [][]store.Bucket) {
	if tier > 0 {
		past := t.past.within(tierOf(tier), f.From, f.To)
		if f.Plain {
			plain := make([]store.Bucket, len(past))
			for i := range past {
				plain[i] = past[i].Plain()
			}
			past = plain
		}
		lists = append(lists, past)
	}
	if f.From.Before(t.past.end) {
		f.From = t.past.end
	}
	return append(lists, store.Rollup(t.measurements, t.gaps.since(f.From, last), f))
}

// Lag is none: what is asked for is computed then.
func (s *Store) Lag(ctx context.Context) (store.Lag, error) { return store.Lag{}, ctx.Err() }

// Incidents lists runs of down, newest first.
func (s *Store) Incidents(ctx context.Context, q store.Query) (store.Page[store.Incident], error) {
	page := store.Page[store.Incident]{Items: []store.Incident{}}
	s.mu.RLock()
	defer s.mu.RUnlock()
	all, err := s.of(ctx, q)
	if err != nil {
		return page, err
	}
	after := place{}
	if q.After != "" {
		if after, err = decodePlace(q.After, listIncidents); err != nil {
			return page, err
		}
	}
	var found []store.Incident
	for _, t := range all {
		for _, i := range store.IncidentsOf(store.Decide(s.measurements(t))) {
			if i.Overlaps(q) && (q.After == "" || before(incidentAt(i), after)) {
				found = append(found, i)
			}
		}
	}
	sortNewest(found, incidentAt)
	if limit := store.Bound(q.Limit); len(found) > limit {
		found = found[:limit]
		end := incidentAt(found[limit-1])
		end.List = listIncidents
		page.Next = encodePlace(end)
	}
	page.Items = append(page.Items, found...)
	return page, nil
}

func incidentAt(i store.Incident) place { return place{Location: i.Location, At: i.From} }
