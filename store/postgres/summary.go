package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// A total that does not fit its column stands in detail.
const summaryQuery = `
select count(*) filter (where up), count(*) filter (where not up), count(total) filter (where up), coalesce(min(total) filter (where up), 0),
  coalesce(max(total) filter (where up), 0), coalesce(sum(total) filter (where up), 0)::bigint
from unnest($1::int[]) as x (id)
cross join lateral (
  select distinct on (m.scheduled) m.error is null as up,
    coalesce((m.detail -> 'event' -> 'phases' ->> 'total_us')::bigint, m.total_us) as total
  from measurement m
  where m.series = x.id and m.scheduled >= $2 and m.scheduled < $3
  order by m.scheduled desc, m.attempt desc
) m`

const overlappingQuery = `
select ` + gapColumns + `
from gap g
join series s on s.id = g.series
where g.series = any ($1::int[]) and g.last_at >= $2 and g.first_at < $3`

const measuredQuery = `
select m.n
from unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) with ordinality as x (id, lo, hi, i)
cross join lateral (
  select count(distinct m.scheduled) as n
  from measurement m
  where m.series = x.id and m.scheduled >= x.lo and m.scheduled < x.hi and m.scheduled >= $4 and m.scheduled < $5
) m
order by x.i`

// Summary counts the slots of a monitor in a range.
func (s *Store) Summary(ctx context.Context, q store.Query) (store.Summary, error) {
	sum := store.Summary{Gaps: map[data.Reason]int64{}}
	from, to := bounds(q)
	err := s.read(ctx, "summarize", func(ctx context.Context, tx pgx.Tx) error {
		ids, locations, err := streams(ctx, tx, q)
		if err != nil || len(ids) == 0 {
			return err
		}
		past := reading{Store: s, tx: tx, ids: ids, now: s.o.Now()}
		total, err := past.summarize(ctx, &sum, q)
		if err != nil {
			return err
		}
		from = later(from, s.oldest())
		var some store.Summary
		var latency store.Latency
		var least, most, all int64
		if err := tx.QueryRow(ctx, summaryQuery, ids, from, to).Scan(&some.Up, &some.Down, &latency.Count, &least, &most, &all); err != nil {
			return err
		}
		sum.Up, sum.Down = sum.Up+some.Up, sum.Down+some.Down
		latency.Min, latency.Max, latency.Sum = micros(least), micros(most), micros(all)
		total.Merge(latency)
		sum.Min, sum.Mean, sum.Max = total.Min, total.Mean(), total.Max
		rows, err := tx.Query(ctx, overlappingQuery, ids, from, to)
		if err != nil {
			return err
		}
		gaps, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*data.Gap, error) { return scanGap(row) })
		if err != nil || len(gaps) == 0 {
			return err
		}
		return unmeasured(ctx, tx, sum.Gaps, gaps, ids, locations, store.Query{From: from, To: to})
	})
	return sum, err
}

// unmeasured adds to counts the slots that gaps account for and measurements do
// not; the range of q is in whole milliseconds.
func unmeasured(ctx context.Context, tx pgx.Tx, counts map[data.Reason]int64, gaps []*data.Gap, ids []int32, locations []string, q store.Query) error {
	at := map[string][]*data.Gap{}
	for _, g := range gaps {
		at[g.Location] = append(at[g.Location], g)
	}
	var shares []store.Share
	var series []int32
	var lo, hi []time.Time
	for i, l := range locations {
		for _, part := range store.Shares(at[l], q) {
			shares, series = append(shares, part), append(series, ids[i])
			lo, hi = append(lo, part.From), append(hi, part.To)
		}
	}
	rows, err := tx.Query(ctx, measuredQuery, series, lo, hi, q.From, q.To)
	if err != nil {
		return err
	}
	measured, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	for i, n := range measured {
		if left := shares[i].Slots - n; left > 0 {
			counts[shares[i].Gap.Reason] += left
		}
	}
	return err
}

// summarize adds the part of q that raw rows do not tell of any more, by buckets.
func (r *reading) summarize(ctx context.Context, sum *store.Summary, q store.Query) (total store.Latency, err error) {
	since := store.Since{Raw: r.oldest(), Minute: r.minutesSince(), Hour: r.since(store.Hour), Day: r.since(store.Day)}
	for _, piece := range since.Pieces(q.From, q.To) {
		if piece.Tier == 0 {
			continue
		}
		lists := make([][]store.Bucket, len(r.ids))
		if err := r.add(ctx, lists, piece.Tier, store.Frame{From: piece.From, To: piece.To, Step: piece.Tier, Plain: true}); err != nil {
			return total, err
		}
		for _, list := range lists {
			for _, b := range list {
				sum.Up, sum.Down = sum.Up+b.Up, sum.Down+b.Down
				for reason, n := range b.Gaps {
					sum.Gaps[reason] += n
				}
				total.Merge(b.Total)
			}
		}
	}
	return total, nil
}
