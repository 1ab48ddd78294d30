package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/bench/internal/rig"
)

// prepare makes the days that the load needs, so that neither side has to.
func prepare(ctx context.Context, db *pgx.Conn, l rig.Load) error {
	last := l.From.Add(time.Duration(l.Slots) * l.Every)
	for day := l.From; !day.After(last); day = day.Add(24 * time.Hour) {
		if _, err := db.Exec(ctx, "select create_measurement_partition($1::date)", day); err != nil {
			return fmt.Errorf("make the partition of %s: %w", day.Format(time.DateOnly), err)
		}
	}
	return nil
}

// rowsOf counts what another connection sees.
func rowsOf(db *pgx.Conn) func(context.Context) (int64, error) {
	return func(ctx context.Context) (n int64, err error) {
		err = db.QueryRow(ctx, "select count(*) from measurement").Scan(&n)
		return n, err
	}
}

// checksum is over every row in order, with the transaction that wrote it.
func checksum(ctx context.Context, db *pgx.Conn) (string, error) {
	var rows, series int64
	var sum string
	err := db.QueryRow(ctx, `select count(*), (select count(*) from series),
		md5(string_agg(md5(m::text || ' ' || m.xmin::text), '' order by series, scheduled, attempt)) from measurement m`).Scan(&rows, &series, &sum)
	return fmt.Sprintf("%d rows of %d series, %s", rows, series, sum), err
}
