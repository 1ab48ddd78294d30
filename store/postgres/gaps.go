package postgres

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/data"
)

// A gapRow is a gap on its way into its table.
type gapRow struct {
	g      *data.Gap
	index  int
	series int32
}

func (r gapRow) place() int { return r.index }

func (b *batch) addGap(g *data.Gap, index int) error {
	e, err := reread(g)
	if err != nil {
		return err
	}
	g = e.(*data.Gap)
	if strings.IndexByte(g.Instance, 0) >= 0 || strings.IndexByte(g.Version, 0) >= 0 {
		return errNUL(g)
	}
	b.gaps = append(b.gaps, gapRow{g: g, index: index})
	return nil
}

// reread is e as it would be read again: its texts are UTF-8.
func reread(e data.Event) (data.Event, error) {
	b, err := data.Encode(e)
	if err != nil {
		return nil, err
	}
	return data.Decode(b)
}

func (r gapRow) compare(b gapRow) int {
	return cmp.Or(cmp.Compare(r.series, b.series), r.g.Last.Compare(b.g.Last), r.g.First.Compare(b.g.First), cmp.Compare(r.g.Reason, b.g.Reason))
}

func (w *writer) saveGaps(ctx context.Context) error {
	rows := w.batch.gaps
	if err := settle(ctx, w, rows, func(ctx context.Context, rows []gapRow) error {
		at := func(i int) pair { return pair{rows[i].g.Monitor, rows[i].g.Location} }
		return w.seriesOf(ctx, w.conn, len(rows), at, func(i int, id int32) { rows[i].series = id })
	}); err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r gapRow) bool { return r.series == 0 }) // refused
	slices.SortFunc(rows, func(a, b gapRow) int { return cmp.Or(a.compare(b), data.Compare(a.g, b.g)) })
	all := len(rows)
	rows = slices.CompactFunc(rows, func(a, b gapRow) bool { return a.compare(b) == 0 })
	w.batch.stats.Duplicates += int64(all - len(rows))
	return settle(ctx, w, rows, w.insertGaps)
}

const gapsSQL = ` from unnest($1::int4[], $2::timestamptz[], $3::timestamptz[], $4::int8[], $5::text[], $6::text[], $7::text[])
	with ordinality as t(series, last_at, first_at, slots, reason, instance, version, n)`

func gapArgs(rows []gapRow) []any {
	var series []int32
	var last, first []time.Time
	var slots []int64
	var reasons, instances, versions []string
	for _, r := range rows {
		series = append(series, r.series)
		last, first = append(last, r.g.Last), append(first, r.g.First)
		slots, reasons = append(slots, r.g.Slots), append(reasons, string(r.g.Reason))
		instances, versions = append(instances, r.g.Instance), append(versions, r.g.Version)
	}
	return []any{series, last, first, slots, reasons, instances, versions}
}

// insertGaps adds what is not there; of what is there and differs, the gap that
// stays is found out.
func (w *writer) insertGaps(ctx context.Context, rows []gapRow) error {
	var added, replaced int64
	err := w.together(ctx, func(tx pgx.Tx) (bool, error) {
		tag, err := tx.Exec(ctx, `insert into gap (series, last_at, first_at, slots, reason, instance, version)
			select series, last_at, first_at, slots, reason::gap_reason, instance, version`+gapsSQL+`
			where not exists (select from gap g where g.series = t.series and g.last_at = t.last_at and g.first_at = t.first_at and g.reason = t.reason::gap_reason)
			order by n on conflict do nothing`, gapArgs(rows)...)
		added = tag.RowsAffected()
		return added > 0, err
	}, func() []byte { return w.markSQL(gapMarks(rows), true) })
	if err != nil {
		return err
	}
	if added < int64(len(rows)) {
		if replaced, err = w.contestGaps(ctx, rows); err != nil {
			return err
		}
	}
	w.batch.stats.Rows += added
	w.batch.stats.Replaced += replaced
	w.batch.stats.Duplicates += int64(len(rows)) - added - replaced
	return nil
}

func (w *writer) contestGaps(ctx context.Context, rows []gapRow) (int64, error) {
	var ours []gapRow
	err := w.together(ctx, func(tx pgx.Tx) (bool, error) {
		found, err := tx.Query(ctx, `select t.n, g.slots, g.instance, g.version`+gapsSQL+`
			join gap g on g.series = t.series and g.last_at = t.last_at and g.first_at = t.first_at and g.reason = t.reason::gap_reason
			where (g.slots, g.instance, g.version) is distinct from (t.slots, t.instance, t.version)
			order by t.n for update of g`, gapArgs(rows)...)
		if err != nil {
			return false, err
		}
		var n int64
		var there data.Gap
		if _, err := pgx.ForEachRow(found, []any{&n, &there.Slots, &there.Instance, &there.Version}, func() error {
			r := rows[n-1]
			g := *r.g
			g.Slots, g.Instance, g.Version = there.Slots, there.Instance, there.Version
			if data.Compare(r.g, &g) < 0 {
				ours = append(ours, r)
			}
			return nil
		}); err != nil || len(ours) == 0 {
			return false, err
		}
		_, err = tx.Exec(ctx, `update gap g set slots = t.slots, instance = t.instance, version = t.version`+gapsSQL+`
			where g.series = t.series and g.last_at = t.last_at and g.first_at = t.first_at and g.reason = t.reason::gap_reason`, gapArgs(ours)...)
		return true, err
	}, func() []byte { return w.markSQL(gapMarks(ours), true) })
	return int64(len(ours)), err
}

func gapMarks(rows []gapRow) []mark {
	all := make([]mark, len(rows))
	for i, r := range rows {
		all[i] = mark{r.series, minuteOf(r.g.First), minuteOf(r.g.Last)}
	}
	return all
}
