package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// The lists are read series by series, each from its key's index backwards and no
// further than a page, and merged. $3 and $4 are the range, the cursor's key follows
// them, and the limit is last. What is joined at the end is there for every row;
// the joins are outer ones so that they are made last, by key.

const measurementsQuery = `
select ` + measurementColumns + `
from (
  select m.*
  from unnest($1::int[], $2::text[]) as x (id, location)
  cross join lateral (
    select * from measurement m
    where m.series = x.id and m.scheduled >= $3 and m.scheduled < $4
      and (m.scheduled < $5 or m.scheduled = $5 and (m.attempt < $6 or m.attempt = $6 and x.location < $7 collate "C"))
    order by m.scheduled desc, m.attempt desc
    limit $8
  ) m
  order by m.scheduled desc, m.attempt desc, x.location collate "C" desc
  limit $8
) m
left join series s on s.id = m.series
left join profile p on p.id = m.profile
order by m.scheduled desc, m.attempt desc, s.location desc`

const gapsQuery = `
select ` + gapColumns + `
from unnest($1::int[], $2::text[]) as x (id, location)
cross join lateral (
  select * from gap g
  where g.series = x.id and g.last_at >= $3 and g.first_at < $4
    and (g.last_at, g.first_at) <= ($5, $6)
    and ((g.last_at, g.first_at) < ($5, $6) or (g.reason::text collate "C", x.location collate "C") < ($7, $8))
  order by g.last_at desc, g.first_at desc, g.reason::text collate "C" desc
  limit $9
) g
left join series s on s.id = g.series
order by g.last_at desc, g.first_at desc, g.reason::text collate "C" desc, s.location desc
limit $9`

const registrationsQuery = `
select r.event
from unnest($1::int[], $2::text[]) as x (id, location)
cross join lateral (
  select * from registration r
  where r.series = x.id and r.from_at >= $3 and r.from_at < $4
    and r.from_at <= $5 and (r.from_at < $5 or x.location < $6 collate "C")
  order by r.from_at desc
  limit $7
) r
order by r.from_at desc, x.location collate "C" desc
limit $7`

// windows are how far back a list of measurements is read in steps, before all
// the rest is: a day that is not asked for is not planned for, which with hundreds
// of them takes longer than to read a page.
var windows = []time.Duration{recent, 20 * 24 * time.Hour}

// list answers q from one of the queries above, step by step back in time; key
// makes of a cursor's place what stands between the range and the limit.
func list[E data.Event](ctx context.Context, s *Store, q store.Query, name, query string, steps []time.Duration, key func(place) []any, scan func(pgx.CollectableRow, ...any) (E, error), at func(E) place) (store.Page[E], error) {
	page, limit := store.Page[E]{Items: []E{}}, store.Bound(q.Limit)
	from, to := bounds(q)
	after := place{At: endOfTime.UnixMilli(), First: endOfTime.UnixMilli(), Attempt: 1<<15 - 1}
	err := s.read(ctx, "read "+name, func(ctx context.Context, tx pgx.Tx) error {
		ids, locations, err := streams(ctx, tx, q)
		if err != nil {
			return err
		}
		if q.After != "" {
			if after, err = decodePlace(q.After, name); err != nil {
				return err
			}
		}
		if len(ids) == 0 {
			return nil
		}
		if past := instant(after.At + 1); steps != nil && past.Before(to) {
			to = past // so that days on the cursor's far side are not planned for
		}
		items := page.Items
		for _, lo := range cuts(from, to, s.o.Now(), steps) {
			args := append([]any{ids, locations, lo, to}, key(after)...)
			rows, err := tx.Query(ctx, query, append(args, limit+1-len(items))...)
			if err != nil {
				return err
			}
			if items, err = pgx.AppendRows(items, rows, func(row pgx.CollectableRow) (E, error) { return scan(row) }); err != nil {
				return err
			}
			if to = lo; len(items) > limit {
				break
			}
		}
		page = turn(items, limit, at)
		return nil
	})
	return page, err
}

// cuts are the instants that the steps of a list reach back to; the last is from.
func cuts(from, to, now time.Time, steps []time.Duration) []time.Time {
	if now.Before(to) {
		to = now
	}
	var all []time.Time
	for _, step := range steps {
		if lo := inTime(to.Add(-step)); from.Before(lo) {
			all = append(all, lo)
		}
	}
	return append(all, from)
}

// Measurements lists measurements, newest first.
func (s *Store) Measurements(ctx context.Context, q store.Query) (store.Page[*data.Measurement], error) {
	return list(ctx, s, q, listMeasurements, measurementsQuery, windows,
		func(p place) []any { return []any{instant(p.At), p.Attempt, p.Location} },
		scanMeasurement,
		func(m *data.Measurement) place {
			return place{List: listMeasurements, Location: m.Location, At: m.Scheduled.UnixMilli(), Attempt: m.Attempt}
		})
}

// Gaps lists gaps, newest Last first.
func (s *Store) Gaps(ctx context.Context, q store.Query) (store.Page[*data.Gap], error) {
	return list(ctx, s, q, listGaps, gapsQuery, nil,
		func(p place) []any { return []any{instant(p.At), instant(p.First), p.Reason, p.Location} },
		scanGap,
		func(g *data.Gap) place {
			return place{List: listGaps, Location: g.Location, At: g.Last.UnixMilli(), First: g.First.UnixMilli(), Reason: string(g.Reason)}
		})
}

// Registrations lists registrations, newest From first.
func (s *Store) Registrations(ctx context.Context, q store.Query) (store.Page[*data.Registration], error) {
	return list(ctx, s, q, listRegistrations, registrationsQuery, nil,
		func(p place) []any { return []any{instant(p.At), p.Location} },
		scanRegistration,
		func(r *data.Registration) place {
			return place{List: listRegistrations, Location: r.Location, At: r.From.UnixMilli()}
		})
}

// instant is ms milliseconds since 1970.
func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
