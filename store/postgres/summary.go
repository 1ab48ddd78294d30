package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

const overlappingQuery = `
select ` + gapColumns + `
from gap g
join series s on s.id = g.series
where g.series = any ($1::int[]) and g.last_at >= $2 and g.first_at < $3`

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
		c, err := past.counter(ctx, from, to)
		if err != nil {
			return err
		}
		tallies, err := c.tally(ctx, past.stretches(from, to))
		if err != nil {
			return err
		}
		for _, t := range tallies {
			sum.Up, sum.Down = sum.Up+t.up, sum.Down+t.down
			total.Merge(t.total)
		}
		sum.Min, sum.Mean, sum.Max = total.Min, total.Mean(), total.Max
		rows, err := tx.Query(ctx, overlappingQuery, ids, from, to)
		if err != nil {
			return err
		}
		gaps, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*data.Gap, error) { return scanGap(row) })
		if err != nil || len(gaps) == 0 {
			return err
		}
		return c.unmeasured(ctx, sum.Gaps, gaps, ids, locations, store.Query{From: from, To: to})
	})
	return sum, err
}

// unmeasured adds to counts the slots that gaps account for and measurements do
// not; the range of q is in whole milliseconds.
func (c *counter) unmeasured(ctx context.Context, counts map[data.Reason]int64, gaps []*data.Gap, ids []int32, locations []string, q store.Query) error {
	at := map[string][]*data.Gap{}
	for _, g := range gaps {
		at[g.Location] = append(at[g.Location], g)
	}
	var shares []store.Share
	var stretches []stretch
	for i, l := range locations {
		for _, part := range store.Shares(at[l], q) {
			shares, stretches = append(shares, part), append(stretches, stretch{ids[i], part.From, part.To})
		}
	}
	measured, err := c.tally(ctx, stretches)
	for i, t := range measured {
		if left := shares[i].Slots - t.up - t.down; left > 0 {
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
