package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/data"
)

const theirs = ` join measurement m
	on m.series = t.series and m.scheduled = t.scheduled and m.attempt = t.attempt and m.scheduled between $4 and $5 `

// lockSQL locks rows that are there, in the order of their keys; readSQL then reads
// them as they are. (One statement would drop a row whose profile another writer
// changes while it waits for the lock.)
var (
	lockSQL = "select from " + unnest(columns[:keyColumns]) + theirs + "order by m.series, m.scheduled, m.attempt for update of m"
	readSQL = "select " + measurementColumns + ", t.n from " + unnest(columns[:keyColumns]) + theirs +
		"join series s on s.id = m.series join profile p on p.id = m.profile"
)

var replaceSQL = "update measurement m set (" + names(columns[keyColumns:], "", nil) + ") = (" +
	names(columns[keyColumns:], "t.", func(c column) string { return c.cast }) + ") from " + unnest(columns) + `
	where m.series = t.series and m.scheduled = t.scheduled and m.attempt = t.attempt and m.scheduled between $20 and $21`

// contest compares rows with those that are there, and puts the ones that stay in
// their place. It is rare, and takes the time it needs.
func (w *writer) contest(ctx context.Context, rows []row) (replaced int, err error) {
	tx, err := w.conn.BeginTx(ctx, pgx.TxOptions{BeginQuery: beginWriting})
	if err != nil {
		return 0, err
	}
	defer tx.Rollback(ctx) // of no effect after a commit; one that cannot be ends the connection
	// Each row is found by its key, whatever the planner knows of the table.
	if _, err := tx.Exec(ctx, "set local enable_hashjoin = off; set local enable_mergejoin = off", pgx.QueryExecModeSimpleProtocol); err != nil {
		return 0, err
	}
	there, err := w.lock(ctx, rows)
	if err != nil {
		return 0, err
	}
	var ours []row
	for i := range rows {
		if there[i] == nil {
			return 0, fmt.Errorf("the row of %s at %s, %v went meanwhile", rows[i].m.Monitor, rows[i].m.Location, rows[i].m.Scheduled)
		}
		if data.Compare(rows[i].m, there[i]) < 0 {
			ours = append(ours, rows[i])
		}
	}
	if len(ours) == 0 {
		return 0, tx.Commit(ctx)
	}
	p := params{rows: ours}
	p.arrays(len(columns))
	defer p.free()
	p.days()
	result := p.query(ctx, w.conn, replaceSQL).Read()
	if result.Err != nil {
		return 0, result.Err
	}
	if n := result.CommandTag.RowsAffected(); n != int64(len(ours)) {
		return 0, fmt.Errorf("replaced %d rows of %d", n, len(ours))
	}
	if _, err := tx.Exec(ctx, string(w.markSQL(marksOf(ours), false)), pgx.QueryExecModeSimpleProtocol); err != nil {
		return 0, err
	}
	return len(ours), tx.Commit(ctx)
}

// lock locks and reads the measurements in the places of rows.
func (w *writer) lock(ctx context.Context, rows []row) ([]*data.Measurement, error) {
	p := params{rows: rows}
	p.arrays(keyColumns)
	defer p.free()
	p.days()
	there := make([]*data.Measurement, len(rows))
	if locked := p.query(ctx, w.conn, lockSQL).Read(); locked.Err != nil {
		return nil, locked.Err
	}
	reader := p.query(ctx, w.conn, readSQL)
	result := pgx.RowsFromResultReader(w.conn.TypeMap(), reader)
	defer result.Close()
	for result.Next() {
		var n int64
		m, err := scanMeasurement(result, &n)
		if err != nil {
			return nil, err
		}
		there[n-1] = m
	}
	return there, result.Err()
}
