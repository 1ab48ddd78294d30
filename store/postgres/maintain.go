package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/monitorink/monitorink/store"
)

const (
	daysAhead   = 3      // partitions are made for today and as many days more
	deleteBatch = 10_000 // rows a transaction
	dropTries   = 3
	dropPause   = time.Second
)

// An Upkeep is what Maintain did.
type Upkeep struct {
	Created       []time.Time // days that a partition was made for
	Dropped       []time.Time // days whose partition was dropped
	Gaps          int64       // deleted: they ended before Retention
	Registrations int64       // deleted: they were replaced before Retention
	Rollups       []string    // partitions of the tiers that were dropped
	// Skipped says that another collector was at it; what is listed was done
	// before.
	Skipped bool
}

// errElsewhere ends an upkeep that another collector does.
var errElsewhere = errors.New("another collector is at it")

// Maintain makes the partitions of today and the days to come, and drops what is
// wholly older than Retention: whole days of measurements, gaps, and registrations
// that another has replaced. It waits for no lock longer than two seconds, so that
// savers do not wait for it, and may be called by many collectors at once, of
// which one works. What it did before an error, it tells of as well.
func (s *Store) Maintain(ctx context.Context) (Upkeep, error) {
	var u Upkeep
	oldest := s.oldest()
	err := s.upkeep(ctx, "create partitions", func(tx pgx.Tx) (err error) {
		today := s.o.Now().UTC().Truncate(24 * time.Hour)
		u.Created, err = dates(ctx, tx, `
			select d::date from generate_series($1::date, $1::date + $2::int, interval '1 day') as d
			where create_measurement_partition(d::date) order by 1`, today, daysAhead)
		return err
	})
	if err == nil {
		// They go an hour later than they are needed.
		err = s.dropRollups(ctx, &u, store.Minute, store.Floor(s.o.Now().Add(-keepMinutes-time.Hour), store.Day))
	}
	if err == nil && !oldest.IsZero() {
		err = s.expire(ctx, &u, oldest)
	}
	for _, tier := range []time.Duration{store.Hour, store.Day} { // once all that is to be made of them is made
		if err == nil {
			err = s.dropRollups(ctx, &u, tier, s.since(tier))
		}
	}
	if errors.Is(err, errElsewhere) {
		u.Skipped, err = true, nil
	}
	return u, err
}

func (s *Store) expire(ctx context.Context, u *Upkeep, oldest time.Time) error {
	err := s.rolledUp(ctx, oldest)
	if err == nil {
		err = s.dropping(ctx, "drop partitions", func(tx pgx.Tx) (err error) {
			dropped, err := dates(ctx, tx, `select d from drop_measurement_partitions($1::date) as d order by 1`, oldest)
			if err == nil {
				err = allRolled(ctx, tx, oldest) // now that nobody adds to them
			}
			if err == nil {
				u.Dropped = dropped
			}
			return err
		})
	}
	if err == nil { // after them, so that no bucket is made of measurements alone
		err = s.deleteGaps(ctx, &u.Gaps, oldest)
	}
	if err == nil {
		err = s.deleteAll(ctx, "delete registrations", &u.Registrations, `
			delete from registration where (series, from_at) in (
				select r.series, r.from_at from registration r
				where r.from_at < $1 and exists (
					select from registration n where n.series = r.series and n.from_at > r.from_at and n.from_at <= $1)
				limit $2)`, oldest)
	}
	return err
}

// deleteAll runs query, which takes an instant and how many rows at most, until
// it finds no more.
func (s *Store) deleteAll(ctx context.Context, what string, total *int64, query string, oldest time.Time) error {
	for {
		var n int64
		err := s.upkeep(ctx, what, func(tx pgx.Tx) error {
			tag, err := tx.Exec(ctx, query, oldest, deleteBatch)
			n = tag.RowsAffected()
			return err
		})
		if err != nil {
			return err
		}
		if *total += n; n < deleteBatch {
			return nil
		}
	}
}

func (s *Store) upkeep(ctx context.Context, what string, f func(pgx.Tx) error) error {
	return s.alone(ctx, "monitorink upkeep", what, f)
}

// alone runs f in a transaction that is the only one of its kind, and does not stay so
// when its process stops.
func (s *Store) alone(ctx context.Context, kind, what string, f func(pgx.Tx) error) error {
	begin := pgx.TxOptions{BeginQuery: beginWriting + `; set local lock_timeout = '2s'; set local statement_timeout = '60s'`}
	err := pgx.BeginTxFunc(ctx, s.pool, begin, func(tx pgx.Tx) error {
		var mine bool
		err := tx.QueryRow(ctx, `select pg_try_advisory_xact_lock(hashtext($1), hashtext(current_schema()))`, kind).Scan(&mine)
		switch {
		case err != nil:
			return err
		case !mine:
			return errElsewhere
		}
		return f(tx)
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", what, ctx.Err())
	}
	return fmt.Errorf("%s: %w", what, Diagnose(err))
}

func dates(ctx context.Context, tx pgx.Tx, query string, args ...any) ([]time.Time, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[time.Time])
}

// code is the SQLSTATE of a server's error; empty: it is none.
func code(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}
