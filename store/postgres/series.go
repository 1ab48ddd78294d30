package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/store"
)

// Series returns a monitor's buckets. What is not rolled up yet is made of what it
// will be rolled up from.
func (s *Store) Series(ctx context.Context, q store.SeriesQuery) (store.Series, error) {
	f, tier, err := q.Frame()
	if err != nil {
		return store.Series{}, err
	}
	series := store.Series{Tier: tier}
	if since := s.since(tier); f.From.Before(since) {
		series.Since = since
	}
	err = s.read(ctx, "read a series", func(ctx context.Context, tx pgx.Tx) error {
		ids, _, err := streams(ctx, tx, store.Query{Monitor: q.Monitor, Location: q.Location})
		if err != nil {
			return err
		}
		r := reading{Store: s, tx: tx, ids: ids, now: s.o.Now()}
		lists, err := r.buckets(ctx, tier, f)
		series.Buckets = store.Coarsen(f.Step, lists...)
		return err
	})
	return series, err
}

// since is the first instant that is known at a tier; zero: all is.
func (s *Store) since(tier time.Duration) time.Time {
	switch tier {
	case 0:
		return s.oldest()
	case store.Minute:
		return earlier(s.oldest(), s.minutesSince())
	case store.Hour:
		if s.o.RetentionHours > 0 {
			y, m, _ := s.o.Now().UTC().Add(-s.o.RetentionHours).Date()
			return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
		}
	case store.Day:
		if s.o.RetentionDays > 0 {
			return time.Date(s.o.Now().UTC().Add(-s.o.RetentionDays).Year(), 1, 1, 0, 0, 0, 0, time.UTC)
		}
	}
	return time.Time{}
}

// Strips returns the buckets of many monitors, without the minute or two that are not
// rolled up yet.
func (s *Store) Strips(ctx context.Context, q store.StripQuery) ([][]store.Bucket, error) {
	f, err := q.Frame()
	if err != nil {
		return nil, err
	}
	strips := make([][]store.Bucket, len(q.Keys))
	err = s.read(ctx, "read strips", func(ctx context.Context, tx pgx.Tx) error {
		r := reading{Store: s, tx: tx, now: s.o.Now()}
		places, err := r.find(ctx, q.Keys)
		if err != nil {
			return err
		}
		lists, err := r.buckets(ctx, f.Step, f)
		if err != nil {
			return err
		}
		for i, list := range lists {
			for _, place := range places[i] {
				strips[place] = list
			}
		}
		return nil
	})
	return strips, err
}

// find sets the ids of those keys that are known, and returns where each is wanted.
func (r *reading) find(ctx context.Context, keys []store.Key) (places [][]int, err error) {
	at := map[store.Key][]int{}
	for i, k := range keys {
		at[k] = append(at[k], i)
	}
	monitors, locations := columnsOfKeys(keys)
	rows, err := r.tx.Query(ctx, chosenQuery, "", "", len(keys), monitors, locations)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, knownOf)
	for _, k := range found {
		r.ids, places = append(r.ids, k.id), append(places, at[store.Key{Monitor: k.monitor, Location: k.location}])
	}
	return places, err
}

// A reading reads buckets of some series within one snapshot.
type reading struct {
	*Store
	tx  pgx.Tx
	ids []int32
	now time.Time
}

func (r *reading) stretches(from, to time.Time) []stretch {
	all := make([]stretch, len(r.ids))
	for i, id := range r.ids {
		all[i] = stretch{id, from, to}
	}
	return all
}

// buckets returns those of each series within f, made of tier's rows as far as these
// go, and of finer ones from there on. Their step is the tier's, or that of f for tier 0.
func (r *reading) buckets(ctx context.Context, tier time.Duration, f store.Frame) ([][]store.Bucket, error) {
	lists := make([][]store.Bucket, len(r.ids))
	if tier == 0 {
		return lists, r.add(ctx, lists, 0, f)
	}
	f.Step = tier
	whole := f
	if tier == store.Minute {
		if since := r.minutesSince(); f.From.Before(since) { // they are gone, and what they were made of may be there
			past := f
			past.To = earlier(f.To, since)
			if err := r.add(ctx, lists, 0, past); err != nil {
				return nil, err
			}
			whole.From = later(f.From, since)
		}
	}
	until, err := r.until(ctx, tier)
	if err != nil {
		return nil, err
	}
	whole.To = earlier(f.To, until)
	if err := r.add(ctx, lists, tier, whole); err != nil {
		return nil, err
	}
	rest := f
	rest.From = later(f.From, until)
	if !rest.From.Before(rest.To) {
		return lists, nil
	}
	if tier == store.Minute {
		if f.Plain {
			return lists, nil
		}
		return lists, r.add(ctx, lists, 0, rest)
	}
	tails, err := r.buckets(ctx, finer(tier), rest)
	for i := range tails {
		lists[i] = append(lists[i], store.Coarsen(tier, tails[i])...)
	}
	return lists, err
}

// add appends to lists what rows of a tier, or raw ones for tier 0, tell of f.
func (r *reading) add(ctx context.Context, lists [][]store.Bucket, tier time.Duration, f store.Frame) error {
	if !f.From.Before(f.To) {
		return nil
	}
	stretches := r.stretches(f.From, f.To)
	if tier == 0 {
		all, err := readRaw(ctx, r.tx, stretches)
		for i := range all {
			lists[i] = append(lists[i], store.Rollup(all[i].measurements, all[i].gaps, f)...)
		}
		return err
	}
	rows, err := readBuckets(ctx, r.tx, tier, stretches, f.Plain)
	if err != nil {
		return err
	}
	gaps, err := readGaps(ctx, r.tx, stretches)
	for i := range gaps {
		lists[i] = append(lists[i], fill(rows[i], gaps[i].gaps, f)...)
	}
	return err
}

// latest is how much of the last minutes is made of raw rows at most.
const latest = 15 * time.Minute

// until is where the rows of a tier end, and finer ones are to be read.
func (r *reading) until(ctx context.Context, tier time.Duration) (time.Time, error) {
	if tier == store.Minute {
		until := store.Floor(r.now.Add(-due), store.Minute)
		var waits *time.Time
		if err := r.tx.QueryRow(ctx, `select min(due) from rollup_touched where due <= $1`, r.now).Scan(&waits); err != nil || waits == nil {
			return until, err
		}
		return later(earlier(until, store.Floor(waits.Add(-due-time.Minute), store.Minute)), until.Add(-latest)), nil
	}
	until := store.Floor(r.now, tier)
	var stale bool
	err := r.tx.QueryRow(ctx, `select exists (select from rollup_stale where tier = $1::text::rollup_tier and series = any ($2) and from_at = $3)`,
		tierName(tier), r.ids, until.Add(-tier)).Scan(&stale)
	if stale {
		until = until.Add(-tier)
	}
	return until, err
}
