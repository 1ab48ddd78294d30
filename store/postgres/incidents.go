package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

const listIncidents = "incidents/1"

// looks are how far back incidents are looked for, step by step, until a page is full.
var looks = []time.Duration{store.Day, 7 * store.Day, 30 * store.Day, 180 * store.Day, 200 * 365 * store.Day}

// Incidents lists runs of down, newest first. Of hours in which all was up, or all was
// down, as in those before and after them, only the bucket is read.
func (s *Store) Incidents(ctx context.Context, q store.Query) (store.Page[store.Incident], error) {
	page, limit := store.Page[store.Incident]{Items: []store.Incident{}}, store.Bound(q.Limit)
	var after place
	if q.After != "" {
		var err error
		if after, err = decodePlace(q.After, listIncidents); err != nil {
			return page, err
		}
	}
	from, to := bounds(q)
	err := s.read(ctx, "read incidents", func(ctx context.Context, tx pgx.Tx) error {
		ids, locations, err := streams(ctx, tx, q)
		if err != nil {
			return err
		}
		found := page.Items
		for i, id := range ids {
			h := history{tx: tx, id: id, q: q, from: from, to: to, oldest: later(s.oldest(), startOfTime), now: s.o.Now(), limit: limit + 1}
			if q.After != "" {
				h.to = earlier(to, instant(after.At+1))
				h.skip = func(n *store.Incident) bool {
					at := n.From.UnixMilli()
					return at > after.At || at == after.At && locations[i] >= after.Location
				}
			}
			some, err := h.incidents(ctx)
			if err != nil {
				return err
			}
			for _, n := range some {
				n.Monitor, n.Location = q.Monitor, locations[i]
				found = append(found, n)
			}
		}
		slices.SortFunc(found, func(a, b store.Incident) int {
			return cmp.Or(b.From.Compare(a.From), cmp.Compare(b.Location, a.Location))
		})
		page = turn(found, limit, func(n store.Incident) place {
			return place{List: listIncidents, Location: n.Location, At: n.From.UnixMilli()}
		})
		return nil
	})
	return page, err
}

// A history looks for the incidents of one series that begin before to and reach to
// from, backwards from the first slot after them that is up.
type history struct {
	tx       pgx.Tx
	id       int32
	q        store.Query
	from, to time.Time // its range in whole milliseconds, and up to its cursor
	oldest   time.Time // before it nothing is kept
	now      time.Time
	limit    int
	skip     func(*store.Incident) bool // nil: none

	doubted map[int64]bool // hours whose bucket may not be right, by seconds since 1970
	slots   []*data.Measurement
	down    []hourly // of which only the bucket was read
}

// An hourly is as much of an hour's bucket as incidents need.
type hourly struct {
	from     time.Time
	up, down int64
}

func (h *history) incidents(ctx context.Context) ([]store.Incident, error) {
	if err := h.doubt(ctx); err != nil {
		return nil, err
	}
	end, err := h.end(ctx)
	if err != nil {
		return nil, err
	}
	start := earlier(end, later(h.now, h.oldest).Add(time.Hour))
	hi := end
	for _, back := range looks {
		lo := later(store.Floor(start, store.Hour).Add(-back), h.oldest)
		if err := h.read(ctx, lo, hi); err != nil {
			return nil, err
		}
		found := h.found(lo.After(h.oldest))
		whole := !lo.After(h.from) && len(h.slots) > 0 && h.slots[0].State == data.Up
		if whole || len(found) >= h.limit || !lo.After(h.oldest) {
			return found[:min(len(found), h.limit)], nil
		}
		hi = lo
	}
	return h.found(false), nil
}

// doubt finds the hours that something was saved in which is not rolled up yet.
func (h *history) doubt(ctx context.Context) error {
	rows, err := h.tx.Query(ctx, `
		select from_at from rollup_stale where tier = 'hour' and series = $1
		union
		select to_timestamp(x.minute / 60 * 3600.0) from rollup_touched t cross join lateral unnest(t.series, t.minute) as x (series, minute)
		where t.until is null and t.series @> array[$1::int4] and x.series = $1`, h.id)
	if err != nil {
		return err
	}
	h.doubted = map[int64]bool{}
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&at}, func() error { h.doubted[at.Unix()] = true; return nil })
	return err
}

// end is where to begin: after an hour from to on in which something was up.
func (h *history) end(ctx context.Context) (time.Time, error) {
	if !h.to.Before(h.now) {
		return endOfTime, nil
	}
	var doubted []time.Time
	for at := range h.doubted {
		doubted = append(doubted, time.Unix(at, 0))
	}
	var at time.Time
	err := h.tx.QueryRow(ctx, `select coalesce(
		(select from_at + interval '1 hour' from rollup_hour where series = $1 and from_at >= $2 and up > 0 and from_at <> all ($3) order by from_at limit 1), $4)`,
		h.id, store.Ceil(h.to, store.Hour), append(doubted, startOfTime), endOfTime).Scan(&at)
	return at.UTC(), err
}

// read puts what happened from lo to hi, whole hours, before what is there.
func (h *history) read(ctx context.Context, lo, hi time.Time) error {
	rows, err := h.tx.Query(ctx, `select from_at, up, down from rollup_hour where series = $1 and from_at >= $2 and from_at < $3 order by from_at`, h.id, lo, hi)
	if err != nil {
		return err
	}
	hours, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n hourly, err error) {
		err = row.Scan(&n.from, &n.up, &n.down)
		n.from = n.from.UTC()
		return n, err
	})
	if err != nil {
		return err
	}
	hours = slices.DeleteFunc(hours, func(n hourly) bool { return h.doubted[n.from.Unix()] })
	var parts []stretch
	at := lo
	for i, n := range hours {
		if i == 0 || i == len(hours)-1 || !alike(hours[i-1], n) || !alike(n, hours[i+1]) {
			continue
		}
		if at.Before(n.from) {
			parts = append(parts, stretch{h.id, at, n.from})
		}
		if at = n.from.Add(time.Hour); n.down > 0 {
			h.down = append(h.down, n)
		}
	}
	if at.Before(hi) {
		parts = append(parts, stretch{h.id, at, hi})
	}
	slots, err := decided(ctx, h.tx, parts, lo, hi)
	h.slots = append(slots, h.slots...)
	return err
}

// alike reports whether b follows a at once, and all of both was up, or down.
func alike(a, b hourly) bool {
	return a.from.Add(time.Hour).Equal(b.from) && (a.up == 0 && b.up == 0 || a.down == 0 && b.down == 0)
}

// found lists incidents that are wanted, newest first. The oldest may have begun
// before what was read, when there is more.
func (h *history) found(more bool) []store.Incident {
	all := store.IncidentsOf(h.slots)
	for _, n := range h.down {
		i, _ := slices.BinarySearchFunc(all, n.from, func(a store.Incident, at time.Time) int { return a.From.Compare(at) })
		if i > 0 && (all[i-1].To.IsZero() || all[i-1].To.After(n.from)) {
			all[i-1].Down += n.down
		}
	}
	if more && len(all) > 0 && h.slots[0].State == data.Down {
		all = all[1:]
	}
	slices.Reverse(all)
	return slices.DeleteFunc(all, func(n store.Incident) bool {
		return !n.Overlaps(h.q) || h.skip != nil && h.skip(&n)
	})
}

// Of slots that are up only the first of each part, and the first after one that is
// down, tell of incidents: the others stay where they are.
const decidedQuery = `
select m.scheduled, m.error::text, coalesce(m.detail ->> 'phase', m.detail -> 'event' -> 'error' ->> 'phase', ''),
  coalesce(m.detail ->> 'message', m.detail -> 'event' -> 'error' ->> 'message', '')
from unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) with ordinality as x (id, lo, hi, i)
cross join lateral (
  select m.scheduled, m.error, m.detail, lead(m.error is not null, 1, true) over (order by m.scheduled desc) as follows
  from (
    select distinct on (m.scheduled) m.scheduled, m.error, case when m.error is not null then m.detail end as detail
    from measurement m
    where m.series = x.id and m.scheduled >= x.lo and m.scheduled < x.hi and m.scheduled >= $4 and m.scheduled < $5
    order by m.scheduled desc, m.attempt desc
  ) m
) m
where m.follows or m.error is not null
order by m.scheduled`

// decided reads the last attempts of slots, as far as incidents go, oldest first, and
// leaves out those that are up as the one before.
func decided(ctx context.Context, tx pgx.Tx, parts []stretch, lo, hi time.Time) ([]*data.Measurement, error) {
	series, from, to := columnsOf(parts)
	rows, err := tx.Query(ctx, decidedQuery, series, from, to, lo, hi)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*data.Measurement, error) {
		m, e := &data.Measurement{State: data.Up}, data.Error{}
		var kind *string
		err := row.Scan(&m.Scheduled, &kind, &e.Phase, &e.Message)
		if m.Scheduled = m.Scheduled.UTC(); kind != nil {
			e.Kind = data.ErrorKind(*kind)
			m.State, m.Error = data.Down, &e
		}
		return m, err
	})
}
