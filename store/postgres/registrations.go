package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/data"
)

// A registrationRow is a registration on its way into its table.
type registrationRow struct {
	r      *data.Registration
	index  int
	series int32
	event  string
}

func (r registrationRow) place() int { return r.index }

func (b *batch) addRegistration(r *data.Registration, index int) error {
	event, err := data.Encode(r)
	if err != nil {
		return err
	}
	if hasNUL(event) { // the column could hold it as it is written, but its view could not read it
		return errNUL(r)
	}
	b.registrations = append(b.registrations, registrationRow{r: r, index: index, event: string(event)})
	return nil
}

func (r registrationRow) compare(b registrationRow) int {
	return cmp.Or(cmp.Compare(r.series, b.series), r.r.From.Compare(b.r.From))
}

func (w *writer) saveRegistrations(ctx context.Context) error {
	rows := w.batch.registrations
	if err := settle(ctx, w, rows, func(ctx context.Context, rows []registrationRow) error {
		at := func(i int) pair { return pair{rows[i].r.Monitor, rows[i].r.Location} }
		return w.seriesOf(ctx, w.conn, len(rows), at, func(i int, id int32) { rows[i].series = id })
	}); err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r registrationRow) bool { return r.series == 0 }) // refused
	slices.SortFunc(rows, func(a, b registrationRow) int { return cmp.Or(a.compare(b), cmp.Compare(a.event, b.event)) })
	all := len(rows)
	rows = slices.CompactFunc(rows, func(a, b registrationRow) bool { return a.compare(b) == 0 })
	w.batch.stats.Duplicates += int64(all - len(rows))
	return settle(ctx, w, rows, w.insertRegistrations)
}

// insertRegistrations keeps the smaller of two events, by their bytes. What is
// there and stays is neither written nor locked.
func (w *writer) insertRegistrations(ctx context.Context, rows []registrationRow) error {
	var series []int32
	var from []time.Time
	var events []string
	for _, r := range rows {
		series, from, events = append(series, r.series), append(from, r.r.From), append(events, r.event)
	}
	var wrote int64
	err := w.together(ctx, func(tx pgx.Tx) (bool, error) {
		tag, err := tx.Exec(ctx, `insert into registration as old (series, from_at, event)
			select series, from_at, event from unnest($1::int4[], $2::timestamptz[], $3::text[]) with ordinality as t(series, from_at, event, n)
			where not exists (select from registration r where r.series = t.series and r.from_at = t.from_at and r.event <= t.event collate "C")
			order by n on conflict (series, from_at) do update set event = excluded.event where excluded.event < old.event`, series, from, events)
		wrote = tag.RowsAffected()
		return wrote > 0, err
	}, func() []byte {
		marks := make([]mark, len(rows))
		for i, r := range rows {
			marks[i].series = r.series
		}
		return appendChange(nil, marks)
	})
	if err != nil {
		return err
	}
	w.batch.stats.Rows += wrote
	w.batch.stats.Duplicates += int64(len(rows)) - wrote
	return nil
}
