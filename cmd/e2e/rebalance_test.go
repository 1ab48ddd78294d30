//go:build integration

package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/internal/servers"
)

// TestTwoCollectorsShareThePartitionsAndOneSurvives kills one of two with -9 at a
// random point, while a lock holds up its saves, so that it has much in flight and time
// to commit what it should not, and counts.
func TestTwoCollectorsShareThePartitionsAndOneSurvives(t *testing.T) {
	t.Parallel()
	const n, monitors = 50_000, 100
	rng, w := seeded(t), newWorld(t, 6)
	doomed, survivor := w.collector(), w.collector()
	members := func() map[string]int {
		m := map[string]int{}
		for _, line := range servers.DescribeGroup(t, w.group) {
			m[line[6]]++
		}
		return m
	}
	w.publish(measurements(1000, monitors, time.Now().Add(-2*time.Hour))...) // offsets for the tool to show
	eventually(t, 30*time.Second, "each has three partitions", func() bool {
		for who, partitions := range members() {
			if who == "-" || partitions != 3 {
				return false
			}
		}
		return len(members()) == 2
	})

	events := measurements(n, monitors, time.Now().Add(-time.Hour))
	point := 1000 + 1 + rng.IntN(n/3)
	published := make(chan struct{})
	go func() { // ends with the last event
		defer close(published)
		w.publish(events...)
	}()
	eventually(t, 60*time.Second, "the point of the kill", func() bool { return w.count("measurement") >= point })
	locked := make(chan struct{})
	go func() { // ends with the lock
		defer close(locked)
		servers.Psql(t, w.db.OwnerURL, "begin; lock table measurement in access exclusive mode; select pg_sleep(5); commit")
	}()
	eventually(t, 10*time.Second, "saves that wait for the lock", func() bool {
		return w.count("pg_stat_activity where datname = current_database() and usename = 'monitorink' and wait_event_type = 'Lock'") > 1
	})
	<-time.After(time.Duration(rng.IntN(2500)) * time.Millisecond)
	doomed.kill()
	<-locked
	at := w.count("measurement")
	<-published
	if saved := survivor.metric("monitorink_events_saved_total", `"measurement"`); saved == 0 {
		t.Error("the survivor has saved nothing")
	}
	eventually(t, 90*time.Second, "every event is a row", func() bool { return w.count("measurement") >= n+1000 })
	eventually(t, 30*time.Second, "everything is consumed", func() bool { return w.consumed(w.group) })
	t.Logf("killed after %d of %d rows", at, n+1000)
	if rows := w.count("measurement"); rows != n+1000 {
		t.Errorf("%d rows, want %d", rows, n+1000)
	}
	if wrong := w.count(`(select monitor from measurements group by monitor having count(*) <> 510 or count(distinct scheduled) <> 510) x`); wrong > 0 {
		t.Errorf("%d monitors have not 510 rows", wrong)
	}
	if m := members(); len(m) != 1 {
		t.Errorf("the partitions are with %v, want the survivor alone", m)
	}
	w.wantNoDeadLetters()
	ends(t, survivor.process)
}

// checksum is over every column of every row of all tables, the transaction that
// wrote the row last included.
const checksum = `select string_agg(name || ' ' || n || ' ' || sum, ', ' order by name) from (
	select 'series' as name, count(*) n, md5(string_agg(x.xmin || x::text, E'\n' order by id)) sum from series x union all
	select 'profile', count(*), md5(string_agg(x.xmin || x::text, E'\n' order by id)) from profile x union all
	select 'measurement', count(*), md5(string_agg(x.xmin || x::text, E'\n' order by series, scheduled, attempt)) from measurement x union all
	select 'gap', count(*), md5(string_agg(x.xmin || x::text, E'\n' order by series, last_at, first_at, reason)) from gap x union all
	select 'registration', count(*), md5(string_agg(x.xmin || x::text, E'\n' order by series, from_at)) from registration x) y`

// TestATopicReplayedThreeTimesChangesNoRow replays while collectors come and go, so
// that the partitions are taken in other orders and some of it twice. A lock stalls
// the database for a while, so that there is always much in flight then.
func TestATopicReplayedThreeTimesChangesNoRow(t *testing.T) {
	t.Parallel()
	rng, w := seeded(t), newWorld(t, 6)
	events := mixture(rng, 20_000, time.Now().Add(-3*time.Hour))
	w.publish(events...)
	first := w.collector()
	eventually(t, 60*time.Second, "everything is saved once", func() bool { return w.consumed(w.group) })
	ends(t, first.process)
	want, wrong := joined(t, events), 0
	for about, got := range joined(t, w.saved()) {
		if got != want[about] {
			if wrong++; wrong < 5 {
				t.Errorf("saved is\n%s, want\n%s", got, want[about])
			}
		}
		delete(want, about)
	}
	if wrong > 0 || len(want) > 0 {
		t.Errorf("%d events are wrong, and %d are missing", wrong, len(want))
	}
	before := servers.Psql(t, w.db.AdminURL, checksum)
	t.Logf("%d events: %s", len(events), before)

	for round := range 3 {
		group := w.group + "-again-" + string(rune('a'+round))
		env := "MONITORINK_KAFKA_GROUP=" + group
		locked := make(chan struct{})
		go func() { // ends with the lock
			defer close(locked)
			servers.Psql(t, w.db.OwnerURL, "begin; lock table measurement, gap in access exclusive mode; select pg_sleep(2); commit")
		}()
		stays, other := w.collector(env), w.collector(env)
		<-time.After(time.Duration(rng.IntN(2000)) * time.Millisecond)
		if round == 1 {
			other.kill()
		} else {
			ends(t, other.process)
		}
		<-time.After(time.Duration(rng.IntN(500)) * time.Millisecond)
		other = w.collector(env)
		<-locked
		eventually(t, 90*time.Second, "the topic is consumed again", func() bool { return w.consumed(group) })
		handled := stays.metric("monitorink_events_saved_total", "") + other.metric("monitorink_events_saved_total", "")
		t.Logf("round %d: the last two collectors handled %.0f events", round, handled)
		ends(t, stays.process, other.process)
		if after := servers.Psql(t, w.db.AdminURL, checksum); after != before {
			t.Fatalf("after replay %d the tables are\n%s, and were\n%s", round+1, strings.ReplaceAll(after, ", ", "\n"), strings.ReplaceAll(before, ", ", "\n"))
		}
	}
	w.wantNoDeadLetters()
}
