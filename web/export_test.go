package web_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/web"
)

// lines are those of NDJSON.
func lines(t *testing.T, text string) (all []any) {
	t.Helper()
	if !strings.HasSuffix(text, "\n") {
		t.Fatalf("the last line has no end: %q", text)
	}
	for l := range strings.Lines(text) {
		var v any
		if err := json.Unmarshal([]byte(l), &v); err != nil {
			t.Fatalf("%v in %q", err, l)
		}
		all = append(all, v)
	}
	return all
}

// table reads CSV as a list of cells by column.
func table(t *testing.T, text string) (rows []map[string]string) {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatalf("%v in %q", err, text)
	}
	for _, r := range all[1:] {
		row := map[string]string{}
		for i, c := range r {
			row[all[0][i]] = c
		}
		rows = append(rows, row)
	}
	return rows
}

// long holds n measurements of shop.
func long(t testing.TB, n int) *memory.Store {
	t.Helper()
	s := memory.New(memory.Options{})
	var events []data.Event
	for i := range n {
		events = append(events, measurement("shop", i))
	}
	if refused, err := s.Save(t.Context(), events); err != nil || len(refused) > 0 {
		t.Fatal(refused, err)
	}
	return s
}

func TestExportHasWhatTheListsHave(t *testing.T) {
	h := web.New(web.Options{Store: filled(t)})
	for _, id := range ids {
		for _, kind := range []string{"measurements", "gaps"} {
			for _, query := range []string{"", "&from=" + at(3).Format("2006-01-02T15:04:05Z"), "&location=ber1"} {
				want := walk(t, h, path(id, "/"+kind+"?limit=1000"+query))
				r := ask(t, h, "GET", path(id, "/export?kind="+kind+query))
				wantJSON(t, id+" "+kind, lines(t, body(t, r)), want)
				if got := r.Header.Get("Content-Type"); got != "application/x-ndjson" {
					t.Errorf("it comes as %s", got)
				}
				if n := len(table(t, body(t, ask(t, h, "GET", path(id, "/export?format=csv&kind="+kind+query))))); n != len(want) {
					t.Errorf("%s %s: %d rows, want %d", id, kind, n, len(want))
				}
			}
		}
	}
	for _, query := range []string{"", "&format=csv"} {
		if got := body(t, ask(t, h, "GET", path("shop", "/export?location=nowhere"+query))); strings.Count(got, "\n") != len(query)/len("&format=csv") {
			t.Errorf("%s: nothing is exported as %q", query, got)
		}
	}
	problem(t, ask(t, h, "GET", path("nobody", "/export")), http.StatusNotFound)
}

func TestExportOfManyPagesIsWholeAndInOrder(t *testing.T) {
	const n = 2*store.MaxLimit + 7
	h := web.New(web.Options{Store: long(t, n)})
	all := lines(t, body(t, ask(t, h, "GET", path("shop", "/export"))))
	rows := table(t, body(t, ask(t, h, "GET", path("shop", "/export?format=csv"))))
	if len(all) != n || len(rows) != n {
		t.Fatalf("%d lines, %d rows", len(all), len(rows))
	}
	for i := range all {
		want := at(n - 1 - i).Format("2006-01-02T15:04:05.000Z")
		if got := all[i].(map[string]any)["scheduled_at"]; got != want || rows[i]["scheduled_at"] != want {
			t.Fatalf("line %d: got %v and %s, want %s", i, got, rows[i]["scheduled_at"], want)
		}
	}
}

func TestExportOfSeries(t *testing.T) {
	h := web.New(web.Options{Store: &recorder{Store: filled(t)}})
	const hour = "from=2026-09-21T14:00:00Z&to=2026-09-21T15:00:00Z&step=1m"
	want := get(t, h, path("shop", "/series?"+hour))["items"].([]any)
	wantJSON(t, "series", lines(t, body(t, ask(t, h, "GET", path("shop", "/export?kind=series&"+hour)))), want)
	rows := table(t, body(t, ask(t, h, "GET", path("shop", "/export?kind=series&format=csv&location=ber1&"+hour))))
	for name, cell := range map[string]string{
		"monitor": "shop", "location": "ber1", "from": "2026-09-21T14:13:20Z", "step_us": "60000000", "up": "9", "down": "1", "missed": "5", "stopped": "5", "paused": "0",
		"errors": "timeout=1", "total_count": "9", "total_p50_us": "4919", "total_max_us": "9000", "dns_mean_us": "5", "tls_p99_us": "",
	} {
		if got, ok := rows[0][name]; !ok || got != cell {
			t.Errorf("%s is %q, want %q", name, got, cell)
		}
	}
	if detail := problem(t, ask(t, h, "GET", path("shop", "/export?kind=gaps&step=1m")), http.StatusBadRequest); !strings.Contains(detail, "only series") {
		t.Error(detail)
	}
	problem(t, ask(t, h, "GET", path("shop", "/export?kind=series&step=1s")), http.StatusBadRequest)
}

func TestSpreadsheetFindsNoFormulaInAnExport(t *testing.T) {
	s := memory.New(memory.Options{})
	m := failed("=1+1", 0)
	m.Location, m.URL, m.Error.Message = "@ber", "＝cmd|' /C calc'!A0", "\"quoted\", \n-2+3 é🙂"
	m.TLS, m.HTTP = nil, nil
	if refused, err := s.Save(t.Context(), []data.Event{m}); err != nil || len(refused) > 0 {
		t.Fatal(refused, err)
	}
	got := body(t, ask(t, web.New(web.Options{Store: s}), "GET", path("=1+1", "/export?format=csv")))
	row := table(t, got)[0]
	for name, want := range map[string]string{
		"monitor": "'=1+1", "location": "'@ber", "url": "'＝cmd|' /C calc'!A0", "error_message": "\"quoted\", \n-2+3 é🙂", "error_kind": "timeout", "error_phase": "connect",
		"status": "", "redirects": "", "body_bytes": "", "tls_version": "", "tls_expires_at": "", "dns_us": "", "total_us": "1000", "late_us": "0", "attempt": "1",
	} {
		if row[name] != want {
			t.Errorf("%s is %q, want %q", name, row[name], want)
		}
	}
}

func TestExportIsSavedUnderAPlainName(t *testing.T) {
	h := web.New(web.Options{Store: filled(t)})
	for id, want := range map[string]string{"shop": "shop", "a/b": "a-b", "🙂 日本": "monitor", `"quoted" 'id'`: "quoted-id", "...": "monitor", "<script>alert(1)</script>": "script-alert-1-script"} {
		r := ask(t, h, "HEAD", path(id, "/export?format=csv&kind=gaps&from=2026-09-21T14:00:00.5Z"))
		kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Disposition"))
		if want += "_gaps_20260921T140000Z.csv"; err != nil || kind != "attachment" || params["filename"] != want {
			t.Errorf("%s: got %s, %v, %v; want %s", id, kind, params, err, want)
		}
		if got := r.Header.Get("Content-Type"); got != "text/csv; charset=utf-8; header=present" {
			t.Errorf("it comes as %s", got)
		}
		if b := body(t, r); b != "" {
			t.Errorf("HEAD has a body: %q", b)
		}
	}
}

// A cutter fails from the n-th page on.
type cutter struct {
	store.Reader
	pages, n int
}

func (c *cutter) Measurements(ctx context.Context, q store.Query) (store.Page[*data.Measurement], error) {
	if c.pages++; c.pages > c.n {
		return store.Page[*data.Measurement]{}, errors.New("password=hunter2 refused")
	}
	return c.Reader.Measurements(ctx, q)
}

func TestExportThatBreaksOffIsNotTakenForAll(t *testing.T) {
	full := long(t, 3*store.MaxLimit)
	for _, format := range []string{"ndjson", "csv"} {
		for _, encoding := range []string{"identity", "gzip"} {
			t.Run(format+" "+encoding, func(t *testing.T) {
				var log bytes.Buffer
				srv := httptest.NewServer(web.New(web.Options{Store: &cutter{Reader: full, n: 2}, Logger: slog.New(slog.NewTextHandler(&log, nil))}))
				defer srv.Close()
				r := fetch(t, srv.URL+path("shop", "/export?format="+format), encoding)
				b, err := io.ReadAll(r)
				if !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("the end of a part is told as %v", err)
				}
				if n := bytes.Count(b, []byte("https://shop.example/")); n != 2*store.MaxLimit {
					t.Errorf("%d of the measurements before it came", n)
				}
				if format == "csv" {
					return
				}
				all := lines(t, string(b))
				last := all[len(all)-1].(map[string]any)
				if detail, _ := last["detail"].(string); last["status"] != 503.0 || !strings.Contains(detail, "not whole") || strings.Contains(detail, "hunter2") {
					t.Errorf("the last line is %v", last)
				}
				if srv.Close(); !strings.Contains(log.String(), "refused") {
					t.Errorf("logged %q", log.String())
				}
			})
		}
	}
	h := web.New(web.Options{Store: &cutter{Reader: full, n: 0}})
	problem(t, ask(t, h, "GET", path("shop", "/export")), http.StatusServiceUnavailable)
}

// A slow reader of an export does not make it larger: a page is read when the one
// before it has been taken.
func TestExportReadsAPageAtATime(t *testing.T) {
	c := &cutter{Reader: long(t, 5*store.MaxLimit), n: 99}
	r := httptest.NewRequest("GET", path("shop", "/export"), nil)
	w := &stopping{ResponseRecorder: httptest.NewRecorder(), stopAt: 1 << 10}
	web.New(web.Options{Store: c}).ServeHTTP(w, r)
	if c.pages != 1 {
		t.Errorf("%d pages were read for a client that left in the first", c.pages)
	}
}

// stopping is a client that leaves.
type stopping struct {
	*httptest.ResponseRecorder
	stopAt int
}

func (s *stopping) Write(b []byte) (int, error) {
	if s.Body.Len() > s.stopAt {
		return 0, errors.New("gone")
	}
	return s.ResponseRecorder.Write(b)
}

func TestColumnsOfCSVAreDocumented(t *testing.T) {
	h := web.New(web.Options{Store: &recorder{Store: filled(t)}})
	text := read(t, "../docs/api.md")
	for _, kind := range []string{"measurements", "gaps", "series"} {
		got := body(t, ask(t, h, "GET", path("shop", "/export?format=csv&kind="+kind)))
		header := strings.Split(strings.TrimSpace(got[:strings.IndexByte(got, '\n')]), ",")
		if sorted := slices.Compact(slices.Sorted(slices.Values(header))); len(sorted) != len(header) {
			t.Errorf("%s: a column is there twice: %s", kind, header)
		}
		if kind == "series" { // the rest is the same for the total and each phase
			header = header[:slices.Index(header, "total_count")]
		}
		if !strings.Contains(text, "`"+strings.Join(header, ",")+"`") {
			t.Errorf("docs/api.md has not the header of %s: %s", kind, strconv.Quote(strings.Join(header, ",")))
		}
	}
}
