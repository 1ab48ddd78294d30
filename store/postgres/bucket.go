package postgres

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/store"
)

// A slot is a bucket's place: of a series, from an instant on.
type slot struct {
	series int32
	from   int64 // seconds since 1970
}

func slotOf(series int32, from time.Time) slot { return slot{series, from.Unix()} }

func (s slot) at() time.Time { return time.Unix(s.from, 0).UTC() }

// compareSlots orders by series, and then by time.
func compareSlots(a, b slot) int {
	switch {
	case a.series != b.series:
		return int(a.series) - int(b.series)
	case a.from < b.from:
		return -1
	case a.from > b.from:
		return 1
	}
	return 0
}

// plainColumns are what a strip needs; bucketColumns are all.
const (
	plainColumns  = `b.series, b.from_at, b.up, b.down, b.total_count, b.total_min_us, b.total_max_us, b.total_sum_us, b.gaps, b.errors`
	bucketColumns = plainColumns + `, b.total, b.phases`
)

// scanBucket reads plainColumns or, unless plain, bucketColumns, and into more what
// follows them.
func scanBucket(row pgx.CollectableRow, plain bool, more ...any) (b store.Bucket, err error) {
	var series int32
	var least, most, sum int64
	var gaps, errs, total, phases []byte
	to := []any{&series, &b.From, &b.Up, &b.Down, &b.Total.Count, &least, &most, &sum, &gaps, &errs, &total, &phases}
	if plain {
		to = to[:len(to)-2]
	}
	if err := row.Scan(append(to, more...)...); err != nil {
		return b, err
	}
	b.From = b.From.UTC()
	b.Total.Min, b.Total.Max, b.Total.Sum = micros(least), micros(most), micros(sum)
	if gaps != nil {
		err = json.Unmarshal(gaps, &b.Gaps)
	}
	if errs != nil && err == nil {
		err = json.Unmarshal(errs, &b.Errors)
	}
	if err == nil && !plain {
		if err = b.Total.Histogram.UnmarshalBinary(total); err == nil {
			err = readPhases(&b, phases)
		}
	}
	if err != nil {
		return b, fmt.Errorf("the bucket of series %d from %s on: %w", series, b.From.Format(time.RFC3339), err)
	}
	return b, nil
}

func micros(us int64) time.Duration { return time.Duration(us) * time.Microsecond }

// appendPhases appends for each phase the length of what follows, and then its four
// figures and its histogram; a phase that was never measured has a length of 0.
func appendPhases(b []byte, of *store.Bucket) []byte {
	var scratch []byte
	for i := range of.Phases {
		p := &of.Phases[i]
		scratch = scratch[:0]
		if p.Count > 0 {
			for _, n := range [...]int64{p.Count, p.Min.Microseconds(), p.Max.Microseconds(), p.Sum.Microseconds()} {
				scratch = binary.AppendUvarint(scratch, uint64(n))
			}
			scratch, _ = p.Histogram.AppendBinary(scratch) // it returns no error
		}
		b = append(binary.AppendUvarint(b, uint64(len(scratch))), scratch...)
	}
	return b
}

// readPhases reads what appendPhases wrote; phases that this version does not know
// are left out.
func readPhases(of *store.Bucket, b []byte) error {
	for i := 0; i < len(of.Phases) && len(b) > 0; i++ {
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)-n) {
			return fmt.Errorf("its phase %d is cut short", i)
		}
		form := b[n : n+int(length)]
		if b = b[n+int(length):]; len(form) == 0 {
			continue
		}
		p := &of.Phases[i]
		var figures [4]int64
		for j := range figures {
			v, n := binary.Uvarint(form)
			if n <= 0 {
				return fmt.Errorf("its phase %d is cut short", i)
			}
			figures[j], form = int64(v), form[n:]
		}
		p.Count, p.Min, p.Max, p.Sum = figures[0], micros(figures[1]), micros(figures[2]), micros(figures[3])
		if err := p.Histogram.UnmarshalBinary(form); err != nil {
			return err
		}
	}
	return nil
}

// readBuckets reads the rows of a tier in each stretch, oldest first.
func readBuckets(ctx context.Context, tx pgx.Tx, tier time.Duration, stretches []stretch, plain bool) ([][]store.Bucket, error) {
	lists := make([][]store.Bucket, len(stretches))
	if len(stretches) == 0 {
		return lists, nil
	}
	columns := bucketColumns
	if plain {
		columns = plainColumns
	}
	series, lo, hi := columnsOf(stretches)
	from, to := lo[0], hi[0]
	for i := range lo {
		from, to = earlier(from, lo[i]), later(to, hi[i])
	}
	rows, err := tx.Query(ctx, `select `+columns+`, x.i from unnest($1::int4[], $2::timestamptz[], $3::timestamptz[]) with ordinality as x (id, lo, hi, i)
		cross join lateral (
			select * from rollup_`+tierName(tier)+` b
			where b.series = x.id and b.from_at >= x.lo and b.from_at < x.hi and b.from_at >= $4 and b.from_at < $5
			order by b.from_at
		) b`, series, lo, hi, from, to)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var i int64
		b, err := scanBucket(rows, plain, &i)
		if err != nil {
			return nil, err
		}
		lists[i-1] = append(lists[i-1], b)
	}
	return lists, rows.Err()
}

// tierName is what the tables and functions call a tier.
func tierName(tier time.Duration) string {
	switch tier {
	case store.Minute:
		return "minute"
	case store.Hour:
		return "hour"
	}
	return "day"
}

// A rolled is a bucket on its way into its table.
type rolled struct {
	series int32
	store.Bucket
}

// writeSQL keeps what is there when it counts more: slots that were measured do not
// become fewer, only rows that tell of them do. %s is the tier's name.
const writeSQL = `insert into rollup_%s as r (series, from_at, up, down, total_count, total_min_us, total_max_us, total_sum_us, gaps, errors, total, phases)
	select series, from_at, up, down, total_count, total_min_us, total_max_us, total_sum_us, gaps::jsonb, errors::jsonb, total, phases
	from unnest($1::int4[], $2::timestamptz[], $3::int4[], $4::int4[], $5::int4[], $6::int8[], $7::int8[], $8::int8[], $9::text[], $10::text[], $11::bytea[], $12::bytea[])
		as t(series, from_at, up, down, total_count, total_min_us, total_max_us, total_sum_us, gaps, errors, total, phases)
	on conflict (series, from_at) do update set (up, down, total_count, total_min_us, total_max_us, total_sum_us, gaps, errors, total, phases) =
		(excluded.up, excluded.down, excluded.total_count, excluded.total_min_us, excluded.total_max_us, excluded.total_sum_us, excluded.gaps, excluded.errors, excluded.total, excluded.phases)
	where excluded.up + excluded.down >= r.up + r.down`

// writeArgs are the parameters of writeSQL.
func writeArgs(buckets []rolled) []any {
	n := len(buckets)
	series, from := make([]int32, n), make([]time.Time, n)
	up, down, count := make([]int32, n), make([]int32, n), make([]int32, n)
	least, most, sum := make([]int64, n), make([]int64, n), make([]int64, n)
	gaps, errs := make([]*string, n), make([]*string, n)
	totals, phases := make([][]byte, n), make([][]byte, n)
	for i := range buckets {
		b := &buckets[i]
		series[i], from[i] = b.series, b.From
		up[i], down[i], count[i] = int32(b.Up), int32(b.Down), int32(b.Total.Count)
		least[i], most[i], sum[i] = b.Total.Min.Microseconds(), b.Total.Max.Microseconds(), b.Total.Sum.Microseconds()
		gaps[i], errs[i] = countsJSON(b.Gaps), countsJSON(b.Errors)
		totals[i], _ = b.Total.Histogram.AppendBinary([]byte{}) // it returns no error
		phases[i] = appendPhases([]byte{}, &b.Bucket)
	}
	return []any{series, from, up, down, count, least, most, sum, gaps, errs, totals, phases}
}

// countsJSON is nil for what counts nothing.
func countsJSON[K ~string](m map[K]int64) *string {
	if len(m) == 0 {
		return nil
	}
	b, err := json.Marshal(m)
	if err != nil { // it holds texts and numbers
		panic(err)
	}
	s := string(b)
	return &s
}
