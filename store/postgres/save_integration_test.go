//go:build integration

package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store/postgres"
)

func batch(from, to int) []data.Event {
	var events []data.Event
	for n := from; n < to; n++ {
		events = append(events, probed(n))
	}
	return events
}

func TestSaveRefusesOnlyThePoison(t *testing.T) {
	db := servers.Database(t)
	servers.Psql(t, db.AdminURL, "alter table measurement add constraint odd check (degraded_us <> 77)")
	s := open(t, db.URL)
	events := batch(0, 2000)
	for _, i := range []int{0, 777, 1999} {
		events[i].(*data.Measurement).Degraded = 77 * time.Microsecond
	}
	events[5].(*data.Measurement).URL = "a\x00b"
	events[6].(*data.Measurement).Hops = []data.Hop{{URL: "\x00"}}
	events[7].(*data.Measurement).URL = "not UTF-8: \xff"
	refused, err := s.Save(t.Context(), events)
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, r := range refused {
		got = append(got, r.Index)
	}
	if want := []int{0, 5, 6, 777, 1999}; !slices.Equal(got, want) {
		t.Errorf("refused are %v, want %v", got, want)
	}
	if n := servers.Psql(t, db.URL, "select count(*) from measurement"); n != "1995" {
		t.Errorf("%s rows are kept, want 1995", n)
	}
	// Whole ranges go in one piece each: at most two a level, for each culprit.
	if batches := s.Stats().Copied; batches > 3*11 {
		t.Errorf("round 3 culprits in 2,000 rows, %d pieces were copied", batches)
	}
	servers.Psql(t, db.AdminURL, "alter table measurement drop constraint odd")
	if refused, err := s.Save(t.Context(), events[777:778]); err != nil || len(refused) > 0 {
		t.Errorf("with its cause gone: refused %v, error %v", refused, err)
	}
}

// What is wrong with the tables is no event's fault: it is told of, nothing is refused,
// and all is saved once it is mended.
func TestSaveWaitsForTablesToBeMended(t *testing.T) {
	for name, c := range map[string]struct{ spoil, mend string }{
		"series":  {"create rule odd as on insert to series do instead nothing", "drop rule odd on series"},
		"profile": {"create rule odd as on insert to profile do instead nothing", "drop rule odd on profile"},
		"a column": {
			"drop view measurements; alter table measurement alter total_us type smallint",
			"alter table measurement alter total_us type integer",
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := servers.Database(t)
			s := open(t, db.URL)
			servers.Psql(t, db.AdminURL, c.spoil)
			if refused, err := s.Save(t.Context(), batch(0, 10)); err == nil || len(refused) > 0 {
				t.Errorf("refused %v, error %v, want an error alone", refused, err)
			}
			servers.Psql(t, db.AdminURL, c.mend)
			save(t, s, batch(0, 10)...)
			if n := servers.Psql(t, db.URL, "select count(*) from measurement"); n != "10" {
				t.Errorf("%s rows are kept, want 10", n)
			}
		})
	}
}

func TestSaveMakesThePartitionsOfMidnight(t *testing.T) {
	db := servers.Database(t)
	s := open(t, db.URL)
	events := batch(0, 10)
	for i, e := range events {
		e.(*data.Measurement).Scheduled = time.Date(2026, 11, 24, 23, 59, 59, 999e6, time.UTC).Add(time.Duration(i) * time.Millisecond)
	}
	save(t, s, events...)
	save(t, s, events...) // by the join
	if got := servers.Psql(t, db.URL, "select string_agg(day::text, ' ') from measurement_partitions()"); got != "2026-11-24 2026-11-25" {
		t.Errorf("the days are %s", got)
	}
	if got := s.Stats(); got.Partitions != 2 || got.Rows != 10 || got.Duplicates != 10 || got.Joined != 1 {
		t.Errorf("the figures are %+v", got)
	}
}

func TestSaveMakesNoPartitionsFarAhead(t *testing.T) {
	db := servers.Database(t)
	s := open(t, db.URL)
	near, far := probed(0), probed(1)
	near.Scheduled = time.Now().UTC().Add(300 * 24 * time.Hour).Truncate(time.Second)
	far.Scheduled = time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)
	refused, err := s.Save(t.Context(), []data.Event{near, far})
	if err != nil || len(refused) != 1 || refused[0].Index != 1 || !strings.Contains(refused[0].Err.Error(), "ahead of the collector's clock") {
		t.Errorf("%v, %v; want the second refused", refused, err)
	}
	if got := servers.Psql(t, db.URL, "select count(*) from measurement_partitions()"); got != "1" {
		t.Errorf("%s days, want 1", got)
	}
}

func TestSaveKeepsNothingPastRetention(t *testing.T) {
	db := servers.Database(t)
	s, err := postgres.Open(postgres.Options{URL: db.URL, Retention: 24 * time.Hour, Now: func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	old, young := probed(0), probed(0)
	old.Scheduled = old.Scheduled.Add(-time.Millisecond) // the day before
	save(t, s, old, young)
	if got := servers.Psql(t, db.URL, "select string_agg(day::text, ' '), (select count(*) from measurement) from measurement_partitions()"); got != "2026-11-20|1" {
		t.Errorf("days and rows are %s", got)
	}
	if got := s.Stats(); got.Expired != 1 || got.Rows != 1 {
		t.Errorf("the figures are %+v", got)
	}
}

// stream is 4,000 events of which some contest one another's places.
func stream(r *rand.Rand) []data.Event {
	events := batch(0, 2000)
	for n := range 2000 {
		e := *probed(r.IntN(2000))
		e.Started = e.Started.Add(time.Duration(r.IntN(3)-1) * time.Microsecond)
		e.Instance = []string{"hb-0", "hb-1"}[r.IntN(2)]
		e.Phases.Transfer = data.SpanOf(time.Duration(r.IntN(3)) * time.Microsecond)
		if n%10 == 0 {
			e.State, e.HTTP, e.Error = data.Down, nil, &data.Error{Kind: data.ErrTimeout, Phase: "connect", Message: "no answer"}
			e.Expectations = nil
		}
		first := e.Scheduled
		events = append(events, &e,
			&data.Gap{Monitor: e.Monitor, Location: "ber1", Instance: e.Instance, Version: "v", First: first, Last: first, Slots: 1 + int64(n%2), Reason: data.Clock},
			&data.Registration{Monitor: e.Monitor, Location: "ber1", Instance: e.Instance, From: first, Removed: true})
	}
	return events
}

// content is a checksum of what the tables say, wherever they say it.
func content(t *testing.T, db servers.DB) string {
	t.Helper()
	return servers.Psql(t, db.AdminURL, `select count(*), sum(hashtextextended((to_jsonb(m) - 'series')::text, 0)) from measurements m
		union all select count(*), sum(hashtextextended((to_jsonb(g) - 'series')::text, 0)) from gaps g
		union all select count(*), sum(hashtextextended((to_jsonb(r) - 'series')::text, 0)) from registrations r`)
}

func TestTwoStoresJoinOneShuffledStream(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	events := stream(r)
	alone := servers.Database(t)
	one := open(t, alone.URL)
	for i := 0; i < len(events); i += 1000 {
		save(t, one, events[i:min(i+1000, len(events))]...)
	}
	want := content(t, alone)

	db := servers.Database(t)
	var both sync.WaitGroup
	for range 2 {
		s := open(t, db.URL)
		mine := slices.Clone(events)
		r.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
		for _, half := range [][]data.Event{mine[:len(mine)/2], mine[len(mine)/2:]} {
			both.Go(func() {
				for part := range slices.Chunk(half, 300) {
					if refused, err := s.Save(t.Context(), part); err != nil || len(refused) > 0 {
						t.Errorf("refused %v, error %v", refused, err)
					}
				}
			})
		}
	}
	both.Wait()
	if got := content(t, db); got != want {
		t.Errorf("two stores made\n%s, one alone\n%s", got, want)
	}

	before := checksum(t, db)
	s := open(t, db.URL)
	for range 3 {
		r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		for part := range slices.Chunk(events, 500) {
			save(t, s, part...)
		}
	}
	if got := checksum(t, db); got != before {
		t.Errorf("three replays changed\n%s to\n%s", before, got)
	}
}

func TestSaveEndsWithAnErrorWhenTheServerFails(t *testing.T) {
	for name, c := range map[string]struct {
		before, after string
		says          string
	}{
		"read only":   {"alter role monitorink in database %q set default_transaction_read_only = on", "alter role monitorink in database %q reset all", "25006"},
		"no right":    {"revoke insert on measurement from monitorink", "grant insert on measurement to monitorink", "make migrate"},
		"no function": {"revoke execute on function create_measurement_partition(date) from monitorink", "grant execute on function create_measurement_partition(date) to monitorink", "make migrate"},
		"no table":    {"alter table measurement rename to elsewhere", "alter table elsewhere rename to measurement", "make migrate"},
	} {
		t.Run(name, func(t *testing.T) {
			db := servers.Database(t)
			fill := func(sql string) string {
				if strings.Contains(sql, "%q") {
					return fmt.Sprintf(sql, db.Name)
				}
				return sql
			}
			servers.Psql(t, db.AdminURL, fill(c.before))
			refused, err := open(t, db.URL).Save(t.Context(), batch(0, 10))
			if err == nil || len(refused) > 0 || !strings.Contains(err.Error(), c.says) {
				t.Errorf("refused %v, error %v; want none, and one that says %s", refused, err, c.says)
			}
			servers.Psql(t, db.AdminURL, fill(c.after))
			save(t, open(t, db.URL), batch(0, 10)...)
		})
	}
}

// A provider makes a database whose disk is nearly full read only by such a setting,
// which a session keeps for as long as it lives.
func TestSaveLeavesASessionWhoseSettingsHaveBeenMended(t *testing.T) {
	for setting, code := range map[string]string{
		"default_transaction_read_only = on": "25006",
		"statement_timeout = '1ms'":          "57014",
	} {
		t.Run(setting, func(t *testing.T) {
			db := servers.Database(t)
			servers.Psql(t, db.AdminURL, `create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.05); return null; end $$;
				create trigger slow before insert on measurement for each statement execute function slow()`)
			s := open(t, db.URL)
			servers.Psql(t, db.AdminURL, fmt.Sprintf("alter role monitorink in database %q set %s", db.Name, setting))
			if _, err := s.Save(t.Context(), batch(0, 10)); err == nil || !strings.Contains(err.Error(), code) {
				t.Fatalf("got %v, want %s", err, code)
			}
			servers.Psql(t, db.AdminURL, fmt.Sprintf("alter role monitorink in database %q reset all", db.Name))
			save(t, s, batch(0, 10)...)
		})
	}
}

// waitFor returns when sql answers want.
func waitFor(t *testing.T, db servers.DB, sql, want string) {
	t.Helper()
	for ctx := t.Context(); servers.Psql(t, db.AdminURL, sql) != want; {
		if ctx.Err() != nil {
			t.Fatal(ctx.Err())
		}
	}
}

// waiting are the sessions of this database that wait for a lock; other tests have
// theirs on the same server.
const waiting = "from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"

// TestSaveReturnsWhenItsConnectionIsKilled blocks a Save behind a lock, and ends
// its session.
func TestSaveReturnsWhenItsConnectionIsKilled(t *testing.T) {
	db := servers.Database(t)
	s, other := open(t, db.URL), open(t, db.URL)
	save(t, s, batch(0, 10)...)
	servers.Psql(t, db.AdminURL, `create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(60); return new; end $$;
		create trigger slow before insert on measurement for each row when (new.degraded_us = 5) execute function slow()`)
	events := batch(10, 20)
	events[3].(*data.Measurement).Degraded = 5 * time.Microsecond
	saved := make(chan error, 1)
	go func() { // the test waits for its error
		refused, err := s.Save(context.WithoutCancel(t.Context()), events)
		if len(refused) > 0 {
			t.Errorf("refused %v", refused)
		}
		saved <- err
	}()
	const asleep = "from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"
	waitFor(t, db, "select count(*) "+asleep, "1")
	servers.Psql(t, db.AdminURL, "select pg_terminate_backend(pid) "+asleep)
	if err := <-saved; err == nil {
		t.Error("a killed session saved")
	} else {
		t.Log(err)
	}
	servers.Psql(t, db.AdminURL, "drop trigger slow on measurement")
	save(t, other, events...)
	save(t, s, events...)
	if n := servers.Psql(t, db.URL, "select count(*) from measurement"); n != "20" {
		t.Errorf("%s rows, want 20", n)
	}
}

// TestSaveReturnsADeadlock has two sessions wait for one another: Save, which must
// replace two rows in the order of their keys, and one that locks them backwards.
func TestSaveReturnsADeadlock(t *testing.T) {
	db := servers.Database(t)
	servers.Psql(t, db.AdminURL, fmt.Sprintf("alter role monitorink in database %q set deadlock_timeout = '100ms'", db.Name))
	s := open(t, db.URL)
	save(t, s, batch(0, 2)...)
	earlier := batch(0, 2)
	for _, e := range earlier {
		e.(*data.Measurement).Started = e.(*data.Measurement).Started.Add(-time.Microsecond)
	}
	backwards := make(chan struct{})
	go func() { // the channel tells its end
		defer close(backwards)
		servers.Psql(t, db.AdminURL, `begin;
			select from measurement m join series s on s.id = m.series where s.monitor = 'shop-0001' for update of m;
			do $$ begin while not exists (select `+waiting+`) loop perform pg_stat_clear_snapshot(); end loop; end $$;
			select from measurement m join series s on s.id = m.series where s.monitor = 'shop-0000' for update of m; commit`)
	}()
	waitFor(t, db, "select count(*) > 0 from pg_locks l join pg_class c on c.oid = l.relation where c.relname like 'measurement_2%' and l.mode = 'RowShareLock'", "t")
	refused, err := s.Save(t.Context(), earlier)
	if err == nil || len(refused) > 0 || !strings.Contains(err.Error(), "40P01") {
		t.Errorf("refused %v, error %v; want none, and a deadlock", refused, err)
	}
	<-backwards
	save(t, s, earlier...)
	if got := s.Stats(); got.Replaced != 2 {
		t.Errorf("the figures are %+v", got)
	}
}
