package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/bench/internal/rig"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/postgres"
)

const (
	rawEvery   = 30 * time.Second
	batch      = 5000
	savers     = 2
	aimFill    = 10 * 60 // seconds
	aimAllRows = 20_000_000
)

// A filling fills one database.
type filling struct {
	*lab
	db    *pgx.Conn // of its owner
	url   string    // of the collector's role
	st    *postgres.Store
	now   time.Time
	total int64 // rows
}

// fill makes the rows that are read later.
func (l *lab) fill(ctx context.Context, db *pgx.Conn, url string) error {
	st, err := postgres.Open(postgres.Options{URL: url})
	if err != nil {
		return err
	}
	defer st.Close()
	f := filling{lab: l, db: db, url: url, st: st, now: time.Now().UTC()}
	began := time.Now()
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{{"registered", f.register}, {"measured", f.measure}, {"rolled up", f.roll}, {"repeated", f.repeat}, {"analyzed", f.settle}} {
		at := time.Now()
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("fill: %s: %w", step.name, err)
		}
		say("%s in %s", step.name, time.Since(at).Round(100*time.Millisecond))
	}
	took := time.Since(began)
	if err := f.count(ctx); err != nil {
		return err
	}
	l.table.most("rows of the filled database, in millions", float64(f.total)/1e6, aimAllRows/1e6, "", "")
	l.table.most("filling it", took.Seconds(), aimFill, "s", "")
	return nil
}

// register lets every monitor be known, with a measurement of now.
func (f *filling) register(ctx context.Context) error {
	var events []data.Event
	for n := range f.daily {
		every := rawEvery
		if n >= f.raw {
			every = 10 * time.Minute // which one measurement does not contradict for long
		}
		events = append(events, f.shape.registration(n, f.now.AddDate(0, 0, -f.years).Truncate(24*time.Hour), every),
			f.shape.measurement(n, f.now.Add(-time.Minute).Truncate(rawEvery)))
	}
	return f.save(ctx, events)
}

func (f *filling) save(ctx context.Context, events []data.Event) error {
	for len(events) > 0 {
		n := min(batch, len(events))
		if refused, err := f.st.Save(ctx, events[:n]); err != nil || len(refused) > 0 {
			return fmt.Errorf("save: %w, %d refused", err, len(refused))
		}
		events = events[n:]
	}
	return nil
}

// measure saves the measurements of a few monitors, hour by hour.
func (f *filling) measure(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	hours := make(chan time.Time)
	var done sync.WaitGroup
	for range savers {
		done.Go(func() {
			for hour := range hours {
				if err := f.save(ctx, f.hour(hour)); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	for hour := f.now.AddDate(0, 0, -f.days).Truncate(time.Hour); hour.Before(f.now) && ctx.Err() == nil; hour = hour.Add(time.Hour) {
		select {
		case hours <- hour:
		case <-ctx.Done():
		}
	}
	close(hours)
	done.Wait()
	return context.Cause(ctx)
}

func (f *filling) hour(hour time.Time) (events []data.Event) {
	for n := range f.raw {
		if f.shape.skips(n, hour) {
			events = append(events, f.shape.gap(n, hour, rawEvery))
			continue
		}
		for at := hour; at.Before(hour.Add(time.Hour)) && at.Before(f.now); at = at.Add(rawEvery) {
			events = append(events, f.shape.measurement(n, at))
		}
	}
	return events
}

// roll rolls all of it up, as collectors do.
func (f *filling) roll(ctx context.Context) error {
	began := time.Now()
	if err := f.st.Roll(ctx); err != nil {
		return err
	}
	var n int64
	if err := f.db.QueryRow(ctx, `select count(*) from measurement`).Scan(&n); err != nil {
		return err
	}
	f.table.note("measurements rolled up a second, by one worker", fmt.Sprintf("%.0f", float64(n)/time.Since(began).Seconds()))
	return nil
}

const rollupColumns = `total_sum_us, total_min_us, total_max_us, up, down, total_count, gaps, errors, total, phases`

// repeat copies hours and days that were rolled up to other monitors and times, in the
// order of time, as a collector would have written them.
func (f *filling) repeat(ctx context.Context) error {
	work := map[time.Duration]int{store.Hour: f.hourly, store.Day: f.daily}
	errs := make(chan error, len(work))
	for tier, monitors := range work {
		go func() { errs <- f.repeatTier(ctx, tier, monitors) }() // received below
	}
	var err error
	for range work {
		if e := <-errs; err == nil {
			err = e
		}
	}
	return err
}

func (f *filling) repeatTier(ctx context.Context, tier time.Duration, monitors int) error {
	db, err := pgx.ConnectConfig(ctx, f.db.Config())
	if err != nil {
		return err
	}
	defer db.Close(context.Background())
	name := map[time.Duration]string{store.Hour: "hour", store.Day: "day"}[tier]
	if _, err := db.Exec(ctx, `create temporary table pattern as select row_number() over (order by series, from_at) - 1 as n, `+rollupColumns+` from rollup_`+name+`
		where total_count > 1`); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, `create temporary table wanted as select id from series order by monitor limit `+fmt.Sprint(monitors)); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, `analyze pattern, wanted`); err != nil {
		return err
	}
	from, to := f.now.AddDate(0, 0, -f.years).Truncate(store.Day), f.now.Truncate(tier)
	if err := prepare(ctx, db, name, from, to); err != nil {
		return err
	}
	for at := from; at.Before(to); {
		next := at.AddDate(0, 0, 10)
		if next.After(to) {
			next = to
		}
		if _, err := db.Exec(ctx, fmt.Sprintf(`insert into rollup_%s (series, from_at, %s)
			select w.id, g.at, %s from generate_series($1::timestamptz, $2::timestamptz - interval '1 second', interval '1 %s') g (at)
			cross join wanted w join pattern p on p.n = (w.id * 911 + extract(epoch from g.at)::bigint / $3) %% (select count(*) from pattern)
			on conflict do nothing`, name, rollupColumns, rollupColumns, name), at, next, int64(tier.Seconds())); err != nil {
			return err
		}
		at = next
	}
	return nil
}

// prepare makes the partitions of a tier; what is copied into them is not logged, and
// cleaned up at the end, which makes it twice as fast.
func prepare(ctx context.Context, db *pgx.Conn, tier string, from, to time.Time) error {
	if _, err := db.Exec(ctx, `select create_rollup_partition($1, t) from generate_series($2::timestamptz, $3::timestamptz, interval '1 day') t`, tier, from, to); err != nil {
		return err
	}
	rows, err := db.Query(ctx, `select inhrelid::regclass::text from pg_inherits where inhparent = $1::regclass`, "rollup_"+tier)
	if err != nil {
		return err
	}
	parts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, part := range parts {
		if _, err := db.Exec(ctx, `alter table `+part+` set unlogged, set (autovacuum_enabled = off)`); err != nil {
			return err
		}
	}
	return err
}

// settle leaves nothing to be written out while it is read.
func (f *filling) settle(ctx context.Context) error {
	_, err := f.db.Exec(ctx, `vacuum (analyze)`)
	f.server.Settle(ctx)
	return err
}

func (f *filling) count(ctx context.Context) error {
	for _, name := range []string{"measurement", "rollup_minute", "rollup_hour", "rollup_day"} {
		var n, bytes int64
		if err := f.db.QueryRow(ctx, `select count(*), (select sum(pg_total_relation_size(inhrelid)) from pg_inherits where inhparent = $1::regclass)::bigint from `+name,
			name).Scan(&n, &bytes); err != nil {
			return err
		}
		f.total += n
		f.table.note("rows of "+name, fmt.Sprintf("%d, %.0f MiB, %d bytes each with their index", n, mib(bytes), bytes/max(n, 1)))
	}
	return nil
}

// fresh is an empty database, and how the collector opens it.
func (l *lab) fresh(ctx context.Context) (db *pgx.Conn, url string, drop func(), err error) {
	name, db, drop, err := l.server.Fresh(ctx)
	if err != nil {
		return nil, "", nil, err
	}
	if url, err = rig.In(l.Postgres, name); err != nil {
		drop()
	}
	return db, url, drop, err
}
