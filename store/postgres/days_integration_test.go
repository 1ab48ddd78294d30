//go:build integration

package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
)

// TestSaveTouchesNoDayBetween keeps a day locked that lies between those of a batch:
// with a partition for each day since 1970, the server has not locks enough for all.
func TestSaveTouchesNoDayBetween(t *testing.T) {
	db := servers.Database(t)
	servers.Psql(t, db.AdminURL, fmt.Sprintf("alter role monitorink in database %q set lock_timeout = '1s'", db.Name))
	s := open(t, db.URL)
	var events []data.Event
	for n := range 30 {
		m := probed(n)
		m.Scheduled = m.Scheduled.AddDate(0, 0, -20*(n%3))
		m.Started = m.Scheduled.Add(time.Millisecond)
		events = append(events, m)
	}
	save(t, s, events[:20]...)
	between := probed(0).Scheduled.AddDate(0, 0, -10)
	servers.Psql(t, db.AdminURL, "select create_measurement_partition('"+between.Format(time.DateOnly)+"')")
	conn, err := pgx.Connect(t.Context(), db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "begin; lock table only measurement_"+between.Format("20060102")); err != nil {
		t.Fatal(err)
	}
	save(t, s, events...)
	for _, e := range events[10:] {
		m := e.(*data.Measurement)
		m.Started = m.Started.Add(-time.Microsecond)
	}
	save(t, s, events...)
	if got := s.Stats(); got.Rows != 30 || got.Replaced != 20 || got.Duplicates != 30 || got.Partitions != 3 {
		t.Errorf("the figures are %+v", got)
	}
}
