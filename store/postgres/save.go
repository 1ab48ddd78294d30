package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// Save joins events into the tables. An error is for the caller to wait and to
// try again; it names what a person has to do where waiting will not help.
func (s *Store) Save(ctx context.Context, events []data.Event) ([]store.Refusal, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b := s.sort(events)
	if err := s.write(ctx, b); err != nil {
		return nil, fmt.Errorf("save %d events: %w", len(events), Diagnose(err))
	}
	b.stats.Refused = int64(len(b.refused))
	s.count(b.stats)
	slices.SortFunc(b.refused, func(a, b store.Refusal) int { return cmp.Compare(a.Index, b.Index) })
	return b.refused, nil
}

// A batch is what one Save is about.
type batch struct {
	measurements  []row
	gaps          []gapRow
	registrations []registrationRow
	refused       []store.Refusal
	stats         Stats
}

func (b *batch) refuse(index int, err error) {
	b.refused = append(b.refused, store.Refusal{Index: index, Err: err})
}

// aheadMost is how far ahead of the clock a measurement may be scheduled: each day
// takes a partition, which no retention drops.
const aheadMost = 366 * 24 * time.Hour

// sort looks at each event without the database.
func (s *Store) sort(events []data.Event) *batch {
	b := &batch{}
	oldest, latest := s.oldest(), s.o.Now().Add(aheadMost)
	for i, e := range events {
		err := data.Validate(e)
		if m, ok := e.(*data.Measurement); ok && err == nil && m.Scheduled.After(latest) {
			err = fmt.Errorf("scheduled at %s, more than a year ahead of the collector's clock", m.Scheduled.Format(time.RFC3339))
		}
		if err == nil {
			err = b.add(e, i, oldest)
		}
		if err != nil {
			b.refuse(i, err)
		}
	}
	return b
}

func (b *batch) add(e data.Event, index int, oldest time.Time) error {
	switch e := e.(type) {
	case *data.Measurement:
		if e.Scheduled.Before(oldest) {
			b.stats.Expired++
			return nil
		}
		if b.measurements == nil {
			b.measurements = make([]row, 0, 64)
		}
		r := newRow(e, index)
		if hasNUL(r.detail) {
			return errNUL(e)
		}
		b.measurements = append(b.measurements, r)
	case *data.Gap:
		if e.Last.Before(oldest) {
			b.stats.Expired++
			return nil
		}
		return b.addGap(e, index)
	case *data.Registration:
		return b.addRegistration(e, index)
	}
	return nil
}

func errNUL(e data.Event) error {
	return fmt.Errorf("%w: %s: a text has a NUL, which PostgreSQL cannot hold", data.ErrMalformed, e.Kind())
}

func (s *Store) write(ctx context.Context, b *batch) error {
	if len(b.measurements)+len(b.gaps)+len(b.registrations) == 0 {
		return nil
	}
	var c *pgxpool.Conn
	if err := s.answered(ctx, func(ctx context.Context) (err error) {
		c, err = s.pool.Acquire(ctx)
		return err
	}); err != nil {
		return err
	}
	defer c.Release()
	w := &writer{Store: s, conn: c.Conn(), batch: b}
	for _, step := range []func(context.Context) error{w.check, w.saveMeasurements, w.saveGaps, w.saveRegistrations} {
		if err := step(ctx); err != nil {
			if ofSession(err) {
				w.leave(ctx)
			}
			return err
		}
	}
	return nil
}

func (w *writer) check(ctx context.Context) error { return w.answered(ctx, w.verify) }

// leave has the pool make another connection in the place of this one.
func (w *writer) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, closeWithin)
	defer cancel()
	_ = w.conn.Close(ctx) // it is given up, whatever it says
}

// answered runs a step of Save, and ends the wait for a database that hangs. The
// driver then gives its connection up.
func (s *Store) answered(ctx context.Context, step func(context.Context) error) error {
	return patient(ctx, s.answerWithin, step)
}

// patient runs a step that may wait for the database for so long.
func patient(ctx context.Context, most time.Duration, step func(context.Context) error) error {
	within, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	err := step(within)
	if err != nil && ctx.Err() == nil && within.Err() != nil {
		// The driver's error is that of a context, and the caller's has not ended.
		return &Trouble{
			What:   fmt.Sprintf("the database did not answer within %g s", most.Seconds()),
			Remedy: "see whether its processes hang, its disk is slow, or a lock is held; it is tried again", Passes: true,
		}
	}
	return err
}

// A writer writes one batch over one connection.
type writer struct {
	*Store
	conn  *pgx.Conn
	batch *batch
}

// An indexed knows its place in what Save was given.
type indexed interface{ place() int }

// settle saves items, and bisects them round what the database will never take.
func settle[T indexed](ctx context.Context, w *writer, items []T, save func(context.Context, []T) error) error {
	if len(items) == 0 {
		return nil
	}
	err := w.withPartitions(ctx, func(ctx context.Context) error { return save(ctx, items) }, func() []time.Time { return days(items) })
	switch {
	case err == nil:
		return nil
	case classify(err) != poison:
		return err
	case len(items) == 1:
		w.batch.refuse(items[0].place(), err)
		return nil
	}
	half := len(items) / 2
	if err := settle(ctx, w, items[:half], save); err != nil {
		return err
	}
	return settle(ctx, w, items[half:], save)
}

// withPartitions calls save again when it lacked partitions, and makes them.
func (w *writer) withPartitions(ctx context.Context, save func(context.Context) error, days func() []time.Time) error {
	for tries := 0; ; tries++ {
		err := w.answered(ctx, save)
		if err == nil || classify(err) != noPartition || tries == 3 { // one that is dropped meanwhile is made again
			return err
		}
		for _, day := range days() {
			var made bool
			if err := w.answered(ctx, func(ctx context.Context) error {
				return w.conn.QueryRow(ctx, "select create_measurement_partition($1::date)", day).Scan(&made)
			}); err != nil {
				return fmt.Errorf("make the partition of %s: %w", day.Format(time.DateOnly), err)
			}
			if made {
				w.batch.stats.Partitions++
			}
		}
	}
}

// days lists the days of measurements, in order.
func days[T indexed](items []T) []time.Time {
	var all []time.Time
	for _, item := range items {
		if r, ok := any(item).(row); ok {
			all = append(all, r.m.Scheduled.UTC().Truncate(24*time.Hour))
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.Compact(all)
}
