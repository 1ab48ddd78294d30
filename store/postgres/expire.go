package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/store"
)

// freezeBatch is how many gaps are deleted at once: one may cover many hours.
const freezeBatch = 200

// errNotRolled ends an expiry that would drop what is not in the rollups yet.
var errNotRolled = errors.New("what is past its retention is not rolled up yet, and stays until it is")

// rolledUp is an error as long as something before oldest is not in the rollups. It
// waits some seconds for another collector that is at it.
func (s *Store) rolledUp(ctx context.Context, oldest time.Time) error {
	for try := 1; ; try++ {
		if err := s.Roll(ctx); err != nil {
			return err
		}
		err := allRolled(ctx, s.pool, oldest)
		if !errors.Is(err, errNotRolled) || try == 20 {
			return err
		}
		select {
		case <-time.After(busy):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// allRolled is an error as long as something before oldest is not in the rollups.
func allRolled(ctx context.Context, db interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}, oldest time.Time,
) error {
	var pending bool
	err := db.QueryRow(ctx, `select exists (select from rollup_stale where from_at < $1) or exists (
		select from rollup_touched t cross join lateral unnest(t.minute) as m where t.until is null and m < $2)`, oldest, minuteOf(oldest)).Scan(&pending)
	switch {
	case err != nil:
		return fmt.Errorf("look for what is not rolled up: %w", Diagnose(err))
	case pending:
		return errNotRolled
	}
	return nil
}

// deleteGaps deletes those that ended before oldest. The hours and days that they alone
// tell of get buckets before.
func (s *Store) deleteGaps(ctx context.Context, total *int64, oldest time.Time) error {
	for {
		var n int64
		r := roller{Store: s, now: s.o.Now(), made: map[string]bool{}}
		err := s.upkeep(ctx, "delete gaps", func(tx pgx.Tx) error {
			r.tx = tx
			if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext($1), hashtext(current_schema()))`, rollLock); err != nil {
				return err
			}
			var series []int32
			var first, last []time.Time
			var id int32
			var lo, hi time.Time
			rows, err := tx.Query(ctx, `select series, first_at, last_at from gap where last_at < $1 order by series, last_at limit $2`, oldest, freezeBatch)
			if err != nil {
				return err
			}
			if _, err := pgx.ForEachRow(rows, []any{&id, &lo, &hi}, func() error {
				series, first, last = append(series, id), append(first, lo), append(last, hi)
				return nil
			}); err != nil {
				return err
			}
			for _, tier := range []time.Duration{store.Hour, store.Day} {
				if err := r.freeze(ctx, tier, series, first, last); err != nil {
					return err
				}
			}
			tag, err := tx.Exec(ctx, `delete from gap g using unnest($1::int4[], $2::timestamptz[], $3::timestamptz[]) as t(series, first_at, last_at)
				where g.series = t.series and g.last_at = t.last_at and g.first_at = t.first_at`, series, first, last)
			n = int64(len(series))
			*total += tag.RowsAffected()
			return err
		})
		if err != nil {
			return err
		}
		if s.learn(r.made); n < freezeBatch {
			return nil
		}
	}
}

// freeze writes the buckets of a tier that gaps alone make.
func (r *roller) freeze(ctx context.Context, tier time.Duration, series []int32, first, last []time.Time) error {
	var stretches []stretch
	since := r.since(tier)
	for i := range series {
		from, to := later(store.Floor(first[i], tier), since), store.Ceil(last[i].Add(time.Millisecond), tier)
		if n := len(stretches); n > 0 && stretches[n-1].series == series[i] && !from.After(stretches[n-1].to) {
			stretches[n-1].from, stretches[n-1].to = earlier(stretches[n-1].from, from), later(stretches[n-1].to, to)
		} else if from.Before(to) {
			stretches = append(stretches, stretch{series[i], from, to})
		}
	}
	there, err := readBuckets(ctx, r.tx, tier, stretches, true)
	if err != nil {
		return err
	}
	gaps, err := readGaps(ctx, r.tx, stretches)
	if err != nil {
		return err
	}
	var made []rolled
	for i, s := range stretches {
		known := map[int64]bool{}
		for _, b := range there[i] {
			known[b.From.Unix()] = true
		}
		for _, b := range fill(there[i], gaps[i].gaps, store.Frame{From: s.from, To: s.to, Step: tier}) {
			if !known[b.From.Unix()] {
				made = append(made, rolled{s.series, b})
			}
		}
	}
	return r.write(ctx, tier, made)
}

// dropRollups drops partitions of a tier that end before an instant; zero: none.
func (s *Store) dropRollups(ctx context.Context, u *Upkeep, tier time.Duration, before time.Time) error {
	if before.IsZero() {
		return nil
	}
	name := tierName(tier)
	return s.dropping(ctx, "drop rollups by the "+name, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select drop_rollup_partitions($1, $2)`, name, before)
		if err != nil {
			return err
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		u.Rollups = append(u.Rollups, names...)
		return err
	})
}

// dropping tries some times to get the locks that a drop needs.
func (s *Store) dropping(ctx context.Context, what string, drop func(pgx.Tx) error) error {
	for try := 1; ; try++ {
		err := s.upkeep(ctx, what, drop)
		if code(err) != "55P03" || try == dropTries {
			return err
		}
		select {
		case <-time.After(dropPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
