package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/store"
)

// fillPiece is how many series of a day are filled at once.
const fillPiece = 20

// Backfill makes the rollups of days whose measurements were saved before there were
// any: those from from to to, zero for all, but those that it was done with before, the
// newest first. It may be ended at any time and goes on where it was. Progress, unless
// nil, is told how many series of how many days are done, of how many.
func (s *Store) Backfill(ctx context.Context, from, to time.Time, progress func(done, total int64)) error {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	days, series, err := s.toFill(ctx, from, to)
	if err != nil {
		return err
	}
	total, done := int64(len(days)*len(series)), int64(0)
	progress(0, total)
	for _, day := range days {
		for at := 0; at < len(series); at += fillPiece {
			piece := series[at:min(at+fillPiece, len(series))]
			if err := s.fillDay(ctx, day, piece); err != nil {
				return err
			}
			done += int64(len(piece))
			progress(done, total)
		}
		if _, err := s.pool.Exec(ctx, `insert into rollup_filled (day) values ($1) on conflict do nothing`, day); err != nil {
			return fmt.Errorf("note that %s is filled: %w", day.Format(time.DateOnly), Diagnose(err))
		}
	}
	return nil
}

// toFill lists the days that lack their rollups, newest first, and all series.
func (s *Store) toFill(ctx context.Context, from, to time.Time) (days []time.Time, series []int32, err error) {
	err = s.read(ctx, "look for days to fill", func(ctx context.Context, tx pgx.Tx) error {
		lo, hi := bounds(store.Query{From: from, To: to})
		rows, err := tx.Query(ctx, `select p.day from measurement_partitions() p
			where p.day + 1 > $1 and p.day < $2 and p.day <= $3 and p.day not in (select day from rollup_filled)
				and p.day <= (select max(installed_on) + interval '2 days' from flyway_schema_history where version = '8' and success)
			order by p.day desc`, lo, hi, s.o.Now())
		if err != nil {
			return err
		}
		if days, err = pgx.CollectRows(rows, pgx.RowTo[time.Time]); err != nil {
			return err
		}
		rows, err = tx.Query(ctx, `select id from series order by id`)
		if err != nil {
			return err
		}
		series, err = pgx.CollectRows(rows, pgx.RowTo[int32])
		return err
	})
	return days, series, err
}

// busy is how long Backfill waits for a collector that rolls up.
const busy = 200 * time.Millisecond

// fillDay makes all buckets of a day of some series, as Roll would have done.
func (s *Store) fillDay(ctx context.Context, day time.Time, series []int32) error {
	for {
		r := roller{Store: s, now: s.o.Now(), made: map[string]bool{}}
		err := s.alone(ctx, rollLock, "fill "+day.Format(time.DateOnly), func(tx pgx.Tx) error {
			r.tx = tx
			if err := r.frugal(ctx); err != nil {
				return err
			}
			return r.fillDay(ctx, day, series)
		})
		switch {
		case err == nil:
			s.learn(r.made)
			s.count(Stats{Rolled: r.rolled})
			return nil
		case !errors.Is(err, errElsewhere):
			return err
		}
		select {
		case <-time.After(busy):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (r *roller) fillDay(ctx context.Context, day time.Time, series []int32) error {
	end := earlier(day.Add(store.Day), store.Floor(r.now.Add(-due), store.Minute)) // what is open is left to Roll
	stretches := make([]stretch, len(series))
	for i, id := range series {
		stretches[i] = stretch{id, day, end}
	}
	if !day.Before(end) {
		return nil
	}
	all, err := readRaw(ctx, r.tx, stretches)
	if err != nil {
		return err
	}
	for _, tier := range []time.Duration{store.Minute, store.Hour, store.Day} {
		if tier == store.Minute && day.Before(r.minutesSince()) {
			continue
		}
		var made []rolled
		for i := range all {
			for _, b := range store.Rollup(all[i].measurements, all[i].gaps, store.Frame{From: day, To: store.Floor(end, tier), Step: tier}) {
				if b.Up+b.Down > 0 {
					made = append(made, rolled{series[i], b})
				}
			}
		}
		if err := r.write(ctx, tier, made); err != nil {
			return err
		}
	}
	// Of the hour and the day that are not over Roll makes buckets in time.
	var hours []slot
	for i := range all {
		if n := len(all[i].measurements); n > 0 {
			last := all[i].measurements[n-1].Scheduled
			if hour := store.Floor(last, store.Hour); hour.Add(store.Hour).After(end) || end.Before(day.Add(store.Day)) {
				hours = append(hours, slotOf(series[i], hour))
			}
		}
	}
	return r.stale(ctx, store.Hour, hours)
}
