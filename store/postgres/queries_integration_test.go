//go:build integration

package postgres_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store/postgres"
)

// manyDays is a database with three days of what there can be: at two locations, with
// hours that are down, certificates that end, gaps, and a monitor that nobody probes.
func manyDays(t *testing.T) servers.DB {
	t.Helper()
	db := servers.Database(t)
	s := open(t, db.URL)
	now := time.Now().UTC()
	start := now.Truncate(day).Add(-3 * day)
	var events []data.Event
	for _, name := range []string{"shop", "api", "silent"} {
		r := registeredAt(name, start.Add(-day), "9f2c41d0")
		r.Labels, r.Schedule.Every = map[string]string{"team": "web"}, data.Duration(time.Minute)
		events = append(events, r)
	}
	for at := start; at.Before(now); at = at.Add(time.Minute) {
		for _, place := range []string{"ber1", "nyc1"} {
			events = append(events, shopAt(at, place, now))
		}
		if at.Hour() != 12 {
			events = append(events, measuredAt("api", at))
		}
	}
	for at := start; at.Before(now); at = at.Add(day) {
		g := gapAt("api", at.Add(12*time.Hour), time.Hour-time.Minute, data.Overload)
		g.Slots = 60
		events = append(events, g)
	}
	for len(events) > 0 {
		n := min(len(events), 5000)
		keep(t, s, events[:n]...)
		events = events[n:]
	}
	rolled(t, s)
	return db
}

// shopAt is down from three to four at one location, and ends its certificate soon.
func shopAt(at time.Time, location string, now time.Time) *data.Measurement {
	m := measuredAt("shop", at)
	m.Location, m.TLS.Expires = location, now.Add(9*day).Truncate(time.Second)
	m.Phases.Transfer, m.Phases.Total = data.SpanOf(time.Duration(at.Minute())*time.Millisecond), data.SpanOf(time.Duration(89+at.Minute())*time.Millisecond)
	if location == "ber1" && at.Hour()%4 == 3 {
		m.State, m.HTTP, m.TLS = data.Down, nil, nil
		m.Error = &data.Error{Kind: data.ErrTimeout, Phase: "connect", Message: "no answer within 5s"}
	}
	return m
}

// rolled brings the rollups up to date.
func rolled(t *testing.T, s *postgres.Store) {
	t.Helper()
	if _, err := s.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Roll(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestEveryQueryOfTheCookbookFindsSomething runs each of docs/queries.md as it stands there.
func TestEveryQueryOfTheCookbookFindsSomething(t *testing.T) {
	text, err := os.ReadFile("../../docs/queries.md")
	if err != nil {
		t.Fatal(err)
	}
	db := manyDays(t)
	blocks := sqlBlock.FindAllStringSubmatch(string(text), -1)
	if n := strings.Count(string(text), "```sql\n"); len(blocks) != n || n < 15 {
		t.Fatalf("%d queries are told of in a line above them, of %d", len(blocks), n)
	}
	for _, b := range blocks {
		t.Run(b[1], func(t *testing.T) {
			rows := servers.Psql(t, db.URL, "set timezone = 'UTC';"+b[2])
			t.Logf("%s\n%.900s", b[2], rows)
			fresh := strings.Contains(b[1], "this month") && time.Now().UTC().Day() == 1
			if strings.TrimPrefix(rows, "SET\n") == "" && !fresh {
				t.Error("it finds nothing")
			}
		})
	}
}

// TestEveryPanelOverPostgresHasData runs each query of the dashboards, with Grafana's
// macros and variables replaced as Grafana would, over a short range and a long one.
func TestEveryPanelOverPostgresHasData(t *testing.T) {
	text, err := os.ReadFile("../../deploy/grafana/dashboards/monitors.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ RawSQL string }
		}
		Templating struct {
			List []struct {
				Name, Type string
				Query      any
			}
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	db := manyDays(t)
	found := func(t *testing.T, query, from string) {
		t.Helper()
		query = strings.NewReplacer("$monitor", "'shop','api'", "$location", "'ber1','nyc1'", "$__timeFrom()", "'"+from+"'", "$__timeTo()", "'"+time.Now().UTC().Format(time.RFC3339)+"'",
			"$__timeFilter(from_at)", "from_at BETWEEN '"+from+"' AND now()", "$__timeFilter(m.scheduled)", "m.scheduled BETWEEN '"+from+"' AND now()").Replace(query)
		if strings.Contains(query, "$") {
			t.Errorf("something of Grafana is left in it:\n%s", query)
		}
		rows := servers.Psql(t, db.URL, query)
		t.Logf("%s\n%.600s", query, rows)
		if strings.Trim(rows, "|\n ") == "" {
			t.Error("it finds nothing")
		}
	}
	n := 0
	for name, back := range map[string]time.Duration{"hours": 6 * time.Hour, "days": 3 * day} {
		from := time.Now().UTC().Add(-back).Format(time.RFC3339)
		for _, panel := range board.Panels {
			for _, target := range panel.Targets {
				n++
				t.Run(name+" "+panel.Title, func(t *testing.T) {
					if back < day && strings.Contains(target.RawSQL, "gap g") && !strings.Contains(target.RawSQL, "coalesce") { // it is noon only once a day
						t.Skip("it is shown for days")
					}
					found(t, target.RawSQL, from)
				})
			}
		}
	}
	for _, v := range board.Templating.List {
		if q, ok := v.Query.(string); ok && v.Type == "query" {
			t.Run("variable "+v.Name, func(t *testing.T) { found(t, q, "2026-01-01") })
		}
	}
	if n < 20 {
		t.Errorf("only %d queries", n)
	}
}
