package web

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// A column of CSV. Columns are only ever added, at the end; an empty cell was not
// measured.
type column[T any] struct {
	name string
	cell func(T) string
}

// text is a cell of what others have written. A spreadsheet would take some of it for
// a formula, and run it: an apostrophe keeps it from that.
func text(s string) string {
	if first, _ := utf8.DecodeRuneInString(s); s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + s
	}
	return s
}

func number[N int | int64](n N) string { return strconv.FormatInt(int64(n), 10) }

func micros(d time.Duration) string { return number(d.Microseconds()) }

func span(s data.Span) string {
	if !s.Measured() {
		return ""
	}
	return micros(s.D())
}

// instantOf is empty for the zero instant.
func instantOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}

// orZero is what p points to, if anything.
func orZero[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func measurementColumns() []column[*data.Measurement] {
	type M = *data.Measurement
	answered := func(m M, n int64) string { // empty without an answer, or where it was not read
		if m.HTTP == nil || n < 0 {
			return ""
		}
		return number(n)
	}
	columns := []column[M]{
		{"monitor", func(m M) string { return text(m.Monitor) }},
		{"location", func(m M) string { return text(m.Location) }},
		{"scheduled_at", func(m M) string { return scheduled(m.Scheduled) }},
		{"attempt", func(m M) string { return number(m.Attempt) }},
		{"state", func(m M) string { return string(m.State) }},
		{"started_at", func(m M) string { return m.Started.UTC().Format("2006-01-02T15:04:05.000000Z") }},
		{"late_us", func(m M) string { return micros(m.Late) }},
		{"degraded_us", func(m M) string { return micros(m.Degraded) }},
		{"method", func(m M) string { return text(m.Method) }},
		{"url", func(m M) string { return text(m.URL) }},
		{"status", func(m M) string { return answered(m, int64(orZero(m.HTTP).Status)) }},
		{"protocol", func(m M) string { return text(orZero(m.HTTP).Protocol) }},
		{"remote", func(m M) string { return text(orZero(m.HTTP).Remote) }},
		{"redirects", func(m M) string { return answered(m, int64(orZero(m.HTTP).Redirects)) }},
		{"body_bytes", func(m M) string { return answered(m, orZero(m.HTTP).BodyBytes) }},
		{"tls_version", func(m M) string { return text(orZero(m.TLS).Version) }},
		{"tls_expires_at", func(m M) string { return instantOf(orZero(m.TLS).Expires) }},
	}
	for i, name := range data.PhaseNames {
		columns = append(columns, column[M]{name + "_us", func(m M) string { return span(m.Phases.List()[i]) }})
	}
	return append(columns,
		column[M]{"total_us", func(m M) string { return span(m.Phases.Total) }},
		column[M]{"error_kind", func(m M) string { return string(orZero(m.Error).Kind) }},
		column[M]{"error_phase", func(m M) string { return text(orZero(m.Error).Phase) }},
		column[M]{"error_message", func(m M) string { return text(orZero(m.Error).Message) }},
		column[M]{"trace", func(m M) string { return text(m.Trace) }},
		column[M]{"instance", func(m M) string { return text(m.Instance) }},
		column[M]{"version", func(m M) string { return text(m.Version) }},
	)
}

func gapColumns() []column[*data.Gap] {
	type G = *data.Gap
	return []column[G]{
		{"monitor", func(g G) string { return text(g.Monitor) }},
		{"location", func(g G) string { return text(g.Location) }},
		{"first_at", func(g G) string { return scheduled(g.First) }},
		{"last_at", func(g G) string { return scheduled(g.Last) }},
		{"slots", func(g G) string { return number(g.Slots) }},
		{"reason", func(g G) string { return string(g.Reason) }},
		{"instance", func(g G) string { return text(g.Instance) }},
		{"version", func(g G) string { return text(g.Version) }},
	}
}

// seriesColumns are those of the buckets of what q asks for.
func seriesColumns(q *query) []column[*store.Bucket] {
	type B = *store.Bucket
	columns := []column[B]{
		{"monitor", func(B) string { return text(q.Monitor) }},
		{"location", func(B) string { return text(q.Location) }},
		{"from", func(b B) string { return stamp(b.From) }},
		{"step_us", func(B) string { return micros(q.step) }},
		{"up", func(b B) string { return number(b.Up) }},
		{"down", func(b B) string { return number(b.Down) }},
		{"missed", func(b B) string { return number(b.Missed()) }},
	}
	for _, reason := range data.Reasons() {
		columns = append(columns, column[B]{string(reason), func(b B) string { return number(b.Gaps[reason]) }})
	}
	columns = append(columns, column[B]{"errors", func(b B) string { return counts(b.Errors) }})
	columns = append(columns, latencyColumns("total", func(b B) *store.Latency { return &b.Total })...)
	for i, name := range data.PhaseNames {
		columns = append(columns, latencyColumns(name, func(b B) *store.Latency { return &b.Phases[i] })...)
	}
	return columns
}

// latencyColumns are those of one of a bucket's latencies, empty when it counts nothing.
func latencyColumns(name string, of func(*store.Bucket) *store.Latency) (columns []column[*store.Bucket]) {
	for _, figure := range []struct {
		name string
		of   func(*latency) int64
	}{
		{"count", func(l *latency) int64 { return l.Count }},
		{"min_us", func(l *latency) int64 { return l.Min }},
		{"mean_us", func(l *latency) int64 { return l.Mean }},
		{"max_us", func(l *latency) int64 { return l.Max }},
		{"p50_us", func(l *latency) int64 { return l.P50 }},
		{"p95_us", func(l *latency) int64 { return l.P95 }},
		{"p99_us", func(l *latency) int64 { return l.P99 }},
	} {
		columns = append(columns, column[*store.Bucket]{name + "_" + figure.name, func(b *store.Bucket) string {
			if l := latencyOf(of(b)); l != nil {
				return number(figure.of(l))
			}
			return ""
		}})
	}
	return columns
}

// counts are such as "dns=2 timeout=1".
func counts(of map[data.ErrorKind]int64) string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(of)) {
		parts = append(parts, fmt.Sprintf("%s=%d", kind, of[kind]))
	}
	return strings.Join(parts, " ")
}
