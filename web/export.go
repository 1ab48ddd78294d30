package web

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// exportMedia are the media types of the forms that an export can have.
var exportMedia = map[string]string{"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8; header=present"}

var (
	paramKind = choice("kind", "What is exported.", []string{"measurements", "gaps", "series"},
		func(q *query) *string { return &q.kind })
	paramFormat = choice("format", "NDJSON has a line of JSON for each item, as the lists have them; CSV has a header.", []string{"ndjson", "csv"},
		func(q *query) *string { return &q.format })
)

// choice is a parameter that is one of values; absent, it is the first.
func choice(name, does string, values []string, field func(*query) *string) parameter {
	return parameter{
		name: name, does: does, schema: object{"type": "string", "enum": values, "default": values[0]},
		read: func(q *query, v string) string {
			if *field(q) = v; !slices.Contains(values, v) {
				return "one of " + strings.Join(values, ", ")
			}
			return ""
		},
	}
}

// A line is an item of an export, in the form that is asked for.
type line struct {
	json []byte
	row  []string
}

// A pageReader reads an export page by page, each beginning at q.After.
type pageReader func(ctx context.Context, q *query) (lines []line, next string, err error)

// exporter is what reads the kind that q asks for, and the header of its CSV.
func (a *api) exporter(q *query) (header []string, read pageReader) {
	switch q.kind {
	case "gaps":
		return exportOf(gapColumns(), eventJSON, func(ctx context.Context, q *query) ([]*data.Gap, string, error) {
			got, err := a.store.Gaps(ctx, q.Query)
			return got.Items, got.Next, err
		})
	case "series":
		return exportOf(seriesColumns(q), func(b *store.Bucket) ([]byte, error) { return json.Marshal(pointOf(b)) }, a.buckets)
	}
	return exportOf(measurementColumns(), eventJSON, func(ctx context.Context, q *query) ([]*data.Measurement, string, error) {
		got, err := a.store.Measurements(ctx, q.Query)
		return got.Items, got.Next, err
	})
}

func eventJSON[E data.Event](e E) ([]byte, error) { return data.Encode(e) }

// buckets are those of a series, which is a page of its own.
func (a *api) buckets(ctx context.Context, q *query) ([]*store.Bucket, string, error) {
	if err := q.bounded(); err != nil {
		return nil, "", err
	}
	got, err := a.seriesOf(ctx, q)
	all := make([]*store.Bucket, len(got.Buckets))
	for i := range got.Buckets {
		all[i] = &got.Buckets[i]
	}
	return all, "", err
}

func exportOf[T any](columns []column[T], encode func(T) ([]byte, error), list func(context.Context, *query) ([]T, string, error)) ([]string, pageReader) {
	var header []string
	for _, c := range columns {
		header = append(header, c.name)
	}
	return header, func(ctx context.Context, q *query) (lines []line, next string, err error) {
		items, next, err := list(ctx, q)
		if err != nil {
			return nil, "", err
		}
		for _, item := range items {
			var l line
			if q.format == "csv" {
				for _, c := range columns {
					l.row = append(l.row, c.cell(item))
				}
			} else if l.json, err = encode(item); err != nil {
				return nil, "", err
			}
			lines = append(lines, l)
		}
		return lines, next, nil
	}
}

// export streams all of a range, newest first but for series. It holds one page at
// a time, and gives the client time for each.
func (a *api) export(w http.ResponseWriter, r *http.Request, q query) error {
	if q.kind == "" {
		q.kind = "measurements"
	}
	if q.format == "" {
		q.format = "ndjson"
	}
	if q.kind != "series" && q.step != 0 {
		return &badParameter{"step", stepText(q.step), "left out: only series have steps"}
	}
	q.Limit = store.MaxLimit
	header, read := a.exporter(&q)
	lines, next, err := read(r.Context(), &q)
	if err != nil {
		return err // nothing has been sent
	}
	head := w.Header()
	head.Set("Content-Type", exportMedia[q.format])
	head.Set("Content-Disposition", `attachment; filename="`+fileName(&q)+`"`)
	head.Set("Cache-Control", asNow)
	if r.Method == http.MethodHead {
		return nil
	}
	rc, out := http.NewResponseController(w), newLines(w, q.format, header)
	for {
		// What cannot have a deadline, such as a recorder in a test, needs none.
		_ = rc.SetWriteDeadline(time.Now().Add(answerTime))
		if !out.write(lines) || next == "" {
			return nil
		}
		q.After = next
		if lines, next, err = read(r.Context(), &q); err != nil {
			a.cut(w, r, err, out)
		}
	}
}

// cut ends an answer of which a part is sent, so that nobody takes it for all: the
// last line of NDJSON is a problem, and the connection is aborted.
func (a *api) cut(w http.ResponseWriter, r *http.Request, err error, out *lineWriter) {
	if r.Context().Err() == nil {
		a.log.Error("an export of the API", "path", r.URL.Path, "error", err)
		out.problem(problem(r, http.StatusServiceUnavailable, "the export ends here, and is not whole: the store does not answer; try again later"))
		_ = http.NewResponseController(w).Flush() // so that the client sees the line
	}
	panic(http.ErrAbortHandler)
}

// A lineWriter writes lines in one of the formats.
type lineWriter struct {
	buf *bufio.Writer
	csv *csv.Writer // nil: NDJSON
}

func newLines(w io.Writer, format string, header []string) *lineWriter {
	l := &lineWriter{buf: bufio.NewWriterSize(w, 32<<10)}
	if format == "csv" {
		l.csv = csv.NewWriter(l.buf)
		_ = l.csv.Write(header) // an error stays, and is told by write
	}
	return l
}

// write is false when the client has gone.
func (l *lineWriter) write(lines []line) bool {
	for _, x := range lines { // errors stay, and are told by what flushes
		if l.csv != nil {
			_ = l.csv.Write(x.row)
			continue
		}
		_, _ = l.buf.Write(x.json)
		_ = l.buf.WriteByte('\n')
	}
	if l.csv != nil {
		l.csv.Flush()
	}
	return l.buf.Flush() == nil
}

// problem ends NDJSON with p; CSV has no place for it.
func (l *lineWriter) problem(p map[string]any) {
	if l.csv == nil {
		b, _ := json.Marshal(p)
		_ = l.write([]line{{json: b}})
	}
}

var notInFiles = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// fileName is what a browser saves the export as; it is plain ASCII.
func fileName(q *query) string {
	parts := []string{strings.Trim(notInFiles.ReplaceAllString(q.Monitor, "-"), "-"), q.kind}
	if len(parts[0]) > 80 {
		parts[0] = parts[0][:80]
	}
	if parts[0] == "" {
		parts[0] = "monitor"
	}
	for _, t := range []time.Time{q.From, q.To} {
		if !t.IsZero() {
			parts = append(parts, t.Format("20060102T150405Z"))
		}
	}
	return fmt.Sprintf("%s.%s", strings.Join(parts, "_"), q.format)
}
