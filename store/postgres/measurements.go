package postgres

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/monitorink/monitorink/data"
)

func (r row) place() int { return r.index }

// resolve sets the numbers of series and profiles.
func (w *writer) resolve(ctx context.Context, rows []row) error {
	at := func(i int) pair { return pair{rows[i].m.Monitor, rows[i].m.Location} }
	if err := w.seriesOf(ctx, w.conn, len(rows), at, func(i int, id int32) { rows[i].series = id }); err != nil {
		return err
	}
	return w.profilesOf(ctx, w.conn, rows)
}

// saveMeasurements saves all rows of the batch but what it refuses.
func (w *writer) saveMeasurements(ctx context.Context) error {
	rows, err := w.storable(w.batch.measurements)
	if err != nil {
		return err
	}
	if err := settle(ctx, w, rows, w.resolve); err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r row) bool { return r.series == 0 || r.profile == 0 }) // refused
	slices.SortFunc(rows, func(a, b row) int { return compareKeys(&a, &b) })
	rows, double := unique(rows)
	w.batch.stats.Duplicates += int64(double)
	return settle(ctx, w, rows, w.insert)
}

// insert saves sorted rows with distinct keys, or none of them.
func (w *writer) insert(ctx context.Context, rows []row) error {
	if !w.joining.Load() {
		err := w.copyRows(ctx, rows)
		if err == nil {
			w.batch.stats.Copied++
			w.batch.stats.Rows += int64(len(rows))
			return nil
		}
		if classify(err) != duplicate {
			return err
		}
	}
	c, err := w.joinRows(ctx, rows)
	if err != nil {
		return err
	}
	w.joining.Store(c.inserted < len(rows))
	w.batch.stats.Joined++
	w.batch.stats.Rows += int64(c.inserted)
	w.batch.stats.Replaced += int64(c.replaced)
	w.batch.stats.Duplicates += int64(len(rows) - c.inserted - c.replaced)
	return nil
}

// storable makes the texts of profiles such that the database can hold them, and
// refuses the rows of which it never can. Profiles that are known can.
func (w *writer) storable(rows []row) ([]row, error) {
	var key []byte
	kept := rows[:0]
	for _, r := range rows {
		key = r.appendProfile(key[:0])
		if _, known := w.profiles.get(key); !known && slices.ContainsFunc(r.texts(), func(s string) bool { return !storable(s) }) {
			e, err := reread(r.m)
			if err != nil {
				return nil, err
			}
			m := e.(*data.Measurement)
			r = newRow(m, r.index)
			if slices.ContainsFunc(r.texts(), func(s string) bool { return !storable(s) }) {
				w.batch.refuse(r.index, errNUL(m))
				continue
			}
		}
		kept = append(kept, r)
	}
	return kept, nil
}

// unique keeps of each key of sorted rows the one that stays, and counts the others.
func unique(rows []row) ([]row, int) {
	if len(rows) == 0 {
		return nil, 0
	}
	kept := rows[:1]
	for _, r := range rows[1:] {
		last := &kept[len(kept)-1]
		if compareKeys(last, &r) != 0 {
			kept = append(kept, r)
		} else if data.Compare(r.m, last.m) < 0 {
			*last = r
		}
	}
	return kept, len(rows) - len(kept)
}

// buffers are what batches are encoded into.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

var copySQL = "copy measurement (" + names(columns, "", nil) + ") from stdin binary"

// copyRows inserts rows, of which none may be there.
func (w *writer) copyRows(ctx context.Context, rows []row) error {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	*buf = appendCopy((*buf)[:0], rows)
	_, err := w.conn.PgConn().CopyFrom(ctx, bytes.NewReader(*buf), copySQL)
	return err
}

// changed says what became of rows.
type changed struct{ inserted, replaced int }

// joinSQL inserts what is not there, and says how many that were, how many are
// there, and which of those differ from ours in such a way that ours may stay. It
// looks before it inserts, so that what is there is neither written nor locked.
// A limit in the lateral query has each row found by its key, whatever the planner
// knows of the table; the last two parameters leave it the days to look at.
var joinSQL = `with input as materialized (
		select ` + names(columns, "", func(c column) string { return c.cast }) + `, n from ` + unnest(columns) + `
	), seen as materialized (
		select i.*, m.series is not null as there,
			m.started > i.started or m.started = i.started
				and (` + names(columns[4:], "m.", nil) + `) is distinct from (` + names(columns[4:], "i.", nil) + `) as contest
		from input i left join lateral (
			select * from measurement m
			where m.series = i.series and m.scheduled = i.scheduled and m.attempt = i.attempt and m.scheduled between $20 and $21
			limit 1
		) m on true
	), fresh as (
		insert into measurement (` + names(columns, "", nil) + `)
		select ` + names(columns, "", nil) + ` from seen where not there order by series, scheduled, attempt
		on conflict do nothing returning 1
	)
	select (select count(*) from fresh)::int8, count(*) filter (where there), array_agg(n) filter (where there and contest) from seen`

// joinRows puts rows with distinct keys where they belong.
func (w *writer) joinRows(ctx context.Context, rows []row) (c changed, err error) {
	for tries := 0; ; tries++ {
		inserted, there, contested, err := w.insertMissing(ctx, rows)
		if err != nil {
			return c, err
		}
		c.inserted += inserted
		if inserted+there < len(rows) && tries < 10 {
			continue // others came between the look and the insertion: look again
		}
		if inserted+there < len(rows) {
			return c, fmt.Errorf("%d of %d rows were neither there nor new", len(rows)-inserted-there, len(rows))
		}
		if len(contested) == 0 {
			return c, nil
		}
		ours := make([]row, len(contested))
		for i, n := range contested {
			ours[i] = rows[n-1]
		}
		c.replaced, err = w.contest(ctx, ours)
		return c, err
	}
}

func (w *writer) insertMissing(ctx context.Context, rows []row) (inserted, there int, contested []int64, err error) {
	p := params{rows: rows}
	p.arrays(len(columns))
	defer p.free()
	p.days()
	result := p.query(ctx, w.conn, joinSQL).Read()
	if result.Err != nil {
		return 0, 0, nil, result.Err
	}
	if len(result.Rows) != 1 || len(result.Rows[0]) != 3 {
		return 0, 0, nil, fmt.Errorf("the join answered %d rows", len(result.Rows))
	}
	var a, b int64
	for i, to := range []any{&a, &b, &contested} {
		f := result.FieldDescriptions[i]
		if err := w.conn.TypeMap().Scan(f.DataTypeOID, f.Format, result.Rows[0][i], to); err != nil {
			return 0, 0, nil, err
		}
	}
	slices.Sort(contested)
	return int(a), int(b), contested, nil
}
