package postgres

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

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
	for _, piece := range byDay(rows) {
		if err := settle(ctx, w, piece, w.insert); err != nil {
			return err
		}
	}
	return nil
}

// byDay cuts sorted rows such that none of the pieces spans more than two days: a
// statement locks the partitions of all days between its first and its last, and the
// server has not locks enough for those of many years.
func byDay(rows []row) [][]row {
	if len(rows) == 0 {
		return nil
	}
	if rows[len(rows)-1].day()-rows[0].day() <= 1 { // as nearly always: one statement will do
		return [][]row{rows}
	}
	var pieces [][]row
	start := 0
	for i := range rows {
		if rows[i].day() != rows[start].day() {
			pieces, start = append(pieces, rows[start:i]), i
		}
	}
	return append(pieces, rows[start:])
}

// day counts the days of UTC since 1970, when the first that is kept may be.
func (r *row) day() int64 { return (r.scheduled + epoch) / (24 * time.Hour).Microseconds() }

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

// copyRows inserts rows, of which none may be there. What tells of them goes before, in
// the same message and therefore in the same transaction.
func (w *writer) copyRows(ctx context.Context, rows []row) error {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	*buf = appendCopy((*buf)[:0], rows)
	_, err := w.conn.PgConn().CopyFrom(ctx, bytes.NewReader(*buf), string(w.markSQL(marksOf(rows), false))+copySQL)
	return err
}
