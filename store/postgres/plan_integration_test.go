//go:build integration

package postgres

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/internal/servers"
)

// TestNoDayIsReadThatIsNotAskedFor looks at the plans over fifty days.
func TestNoDayIsReadThatIsNotAskedFor(t *testing.T) {
	db := servers.Database(t)
	servers.Psql(t, db.AdminURL, `
		select count(create_measurement_partition((current_date - d)::date)) from generate_series(-3, 46) d;
		insert into series (monitor, location) select 'm' || i, 'l' from generate_series(1, 20) i;
		insert into profile (digest, instance, version, method, url) values ('x', 'i', 'v', 'GET', 'https://shop.example/');
		insert into measurement (scheduled, started, series, profile, late_us, degraded_us, attempt)
			select t, t, s, 1, 0, 0, 1 from generate_series(current_date - 46, now(), interval '10 min') t, generate_series(1, 20) s`)
	servers.Psql(t, db.AdminURL, "analyze")
	s, err := Open(Options{URL: db.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := time.Now()
	ids, locations := []int32{1, 2}, []string{"l", "l"}
	executed := regexp.MustCompile(`Index (?:Only )?Scan (?:Backward )?using measurement_\d+_pkey on \S+ .*actual`)
	for _, c := range []struct {
		name, query string
		args        []any
		planned     int // days at most
		executed    int
	}{
		{"first page", measurementsQuery, []any{ids, locations, now.Add(-recent), endOfTime, endOfTime, 100, "", 101}, 6, 6},
		{"all days", measurementsQuery, []any{ids, locations, startOfTime, endOfTime, endOfTime, 100, "", 101}, 50, 6},
		{"last", lastMeasurementQuery, []any{ids, now.Add(-recent)}, 6, 5},
		{"a day's summary", rawTally, []any{ids, []time.Time{now.Add(-24 * time.Hour), now.Add(-24 * time.Hour)}, []time.Time{now, now}, now.Add(-24 * time.Hour), now}, 2, 2},
		{"measured within gaps", rawTally, []any{ids, []time.Time{now.Add(-time.Hour), now.Add(-time.Hour)}, []time.Time{now, now}, now.Add(-72 * time.Hour), now}, 4, 2},
		{"a long summary's edges", rawTally, []any{ids, []time.Time{now.Add(-960 * time.Hour), now.Add(-time.Hour)}, []time.Time{now.Add(-959 * time.Hour), now}, now.Add(-960 * time.Hour), now}, 41, 4},
		{"rows of a minute for its rollup", rawQuery, []any{ids, []time.Time{now.Add(-time.Hour), now.Add(-time.Hour)}, []time.Time{now, now}, now.Add(-time.Hour), now}, 2, 2},
		{"an incident's day", decidedQuery, []any{ids, []time.Time{now.Add(-24 * time.Hour), now.Add(-24 * time.Hour)}, []time.Time{now, now}, now.Add(-24 * time.Hour), now}, 2, 2},
	} {
		var plan []string
		err := s.read(t.Context(), "explain", func(_ context.Context, tx pgx.Tx) error {
			rows, err := tx.Query(t.Context(), "explain (analyze, costs off, timing off) "+c.query, c.args...)
			if err == nil {
				plan, err = pgx.CollectRows(rows, pgx.RowTo[string])
			}
			return err
		})
		if err != nil {
			t.Fatal(c.name, err)
		}
		planned, ran := 0, 0
		for _, line := range plan {
			if executed.MatchString(line) {
				ran++
			}
			if strings.Contains(line, "_pkey on measurement_") {
				planned++
			}
			if strings.Contains(line, "Seq Scan on measurement") || strings.Contains(line, "Bitmap") {
				t.Errorf("%s: %s", c.name, line)
			}
		}
		if ran == 0 || planned > c.planned || ran > c.executed {
			t.Errorf("%s: %d days are planned for and %d read, at most %d and %d should be:\n%s", c.name, planned, ran, c.planned, c.executed, strings.Join(plan, "\n"))
		}
	}
}
