package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/store"
)

// A tally is what became of those slots of a stretch that were measured.
type tally struct {
	up, down int64
	total    store.Latency // without a histogram
}

// A counter counts measured slots exactly, and reads few rows: the buckets of whole
// days and hours where these are what raw rows add up to, and raw rows elsewhere.
type counter struct {
	tx    pgx.Tx
	since time.Time                // from when on buckets tell of all that was measured
	stale map[time.Duration][]slot // by tier, sorted: buckets that do not tell of all yet
}

const (
	shortRange = 2 * store.Day // of which raw rows are few
	mostStale  = 1_000         // buckets: so many more raw stretches there are
	mostMarks  = 2_000         // rows of rollup_touched: each may be of thousands of minutes
)

// counter sees which buckets can be counted by in a range.
func (r *reading) counter(ctx context.Context, from, to time.Time) (*counter, error) {
	c := &counter{tx: r.tx, since: endOfTime, stale: map[time.Duration][]slot{}}
	if to.Sub(from) < shortRange {
		return c, nil
	}
	var unfilled *time.Time
	var marks int
	if err := r.tx.QueryRow(ctx, `select (select max(day) + interval '1 day' from (`+unfilledDays+`) x) at time zone 'UTC',
		(select count(*) from (select from rollup_touched limit $3) x)`, utcDay(from), utcDay(to.Add(store.Day)), mostMarks+1).Scan(&unfilled, &marks); err != nil {
		return nil, err
	}
	if marks > mostMarks {
		return c, nil
	}
	stale, err := r.unfinished(ctx)
	if err != nil || len(stale[store.Hour])+len(stale[store.Day]) > mostStale {
		return c, err
	}
	c.stale, c.since = stale, later(r.since(store.Hour), r.since(store.Day))
	if unfilled != nil {
		c.since = later(c.since, *unfilled)
	}
	return c, nil
}

// unfinished lists the hours and days of r's series that something was written to
// which their buckets do not tell of yet.
func (r *reading) unfinished(ctx context.Context) (map[time.Duration][]slot, error) {
	rows, err := r.tx.Query(ctx, `
		(select series, from_at, true from rollup_stale where tier = 'hour' and series = any ($1) limit $2)
		union all
		(select series, from_at, false from rollup_stale where tier = 'day' and series = any ($1) limit $2)
		union all
		(select distinct m.series, to_timestamp(m.minute / 60 * 3600::int8), true
		from rollup_touched t cross join lateral unnest(t.series, t.minute) as m(series, minute)
		where t.until is null and t.series && $1 and m.series = any ($1) limit $2)`, r.ids, mostStale+1)
	if err != nil {
		return nil, err
	}
	stale := map[time.Duration][]slot{}
	var series int32
	var from time.Time
	var hour bool
	_, err = pgx.ForEachRow(rows, []any{&series, &from, &hour}, func() error {
		if hour {
			stale[store.Hour] = append(stale[store.Hour], slotOf(series, from))
		}
		stale[store.Day] = append(stale[store.Day], slotOf(series, store.Floor(from, store.Day)))
		return nil
	})
	for tier, slots := range stale {
		stale[tier] = compact(slots)
	}
	return stale, err
}

// pieces are parts of stretches that one tier tells of, and which stretch each is of.
type pieces struct {
	stretches []stretch
	of        []int
}

func (p *pieces) add(s stretch, of int) {
	if s.from.Before(s.to) {
		p.stretches, p.of = append(p.stretches, s), append(p.of, of)
	}
}

// cut adds to into, by tier, what s consists of: whole buckets of tier, and of shorter
// ones, or raw rows at last, where there are none that tell of all.
func (c *counter) cut(into map[time.Duration]*pieces, tier time.Duration, s stretch, of int) {
	if tier == 0 || !s.from.Before(s.to) {
		into[0].add(s, of)
		return
	}
	shorter := store.Hour
	if tier == store.Hour {
		shorter = 0
	}
	lo, hi := store.Ceil(later(s.from, c.since), tier), store.Floor(s.to, tier)
	if !lo.Before(hi) {
		c.cut(into, shorter, s, of)
		return
	}
	c.cut(into, shorter, stretch{s.series, s.from, lo}, of)
	stale := c.stale[tier]
	n, _ := slices.BinarySearchFunc(stale, slotOf(s.series, lo), compareSlots)
	at := lo
	for ; n < len(stale) && stale[n].series == s.series && stale[n].at().Before(hi); n++ {
		from := stale[n].at()
		into[tier].add(stretch{s.series, at, from}, of)
		at = from.Add(tier)
		c.cut(into, shorter, stretch{s.series, from, at}, of)
	}
	into[tier].add(stretch{s.series, at, hi}, of)
	c.cut(into, shorter, stretch{s.series, hi, s.to}, of)
}

// A total that does not fit its column stands in detail.
const rawTally = `
select x.i, count(*) filter (where up), count(*) filter (where not up), count(total) filter (where up), coalesce(min(total) filter (where up), 0),
  coalesce(max(total) filter (where up), 0), coalesce(sum(total) filter (where up), 0)::bigint
from unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) with ordinality as x (id, lo, hi, i)
cross join lateral (
  select distinct on (m.scheduled) m.error is null as up,
    coalesce((m.detail -> 'event' -> 'phases' ->> 'total_us')::bigint, m.total_us) as total
  from measurement m
  where m.series = x.id and m.scheduled >= x.lo and m.scheduled < x.hi and m.scheduled >= $4 and m.scheduled < $5
  order by m.scheduled desc, m.attempt desc
) m
group by x.i`

// %s is the tier's name.
const bucketTally = `
select x.i, sum(b.up)::bigint, sum(b.down)::bigint, sum(b.total_count)::bigint, coalesce(min(b.total_min_us) filter (where b.total_count > 0), 0),
  max(b.total_max_us), sum(b.total_sum_us)::bigint
from unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) with ordinality as x (id, lo, hi, i)
cross join lateral (
  select b.up, b.down, b.total_count, b.total_min_us, b.total_max_us, b.total_sum_us
  from rollup_%s b
  where b.series = x.id and b.from_at >= x.lo and b.from_at < x.hi and b.from_at >= $4 and b.from_at < $5
) b
group by x.i`

// tally counts each of stretches.
func (c *counter) tally(ctx context.Context, stretches []stretch) ([]tally, error) {
	parts := map[time.Duration]*pieces{0: {}, store.Hour: {}, store.Day: {}}
	for i, s := range stretches {
		c.cut(parts, store.Day, s, i)
	}
	tallies := make([]tally, len(stretches))
	for tier, p := range parts {
		query := rawTally
		if tier > 0 {
			query = fmt.Sprintf(bucketTally, tierName(tier))
		}
		if err := c.add(ctx, tallies, query, p); err != nil {
			return nil, err
		}
	}
	return tallies, nil
}

// add counts pieces.
func (c *counter) add(ctx context.Context, tallies []tally, query string, p *pieces) error {
	if len(p.stretches) == 0 {
		return nil
	}
	series, lo, hi := columnsOf(p.stretches)
	rows, err := c.tx.Query(ctx, query, series, lo, hi, slices.MinFunc(lo, time.Time.Compare), slices.MaxFunc(hi, time.Time.Compare))
	if err != nil {
		return err
	}
	var i, up, down, count, least, most, sum int64
	_, err = pgx.ForEachRow(rows, []any{&i, &up, &down, &count, &least, &most, &sum}, func() error {
		t := &tallies[p.of[i-1]]
		t.up, t.down = t.up+up, t.down+down
		t.total.Merge(store.Latency{Count: count, Min: micros(least), Max: micros(most), Sum: micros(sum)})
		return nil
	})
	return err
}
