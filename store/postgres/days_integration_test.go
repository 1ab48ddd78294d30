//go:build integration

package postgres_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store/postgres"
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

// TestSavesOverMidnightDoNotDeadlock has two sessions save the same rows of two days at
// once, of which only one has a first row of the first day: the server takes what goes
// into a partition together, and those in the order in which they come.
func TestSavesOverMidnightDoNotDeadlock(t *testing.T) {
	db := servers.Database(t)
	servers.Psql(t, db.AdminURL, fmt.Sprintf("alter role monitorink in database %q set deadlock_timeout = '100ms'", db.Name))
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	of := func(n int, at time.Duration) data.Event { // from midnight on
		m := probed(n)
		m.Scheduled = day.Add(at)
		m.Started = m.Scheduled.Add(time.Millisecond)
		return m
	}
	one, other := open(t, db.URL), open(t, db.URL)
	before := []data.Event{of(0, -time.Minute), of(1, -time.Minute), of(2, time.Minute)} // numbers and days are there
	save(t, one, before...)
	save(t, other, before...)
	events := []data.Event{of(0, time.Second), of(1, -time.Second), of(2, time.Second)}

	// A third session has the last of them, until both wait.
	third := make(chan struct{})
	go func() { // the channel tells its end
		defer close(third)
		servers.Psql(t, db.AdminURL, `begin;
			create temp table last on commit drop as select m.* from measurement m join series s on s.id = m.series where s.monitor = 'shop-0002';
			update last set scheduled = '2026-11-20 00:00:01Z';
			insert into measurement select * from last;
			do $$ begin while (select count(*) `+waiting+`) < 2 loop perform pg_stat_clear_snapshot(); end loop; end $$;
			rollback`)
	}()
	const rows = "from pg_locks l join pg_class c on c.oid = l.relation where c.relname = 'measurement_20261120' and l.mode = 'RowExclusiveLock'"
	waitFor(t, db, "select count(*) > 0 "+rows, "t")
	saveTo := func(s *postgres.Store, events []data.Event) {
		if refused, err := s.Save(t.Context(), events); err != nil || len(refused) > 0 {
			t.Errorf("refused %v, error %v", refused, err)
		}
	}
	var both sync.WaitGroup
	both.Go(func() { saveTo(one, events) })
	waitFor(t, db, "select count(*) "+waiting, "1")
	both.Go(func() { saveTo(other, append([]data.Event{of(0, -time.Second)}, events...)) })
	both.Wait()
	<-third
	if n := servers.Psql(t, db.URL, "select count(*) from measurement"); n != "7" {
		t.Errorf("%s rows, want 7", n)
	}
}
