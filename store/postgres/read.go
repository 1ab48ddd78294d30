package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// beginReading begins what a method of store.Reader sees: one snapshot for all
// its queries, none of which may go on for long. Every query has an index; the
// planner, who guesses how much a day holds of a monitor, is kept from reading
// whole days for fear of it, and from compiling plans that take a millisecond.
const beginReading = `begin transaction isolation level repeatable read read only; ` +
	`set local statement_timeout = '20s'; set local idle_in_transaction_session_timeout = '` + idleMost + `'; set local jit = off; set local enable_seqscan = off; set local enable_bitmapscan = off`

// read calls ask within one snapshot of the database. Half of the connections are
// left to those who save and roll up, however many ask. The context of ask ends sooner
// than ctx where the database does not answer.
func (s *Store) read(ctx context.Context, what string, ask func(context.Context, pgx.Tx) error) error {
	err := patient(ctx, s.tellWithin, func(within context.Context) error {
		select {
		case s.readers <- struct{}{}:
			defer func() { <-s.readers }()
		case <-within.Done():
			return within.Err()
		}
		return pgx.BeginTxFunc(within, s.pool, pgx.TxOptions{BeginQuery: beginReading}, func(tx pgx.Tx) error { return ask(within, tx) })
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil: // whatever the driver made of it
		return fmt.Errorf("%s: %w", what, ctx.Err())
	}
	return fmt.Errorf("%s: %w", what, Diagnose(err))
}

// streams returns those of a monitor that q asks for; none only when the monitor
// is known, and not at that location.
func streams(ctx context.Context, tx pgx.Tx, q store.Query) (ids []int32, locations []string, err error) {
	if data.CheckID(q.Monitor) != nil { // the database would refuse some of these
		return nil, nil, fmt.Errorf("%q: %w", q.Monitor, store.ErrUnknown)
	}
	rows, err := tx.Query(ctx, `select id, location from series where monitor = $1 order by location`, q.Monitor)
	if err != nil {
		return nil, nil, err
	}
	var id int32
	var location string
	found, err := pgx.ForEachRow(rows, []any{&id, &location}, func() error {
		if q.Location == "" || q.Location == location {
			ids, locations = append(ids, id), append(locations, location)
		}
		return nil
	})
	if err == nil && found.RowsAffected() == 0 {
		err = fmt.Errorf("%q: %w", q.Monitor, store.ErrUnknown)
	}
	return ids, locations, err
}

// turn cuts a page from items, of which there is one more than its limit when
// another page follows; at is an item's place.
func turn[E any](items []E, limit int, at func(E) place) store.Page[E] {
	if len(items) <= limit {
		return store.Page[E]{Items: items}
	}
	items = items[:limit]
	return store.Page[E]{Items: items, Next: at(items[limit-1]).encode()}
}

// gapColumns are those that scanGap reads, of gap g and series s.
const gapColumns = `s.monitor, s.location, g.instance, g.version, g.first_at, g.last_at, g.slots, g.reason::text`

// scanGap reads gapColumns, and into more what follows them.
func scanGap(row pgx.CollectableRow, more ...any) (*data.Gap, error) {
	g, reason := &data.Gap{}, ""
	err := row.Scan(append([]any{&g.Monitor, &g.Location, &g.Instance, &g.Version, &g.First, &g.Last, &g.Slots, &reason}, more...)...)
	g.First, g.Last, g.Reason = g.First.UTC(), g.Last.UTC(), data.Reason(reason)
	return g, err
}

// scanRegistration reads registration.event, and into more what follows it.
func scanRegistration(row pgx.CollectableRow, more ...any) (*data.Registration, error) {
	var event []byte
	if err := row.Scan(append([]any{&event}, more...)...); err != nil {
		return nil, err
	}
	e, err := data.Decode(event)
	if err != nil {
		return nil, fmt.Errorf("a row of registration: %w", err)
	}
	r, ok := e.(*data.Registration)
	if !ok {
		return nil, fmt.Errorf("a row of registration holds a %s", e.Kind())
	}
	return r, nil
}
