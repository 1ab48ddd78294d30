//go:build integration

package postgres_test

import (
	"context"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/postgres"
)

const sessions = "from pg_stat_activity where datname = current_database() and usename = 'monitorink'"

// freeze stops the process behind the only session of db until the test ends.
func freeze(t *testing.T, db servers.DB) {
	t.Helper()
	pid, err := strconv.Atoi(servers.Psql(t, db.AdminURL, "select pid "+sessions))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGCONT) }) // it may be gone
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}

// idle waits until the only session has done nothing for longer than its pool
// trusts a connection.
func idle(t *testing.T, db servers.DB) {
	t.Helper()
	waitFor(t, db, "select max(state_change) < clock_timestamp() - interval '1200 ms' "+sessions, "t")
}

// in runs f, which must not take longer.
func in(t *testing.T, most time.Duration, f func() error) error {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- f() }() // the channel tells its end
	select {
	case err := <-ended:
		return err
	case <-time.After(most):
		t.Fatalf("nothing came in %v", most)
		return nil
	}
}

func TestSaveEndsWhenTheServerHangs(t *testing.T) {
	db := servers.Database(t)
	s := open(t, db.URL)
	postgres.SetAnswerWithin(s, time.Second)
	save(t, s, batch(0, 10)...)
	freeze(t, db)
	err := in(t, 10*time.Second, func() error {
		refused, err := s.Save(context.Background(), batch(10, 20))
		if len(refused) > 0 {
			t.Errorf("refused %v", refused)
		}
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "the database did not answer within 1 s") {
		t.Errorf("got %v", err)
	}
	postgres.SetAnswerWithin(s, time.Minute)
	save(t, s, batch(10, 20)...) // by a new connection
}

func TestReadsEndWhenTheServerHangs(t *testing.T) {
	db := servers.Database(t)
	s := open(t, db.URL)
	postgres.SetAnswerWithin(s, time.Second)
	save(t, s, batch(0, 10)...)
	freeze(t, db)
	err := in(t, 10*time.Second, func() error { _, err := s.Monitors(context.Background(), store.MonitorQuery{}); return err })
	if err == nil || !strings.Contains(err.Error(), "the database did not answer within 1 s") {
		t.Errorf("got %v", err)
	}
	postgres.SetAnswerWithin(s, time.Minute)
	if _, err := s.Monitors(context.Background(), store.MonitorQuery{}); err != nil { // by a new connection
		t.Error(err)
	}
}

func TestSaveLeavesAConnectionThatHangsWhileIdle(t *testing.T) {
	db := servers.Database(t)
	s := open(t, db.URL)
	save(t, s, batch(0, 10)...)
	idle(t, db)
	freeze(t, db)
	if err := in(t, 15*time.Second, func() error { _, err := s.Save(context.Background(), batch(10, 20)); return err }); err != nil {
		t.Error(err)
	}
}

func TestCloseDoesNotWaitForAPingThatHangs(t *testing.T) {
	db := servers.Database(t)
	s := open(t, db.URL)
	save(t, s, batch(0, 10)...)
	idle(t, db)
	freeze(t, db)
	saved := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { // the test waits for its error
		_, err := s.Save(ctx, batch(10, 20))
		saved <- err
	}()
	for postgres.Acquired(s) == 0 { // the ping is under way
		if t.Context().Err() != nil {
			t.Fatal(t.Context().Err())
		}
	}
	cancel()
	if err := in(t, time.Second, func() error { return <-saved }); err == nil {
		t.Error("saved through a server that hangs")
	}
	_ = in(t, 7*time.Second, s.Close) // which may tell of the connection
}

// A collector that stands still amid a transaction holds nothing for longer than a
// minute: the server ends it.
func TestTransactionsEndWithoutTheirProcess(t *testing.T) {
	db := servers.Database(t)
	s := openAt(t, db.URL, minuteOfNow, 0)
	m, g := measuredAt("shop", minuteOfNow.Add(-time.Hour)), gapAt("shop", minuteOfNow.Add(-time.Hour), time.Minute, data.Stopped)
	servers.Psql(t, db.AdminURL, `create function bounded() returns trigger language plpgsql as $$ begin
		if current_setting('idle_in_transaction_session_timeout') <> '1min' then raise exception '% waits without end', tg_table_name; end if; return null; end $$;
		create trigger bounded after insert on gap for each statement execute function bounded();
		create trigger bounded after update on measurement for each statement execute function bounded();
		create trigger bounded after insert on rollup_minute for each statement execute function bounded()`)
	keep(t, s, m, g)
	before := *m
	before.Started = m.Started.Add(-time.Microsecond)
	keep(t, s, &before)
	if got := s.Stats(); got.Replaced != 1 {
		t.Errorf("the figures are %+v", got)
	}
	roll(t, s)
}
