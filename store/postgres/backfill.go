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

// unfilledDays selects those from $1 on and before $2 that may hold measurements which
// no rollup tells of: those from before there were any, and of the days in which
// collectors of an older version may have written beside newer ones.
// (measurement_partitions would also look how large each is.)
const unfilledDays = `select p.day from (
		select to_date(right(c.relname, 8), 'YYYYMMDD') as day from pg_inherits i join pg_class c on c.oid = i.inhrelid
		where i.inhparent = 'measurement'::regclass and c.relname ~ '^measurement_[0-9]{8}$'
	) p
	where p.day >= $1::date and p.day < $2::date and p.day not in (select day from rollup_filled)
		and p.day <= (select max(installed_on) + interval '2 days' from flyway_schema_history where version = '8' and success)`

// utcDay is the day that t is in, as the database reads a date.
func utcDay(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// toFill lists the days that lack their rollups, newest first, and all series.
func (s *Store) toFill(ctx context.Context, from, to time.Time) (days []time.Time, series []int32, err error) {
	err = s.read(ctx, "look for days to fill", func(ctx context.Context, tx pgx.Tx) error {
		lo, hi := bounds(store.Query{From: from, To: to})
		hi = earlier(hi, s.o.Now().Add(time.Millisecond))
		rows, err := tx.Query(ctx, unfilledDays+` order by p.day desc`, utcDay(lo), utcDay(store.Ceil(hi, store.Day)))
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

// fillDay reads a day hour by hour: one of many monitors that are measured often would
// be too much at once.
func (r *roller) fillDay(ctx context.Context, day time.Time, series []int32) error {
	over := day.Add(store.Day)
	end := earlier(over, store.Floor(r.now.Add(-due), store.Minute))
	sums := make([]store.Bucket, len(series)) // of the day
	last := make([]time.Time, len(series))    // hours that were measured in
	for hour := day; hour.Before(end); hour = hour.Add(store.Hour) {
		hours, err := r.fillHour(ctx, hour, end, series)
		if err != nil {
			return err
		}
		for i, b := range hours {
			if b.Up+b.Down > 0 {
				last[i] = hour
			}
			sums[i].Merge(&b)
		}
	}
	var days []rolled
	var open []slot
	for i, b := range sums {
		switch b.From = day; {
		case last[i].IsZero():
		case end.Before(over): // Roll makes buckets of its last hour, which may be open, and of the day
			open = append(open, slotOf(series[i], last[i]))
		default:
			days = append(days, rolled{series[i], b})
		}
	}
	if err := r.write(ctx, store.Day, days); err != nil {
		return err
	}
	if err := r.stale(ctx, store.Hour, open); err != nil {
		return err
	}
	return r.leaveOpen(ctx, end, over, series)
}

// leaveOpen leaves to Roll the minutes that are not over.
func (r *roller) leaveOpen(ctx context.Context, from, to time.Time, series []int32) error {
	if !from.Before(to) {
		return nil
	}
	stretches := make([]stretch, len(series))
	for i, id := range series {
		stretches[i] = stretch{id, from, to}
	}
	all, err := readRaw(ctx, r.tx, stretches)
	if err != nil {
		return err
	}
	var marks []mark
	for i := range all {
		for _, m := range all[i].measurements {
			minute := minuteOf(m.Scheduled)
			marks = append(marks, mark{series[i], minute, minute})
		}
	}
	if len(marks) == 0 {
		return nil
	}
	_, err = r.tx.Exec(ctx, string(r.markSQL(marks, false)), pgx.QueryExecModeSimpleProtocol)
	return err
}

// fillHour makes the buckets of minutes from hour on and before end, and that of the
// hour when it is over by then. It returns what they add up to.
func (r *roller) fillHour(ctx context.Context, hour, end time.Time, series []int32) ([]store.Bucket, error) {
	to := earlier(hour.Add(store.Hour), end)
	stretches := make([]stretch, len(series))
	for i, id := range series {
		stretches[i] = stretch{id, hour, to}
	}
	all, err := readRaw(ctx, r.tx, stretches)
	if err != nil {
		return nil, err
	}
	sums := make([]store.Bucket, len(series))
	var minutes, hours []rolled
	for i := range all {
		sums[i].From = hour
		for _, b := range store.Rollup(all[i].measurements, all[i].gaps, store.Frame{From: hour, To: to, Step: store.Minute}) {
			if sums[i].Merge(&b); b.Up+b.Down > 0 {
				minutes = append(minutes, rolled{series[i], b})
			}
		}
		if sums[i].Up+sums[i].Down > 0 && to.Equal(hour.Add(store.Hour)) {
			hours = append(hours, rolled{series[i], sums[i]})
		}
	}
	if !hour.Before(r.minutesSince()) {
		if err := r.write(ctx, store.Minute, minutes); err != nil {
			return nil, err
		}
	}
	return sums, r.write(ctx, store.Hour, hours)
}
