//go:build integration

package postgres_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store/postgres"
)

// probed is what a plain probe of an https URL with the default expectation gives,
// for slot n of 1,000 monitors.
func probed(n int) *data.Measurement {
	at := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC).Add(time.Duration(n/1000)*30*time.Second + time.Duration(n%1000)*30*time.Millisecond)
	id := fmt.Sprintf("shop-%04d", n%1000)
	us := func(v int) data.Span { return data.SpanOf(time.Duration(v+n%977) * time.Microsecond) }
	return &data.Measurement{
		Monitor: id, Location: "ber1", Instance: "hb-0", Version: "9f2c41d0", Scheduled: at, Attempt: 1, State: data.Up,
		Started: at.Add(1004 * time.Microsecond), Late: 1004 * time.Microsecond, Method: "GET", URL: "https://" + id + ".example/health",
		HTTP: &data.HTTP{Status: 200, Protocol: "HTTP/2.0", Remote: "203.0.113.7:443", BodyBytes: 18220},
		TLS:  &data.TLS{Version: "TLS 1.3", Expires: time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)},
		Phases: data.Phases{
			DNS: us(812), Connect: us(9120), TLS: us(14032), Request: us(41), FirstByte: us(88210), Transfer: us(3021), Total: us(115236),
		},
		Expectations: []data.Expectation{{Name: "status", OK: true, Seen: "200"}},
	}
}

// TestPlainRowTakesTwoHundredBytes also logs what saving costs; ROWS=500000 gives
// the figures of docs/performance.md.
func TestPlainRowTakesTwoHundredBytes(t *testing.T) {
	rows := 20_000
	if n, err := strconv.Atoi(os.Getenv("ROWS")); err == nil {
		rows = n
	}
	db := servers.Database(t)
	s := open(t, db.URL)
	events := make([]data.Event, rows)
	for i := range events {
		events[i] = probed(i)
	}
	pass := func(name string, s *postgres.Store) {
		start := time.Now()
		for i := 0; i < rows; i += 5000 {
			save(t, s, events[i:min(i+5000, rows)]...)
		}
		t.Logf("%s: %.0f rows/s, %+v", name, float64(rows)/time.Since(start).Seconds(), s.Stats())
	}
	pass("copy", s)
	before := checksum(t, db)
	pass("replay", s)
	if got := checksum(t, db); got != before {
		t.Errorf("a replay has changed %s to %s", before, got)
	}
	const size = "select (sum(bytes) / (select count(*) from measurement))::int from measurement_partitions()"
	bytes, err := strconv.Atoi(servers.Psql(t, db.URL, size))
	if err != nil || bytes > 200 {
		t.Errorf("a row takes %d bytes with its index, %v; want at most 200", bytes, err)
	}
	t.Logf("a row takes %d bytes with its index", bytes)
}

// checksum is one of all that the tables hold, and of where and when it was written.
func checksum(t *testing.T, db servers.DB) string {
	t.Helper()
	return servers.Psql(t, db.AdminURL, `select count(*), sum(hashtextextended(concat(tableoid, ctid, xmin, m::text), 0)) from measurement m
		union all select count(*), sum(hashtextextended(concat(ctid, xmin, g::text), 0)) from gap g
		union all select count(*), sum(hashtextextended(concat(ctid, xmin, r::text), 0)) from registration r`)
}

func save(t *testing.T, s *postgres.Store, events ...data.Event) {
	t.Helper()
	if refused, err := s.Save(t.Context(), events); err != nil || len(refused) > 0 {
		t.Fatalf("save %d events: refused %v, error %v", len(events), refused, err)
	}
}
