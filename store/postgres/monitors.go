package postgres

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

const monitorsQuery = `
select id, monitor, location from series
where (monitor, location) > ($1, $2)
order by monitor, location
limit $3`

// chosenQuery is monitorsQuery for those that $4 and $5 name.
const chosenQuery = `
select distinct s.id, s.monitor, s.location
from unnest($4::text[], $5::text[]) as t (monitor, location)
cross join lateral (
  select * from series s where s.monitor = t.monitor and s.location = t.location limit 1
) s
where (s.monitor, s.location) > ($1, $2)
order by s.monitor, s.location
limit $3`

const lastMeasurementQuery = `
select ` + measurementColumns + `, m.series
from unnest($1::int[]) as x (id)
cross join lateral (
  select * from measurement m
  where m.series = x.id and m.scheduled >= $2
  order by m.scheduled desc, m.attempt desc
  limit 1
) m
left join series s on s.id = m.series
left join profile p on p.id = m.profile`

const lastGapQuery = `
select ` + gapColumns + `, g.series
from unnest($1::int[]) as x (id)
cross join lateral (
  select * from gap g
  where g.series = x.id
  order by g.last_at desc, g.first_at desc, g.reason::text collate "C" desc
  limit 1
) g
left join series s on s.id = g.series`

const lastRegistrationQuery = `
select r.event, r.series
from unnest($1::int[]) as x (id)
cross join lateral (
  select * from registration r where r.series = x.id order by r.from_at desc limit 1
) r`

// A known is a row of series.
type known struct {
	id                int32
	monitor, location string
}

func knownOf(row pgx.CollectableRow) (k known, err error) {
	return k, row.Scan(&k.id, &k.monitor, &k.location)
}

// Monitors lists monitors by their ids.
func (s *Store) Monitors(ctx context.Context, q store.MonitorQuery) (store.Page[store.MonitorStatus], error) {
	page, limit := store.Page[store.MonitorStatus]{Items: []store.MonitorStatus{}}, store.Bound(q.Limit)
	var after place
	if q.After != "" {
		var err error
		if after, err = decodePlace(q.After, listMonitors); err != nil {
			return page, err
		}
	}
	err := s.read(ctx, "read monitors", func(ctx context.Context, tx pgx.Tx) error {
		query, args := monitorsQuery, []any{after.Monitor, after.Location, limit + 1}
		if q.Keys != nil {
			monitors, locations := columnsOfKeys(q.Keys)
			query, args = chosenQuery, append(args, monitors, locations)
		}
		rows, err := tx.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(rows, knownOf)
		if err != nil {
			return err
		}
		found := turn(all, limit, func(k known) place {
			return place{List: listMonitors, Monitor: k.monitor, Location: k.location}
		})
		page.Next = found.Next
		page.Items, err = s.status(ctx, tx, found.Items)
		return err
	})
	return page, err
}

// columnsOfKeys leaves out those that the database would refuse; they are not known.
func columnsOfKeys(keys []store.Key) (monitors, locations []string) {
	for _, k := range keys {
		if storable(k.Monitor) && storable(k.Location) {
			monitors, locations = append(monitors, k.Monitor), append(locations, k.Location)
		}
	}
	return monitors, locations
}

// Monitor returns a monitor's entries.
func (s *Store) Monitor(ctx context.Context, id string) ([]store.MonitorStatus, error) {
	var all []store.MonitorStatus
	err := s.read(ctx, "read a monitor", func(ctx context.Context, tx pgx.Tx) error {
		ids, locations, err := streams(ctx, tx, store.Query{Monitor: id})
		if err != nil {
			return err
		}
		found := make([]known, len(ids))
		for i := range ids {
			found[i] = known{ids[i], id, locations[i]}
		}
		all, err = s.status(ctx, tx, found)
		return err
	})
	return all, err
}

// recent is how far back the last measurements are looked for at first: this
// plans for a few partitions, and finds all but those of monitors that rest.
const recent = 48 * time.Hour

// status fills in what is known of each.
func (s *Store) status(ctx context.Context, tx pgx.Tx, found []known) ([]store.MonitorStatus, error) {
	out := make([]store.MonitorStatus, len(found))
	entry := make(map[int32]*store.MonitorStatus, len(found))
	ids := make([]int32, len(found))
	for i, k := range found {
		out[i] = store.MonitorStatus{Monitor: k.monitor, Location: k.location}
		ids[i], entry[k.id] = k.id, &out[i]
	}
	if len(found) == 0 {
		return out, nil
	}
	err := errors.Join(
		last(ctx, tx, scanGap, func(id int32, g *data.Gap) { entry[id].LastGap = g }, lastGapQuery, ids),
		last(ctx, tx, scanRegistration, func(id int32, r *data.Registration) { entry[id].Registration = r }, lastRegistrationQuery, ids),
	)
	now := s.o.Now()
	for _, since := range []time.Time{now.Add(-recent), now.Add(-30 * 24 * time.Hour), startOfTime} {
		if err != nil || len(ids) == 0 {
			break
		}
		err = last(ctx, tx, scanMeasurement, func(id int32, m *data.Measurement) { entry[id].Last = m }, lastMeasurementQuery, ids, since)
		ids = slices.DeleteFunc(ids, func(id int32) bool { return entry[id].Last != nil })
	}
	return out, err
}

// last calls set with the series and the event of each row that query gives.
func last[E data.Event](ctx context.Context, tx pgx.Tx, scan func(pgx.CollectableRow, ...any) (E, error), set func(int32, E), query string, args ...any) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (id int32, err error) {
		e, err := scan(row, &id)
		if err == nil {
			set(id, e)
		}
		return id, err
	})
	return err
}
