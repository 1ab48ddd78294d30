package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// A stretch is a range of one series.
type stretch struct {
	series   int32
	from, to time.Time
}

// rawQuery reads what rollups need of measurements: the range $4 to $5 spans all
// stretches, so that no other day is planned for.
const rawQuery = `
select x.i, m.scheduled, m.attempt, m.error::text, m.dns_us, m.connect_us, m.tls_us, m.request_us, m.first_byte_us, m.transfer_us, m.total_us,
  case when m.detail ? 'event' then m.detail -> 'event' end
from unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) with ordinality as x (id, lo, hi, i)
cross join lateral (
  select * from measurement m
  where m.series = x.id and m.scheduled >= x.lo and m.scheduled < x.hi and m.scheduled >= $4 and m.scheduled < $5
  order by m.scheduled, m.attempt
) m`

const stretchGapsQuery = `
select x.i, g.first_at, g.last_at, g.slots, g.reason::text, g.instance, g.version
from unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) with ordinality as x (id, lo, hi, i)
cross join lateral (
  select * from gap g where g.series = x.id and g.last_at >= x.lo and g.first_at < x.hi
) g`

// A raw is what is known of a stretch: its measurements in order, as far as rollups
// go, and the gaps that overlap it.
type raw struct {
	measurements []*data.Measurement
	gaps         []*data.Gap
}

// readRaw reads stretches; those of one call span few days.
func readRaw(ctx context.Context, tx pgx.Tx, stretches []stretch) ([]raw, error) {
	all, err := readGaps(ctx, tx, stretches)
	if err != nil || len(stretches) == 0 {
		return all, err
	}
	series, lo, hi := columnsOf(stretches)
	from, to := lo[0], hi[0]
	for i := range stretches {
		if lo[i].Before(from) {
			from = lo[i]
		}
		if hi[i].After(to) {
			to = hi[i]
		}
	}
	rows, err := tx.Query(ctx, rawQuery, series, lo, hi, from, to)
	if err != nil {
		return nil, err
	}
	var i int64
	var m slim
	_, err = pgx.ForEachRow(rows, append([]any{&i}, m.fields()...), func() error {
		e, err := m.measurement()
		all[i-1].measurements = append(all[i-1].measurements, e)
		return err
	})
	return all, err
}

// readGaps reads the gaps of stretches, and no measurements.
func readGaps(ctx context.Context, tx pgx.Tx, stretches []stretch) ([]raw, error) {
	all := make([]raw, len(stretches))
	if len(stretches) == 0 {
		return all, nil
	}
	series, lo, hi := columnsOf(stretches)
	rows, err := tx.Query(ctx, stretchGapsQuery, series, lo, hi)
	if err != nil {
		return nil, err
	}
	var i int64
	var g data.Gap
	var reason string
	_, err = pgx.ForEachRow(rows, []any{&i, &g.First, &g.Last, &g.Slots, &reason, &g.Instance, &g.Version}, func() error {
		one := g
		one.First, one.Last, one.Reason = g.First.UTC(), g.Last.UTC(), data.Reason(reason)
		all[i-1].gaps = append(all[i-1].gaps, &one)
		return nil
	})
	return all, err
}

func columnsOf(stretches []stretch) (series []int32, lo, hi []time.Time) {
	for _, s := range stretches {
		series, lo, hi = append(series, s.series), append(lo, s.from), append(hi, s.to)
	}
	return series, lo, hi
}

// A slim is a measurement as far as rollups go.
type slim struct {
	scheduled time.Time
	attempt   int
	kind      *string
	phases    [7]*int32
	event     []byte
}

func (s *slim) fields() []any {
	return []any{
		&s.scheduled, &s.attempt, &s.kind, &s.phases[0], &s.phases[1], &s.phases[2], &s.phases[3], &s.phases[4], &s.phases[5], &s.phases[6], &s.event,
	}
}

func (s *slim) measurement() (*data.Measurement, error) {
	if s.event != nil {
		return whole(s.event)
	}
	m := &data.Measurement{Scheduled: s.scheduled.UTC(), Attempt: s.attempt, State: data.Up}
	if s.kind != nil {
		m.State, m.Error = data.Down, &data.Error{Kind: data.ErrorKind(*s.kind)}
	}
	p := &m.Phases
	for i, to := range [...]*data.Span{&p.DNS, &p.Connect, &p.TLS, &p.Request, &p.FirstByte, &p.Transfer, &p.Total} {
		if v := s.phases[i]; v != nil {
			*to = data.Span(*v) + 1
		}
	}
	return m, nil
}

// fill puts between the buckets of a tier, which are oldest first, those that gaps
// alone make: where nothing was measured there is no row.
func fill(buckets []store.Bucket, gaps []*data.Gap, f store.Frame) []store.Bucket {
	if len(gaps) == 0 {
		return buckets
	}
	var all []store.Bucket
	hole := func(from, to time.Time) {
		if from.Before(to) {
			all = append(all, store.Rollup(nil, gaps, store.Frame{From: from, To: to, Step: f.Step, Plain: f.Plain})...)
		}
	}
	at := f.From
	for _, b := range buckets {
		hole(at, b.From)
		all, at = append(all, b), b.From.Add(f.Step)
	}
	hole(at, f.To)
	return all
}
