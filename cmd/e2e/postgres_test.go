//go:build integration

package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/internal/servers"
)

// TestAPartitionThatIsMissingIsMade drops today's and tomorrow's partitions under a
// collector, as when nobody made them before midnight, and sends days that never had one.
func TestAPartitionThatIsMissingIsMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	collector := w.collector("MONITORINK_POSTGRES_URL=" + w.db.CertURL)
	now := time.Now().UTC()
	days := []time.Time{now, now.AddDate(0, 0, 1), now.AddDate(0, 0, 20), now.AddDate(0, 0, -400)}
	const each = 500
	publish := func(hour int) {
		for _, day := range days {
			w.publish(measurements(each, 10, day.Truncate(24*time.Hour).Add(time.Duration(hour)*time.Hour))...)
		}
	}
	partitions := func(day time.Time) int {
		return w.count("measurement_partitions() where day = '" + day.Format(time.DateOnly) + "'")
	}
	eventually(t, 30*time.Second, "the partitions made ahead", func() bool { return partitions(days[1]) == 1 })
	publish(1)
	eventually(t, 60*time.Second, "rows of every day", func() bool { return w.count("measurement") == each*len(days) })

	servers.Psql(t, w.db.OwnerURL, "drop table measurement_"+days[0].Format("20060102")+", measurement_"+days[1].Format("20060102"))
	if partitions(days[0])+partitions(days[1]) != 0 {
		t.Fatal("the partitions are still there")
	}
	publish(2)
	eventually(t, 60*time.Second, "rows of every day again", func() bool { return w.consumed(w.group) })
	if rows, want := w.count("measurement"), each*(len(days)*2-2); rows != want {
		t.Errorf("%d rows, want %d", rows, want)
	}
	for _, day := range days {
		if partitions(day) != 1 {
			t.Errorf("%s has no partition", day.Format(time.DateOnly))
		}
	}
	if made := collector.metric("monitorink_postgres_partitions_total", ""); made < 4 {
		t.Errorf("the metric tells of %.0f partitions that a save made, want 4 or more", made)
	}
	ends(t, collector.process)
	w.wantNoDeadLetters()
}

// TestWhatIsPastItsRetentionIsSettledAsExpired: old rows do not come in, do not become
// dead letters and do not hold up the partition, and whole days that are past go.
func TestWhatIsPastItsRetentionIsSettledAsExpired(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	now := time.Now().UTC()
	old := now.AddDate(0, 0, -30)
	first := w.collector()
	w.publish(measurements(300, 10, old)...)
	eventually(t, 60*time.Second, "old rows, without a retention", func() bool { return w.count("measurement") == 300 })
	ends(t, first.process)

	second := w.collector(append(w.bySCRAM(), "MONITORINK_KAFKA_SASL=scram-sha-256", "MONITORINK_RETENTION=10d")...)
	eventually(t, 60*time.Second, "the old day is dropped", func() bool {
		return w.count("measurement") == 0 && w.count("measurement_partitions() where day < current_date - 10") == 0
	})
	for i := range 4 {
		w.publish(measurements(250, 10, old.Add(time.Duration(i)*time.Hour))...)
		w.publish(measurements(250, 10, now.Add(time.Duration(i-5)*time.Hour))...)
	}
	eventually(t, 60*time.Second, "everything is consumed", func() bool { return w.consumed(w.group) })
	if rows := w.count("measurement"); rows != 1000 {
		t.Errorf("%d rows, want the 1000 new ones", rows)
	}
	if expired := second.metric("monitorink_postgres_expired_total", ""); expired != 1000 {
		t.Errorf("the metric tells of %.0f expired events, want 1000", expired)
	}
	if n := w.count("measurement_partitions() where day < current_date - 10"); n > 0 {
		t.Errorf("%d partitions for days that are past", n)
	}
	ends(t, second.process)
	w.wantNoDeadLetters()
}

// TestARightThatIsTakenAwayUnderWayIsWaitedFor: it is no fault of the events.
func TestARightThatIsTakenAwayUnderWayIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	collector := w.collector()
	eventually(t, 30*time.Second, "ready, and done with the partitions, whose parent the revoke changes, too", func() bool {
		return collector.ready() && strings.Contains(collector.out.String(), "the partitions are kept up")
	})
	servers.Psql(t, w.db.OwnerURL, "revoke insert on measurement from monitorink")
	w.publish(measurements(1000, 10, time.Now().Add(-time.Hour))...)
	eventually(t, 30*time.Second, "503 for the store", func() bool {
		words, ok := collector.problems()
		return ok && words["store"] != ""
	})
	if out := collector.out.String(); !strings.Contains(out, "measurement") || !strings.Contains(out, "GRANT") && !strings.Contains(out, "make migrate") {
		t.Errorf("it does not name the remedy:\n%s", tail(out))
	}
	servers.Psql(t, w.db.OwnerURL, "grant insert on measurement to monitorink")
	eventually(t, 60*time.Second, "the rows", func() bool { return w.count("measurement") == 1000 && w.consumed(w.group) && collector.ready() })
	ends(t, collector.process)
	w.wantNoDeadLetters()
}
