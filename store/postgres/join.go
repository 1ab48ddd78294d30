package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// changed says what became of rows.
type changed struct{ inserted, replaced int }

// lookSQL reads what is there in the places of rows, and whether its detail is
// another. A limit in the lateral query has each row found by its key, whatever the
// planner knows of the table; the last two parameters leave it the days to look at.
var lookSQL = "select t.n, " + names(columns[keyColumns:detailColumn], "m.", nil) + ", m.detail is distinct from t.detail from " +
	unnest(append(slices.Clone(columns[:keyColumns]), columns[detailColumn])) + ` cross join lateral (
		select * from measurement m
		where m.series = t.series and m.scheduled = t.scheduled and m.attempt = t.attempt and m.scheduled between $5 and $6
		limit 1
	) m`

var insertSQL = "insert into measurement (" + names(columns, "", nil) + ") select " +
	names(columns, "", func(c column) string { return c.cast }) + " from " + unnest(columns) + " order by n on conflict do nothing"

// joinRows puts rows with distinct keys where they belong. It looks before it
// writes, so that what is there and stays is neither written nor locked.
func (w *writer) joinRows(ctx context.Context, rows []row) (c changed, err error) {
	all := rows
	var contested []row
	for tries := 0; len(rows) > 0; tries++ {
		missing, ours, err := w.look(ctx, rows)
		if err != nil {
			return c, err
		}
		contested = append(contested, ours...)
		if rows = missing; len(rows) == 0 {
			break
		}
		// Others may insert between the look and the copy. Then another look
		// tells; who keeps losing that race takes the slower way.
		if tries < 2 {
			if err := w.copyRows(ctx, rows); err == nil {
				c.inserted += len(rows)
				break
			} else if classify(err) != duplicate {
				return c, err
			}
			continue
		}
		n, err := w.insertRows(ctx, rows)
		c.inserted += n
		if err != nil {
			return c, err
		}
		if n == len(rows) {
			break
		}
		if tries == 10 {
			return c, fmt.Errorf("%d of %d rows are neither there nor new", len(rows)-n, len(all))
		}
	}
	if len(contested) > 0 {
		slices.SortFunc(contested, func(a, b row) int { return compareKeys(&a, &b) })
		c.replaced, err = w.contest(ctx, contested)
	}
	return c, err
}

func (w *writer) insertRows(ctx context.Context, rows []row) (n int, err error) {
	p := params{rows: rows}
	p.arrays(len(columns))
	defer p.free()
	err = w.together(ctx, func(pgx.Tx) (bool, error) {
		result := p.query(ctx, w.conn, insertSQL).Read()
		n = int(result.CommandTag.RowsAffected())
		return n > 0, result.Err
	}, func() []byte { return w.markSQL(marksOf(rows), false) })
	return n, err
}

// look returns which rows are not there, and which may stay in the place of those
// that are.
func (w *writer) look(ctx context.Context, rows []row) (missing, contested []row, err error) {
	p := params{rows: rows}
	p.arrays(keyColumns)
	defer p.free()
	p.add(columns[detailColumn].array, appendArray(*p.buf, rows, detailColumn))
	p.days()
	there := make([]bool, len(rows))
	var field []byte
	result := p.query(ctx, w.conn, lookSQL)
	for result.NextRow() {
		values := result.Values()
		if len(values) != 2+detailColumn-keyColumns || len(values[0]) != 8 {
			return nil, nil, fmt.Errorf("a look has %d columns", len(values))
		}
		n := binary.BigEndian.Uint64(values[0]) - 1
		there[n] = true
		var stays bool
		if stays, field = mayStay(&rows[n], values[1:], field); stays {
			contested = append(contested, rows[n])
		}
	}
	if _, err := result.Close(); err != nil {
		return nil, nil, err
	}
	for i := range rows {
		if !there[i] {
			missing = append(missing, rows[i])
		}
	}
	return missing, contested, nil
}

// mayStay holds r against the fields of the row that is there, which have the same
// bytes when they are equal; the last says whether details differ.
func mayStay(r *row, there [][]byte, scratch []byte) (bool, []byte) {
	last := len(there) - 1
	started := int64(binary.BigEndian.Uint64(there[0]))
	if started != r.started {
		return r.started < started, scratch
	}
	if there[last][0] != 0 {
		return true, scratch
	}
	for i, f := range there[1:last] {
		scratch = r.appendField(scratch[:0], keyColumns+1+i)
		if null := int32(binary.BigEndian.Uint32(scratch)) == -1; null != (f == nil) || !bytes.Equal(scratch[4:], f) {
			return true, scratch
		}
	}
	return false, scratch
}
