//go:build integration

package postgres_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
)

// What tells the rollups and readers of a row comes with it, or neither does: whatever
// the way that the row takes.
func TestNoRowIsWrittenWithoutItsMark(t *testing.T) {
	db := servers.Database(t)
	s := openAt(t, db.URL, minuteOfNow, 0)
	replaced := measuredAt("shop", minuteOfNow.Add(-time.Hour))
	keep(t, s, replaced, gapAt("shop", minuteOfNow.Add(-2*time.Hour), time.Minute, data.Stopped))
	roll(t, s)
	sooner := *replaced
	sooner.Started, sooner.Late = sooner.Started.Add(-time.Microsecond), sooner.Late-time.Microsecond
	other := gapAt("shop", minuteOfNow.Add(-2*time.Hour), time.Minute, data.Stopped)
	other.Slots++
	const rows = "select (select count(*) from measurement), (select min(started) from measurement), (select count(*) from gap), (select max(slots) from gap), (select count(*) from registration)"
	before := servers.Psql(t, db.URL, rows)
	ways := map[string][]data.Event{
		"copied":           {measuredAt("shop", minuteOfNow.Add(-time.Minute))},
		"of a replacement": {&sooner},
		"of a gap":         {gapAt("shop", minuteOfNow.Add(-3*time.Hour), time.Minute, data.Stopped)},
		"of another gap":   {other},
	}
	for table, odd := range map[string]string{"rollup_touched": "due < '1990-01-01'", "change": "series = '{}'"} {
		servers.Psql(t, db.AdminURL, "alter table "+table+" add constraint odd check ("+odd+") not valid")
		for name, events := range ways {
			if refused, err := s.Save(t.Context(), events); err == nil && len(refused) == 0 {
				t.Errorf("%s takes nothing, and the row %s is saved", table, name)
			}
			if after := servers.Psql(t, db.URL, rows); after != before {
				t.Errorf("%s takes nothing, and there are %s after that %s, before %s", table, after, name, before)
			}
		}
		servers.Psql(t, db.AdminURL, "alter table "+table+" drop constraint odd")
	}
	for name, events := range ways {
		keep(t, s, events...)
		if lag, err := s.Lag(t.Context()); err != nil || lag.Pending == 0 && name != "copied" { // which is not due yet
			t.Errorf("a row %s leaves no mark: %+v, %v", name, lag, err)
		}
		if err := s.Roll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// Of two collectors one rolls up, and the other leaves it alone.
func TestARollLeavesItToTheOneThatIsAtIt(t *testing.T) {
	db := servers.Database(t)
	s := openAt(t, db.URL, minuteOfNow, 0)
	keep(t, s, measuredAt("shop", minuteOfNow.Add(-time.Hour)))
	conn, err := pgx.Connect(t.Context(), db.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "select pg_advisory_lock(hashtext('monitorink rollups'), hashtext(current_schema()))"); err != nil {
		t.Fatal(err)
	}
	if err := s.Roll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := servers.Psql(t, db.URL, "select count(*) from rollup_minute"); n != "0" {
		t.Errorf("%s minutes, while another is at it", n)
	}
	if _, err := conn.Exec(t.Context(), "select pg_advisory_unlock_all()"); err != nil {
		t.Fatal(err)
	}
	roll(t, s)
	if n := servers.Psql(t, db.URL, "select count(*) from rollup_minute"); n != "1" {
		t.Errorf("%s minutes, once it is done", n)
	}
}
