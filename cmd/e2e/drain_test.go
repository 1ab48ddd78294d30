//go:build integration

package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/queue"
)

// TestSIGTERMEndsADaemonThatWaits: whatever is away, it is no fault to be told to stop.
func TestSIGTERMEndsADaemonThatWaits(t *testing.T) {
	t.Parallel()
	w, target := newWorld(t, 2), newWitness(t)
	const nobody = "127.0.0.1:1"
	noBroker, noDatabase := "MONITORINK_KAFKA_BROKERS="+nobody, "MONITORINK_POSTGRES_URL=postgres://monitorink@"+nobody+"/monitorink"
	dir := t.TempDir()
	addr := freeAddr(t)
	both := w.env(noBroker, noDatabase, "MONITORINK_URLS="+target.url+"/both", "MONITORINK_SCHEDULE=@every 200ms",
		"MONITORINK_DATA_DIR="+t.TempDir(), "MONITORINK_COLLECTOR_ADDR="+addr)
	daemons := map[string]*daemon{
		"kafka": w.heartbeat(dir, target, 3, noBroker), "queue": w.collector(noBroker), "store": w.collector(noDatabase),
		"kafka of both": {start(t, "monitorink", both, "run"), "http://" + addr},
	}
	for name, d := range daemons {
		eventually(t, 30*time.Second, "503 for "+name, func() bool {
			words, ok := d.problems()
			problem, _, _ := strings.Cut(name, " ")
			return ok && strings.Contains(words[problem], nobody)
		})
		began := time.Now()
		ends(t, d.process)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("without %s the end took %v", name, took)
		}
	}
	// What heartbeat left in its spool comes with its next life.
	producer, consumer := w.heartbeat(dir, target, 3), w.collector()
	w.wantSlots(target, 3, []time.Time{time.Now()})
	ends(t, producer.process, consumer.process)
}

// TestADrainThatTheDatabaseHoldsUpLosesNothing: when the grace is over the collector
// ends, and what it had taken is the next one's.
func TestADrainThatTheDatabaseHoldsUpLosesNothing(t *testing.T) {
	t.Parallel()
	const n = 5000
	w := newWorld(t, 2)
	locked := make(chan struct{})
	go func() { // ends with the lock
		defer close(locked)
		servers.Psql(t, w.db.OwnerURL, "begin; lock table measurement in access exclusive mode; select pg_sleep(8); commit")
	}()
	collector := w.collector("MONITORINK_GRACE=1s")
	w.publish(measurements(n, 10, time.Now().Add(-time.Hour))...)
	eventually(t, 30*time.Second, "a save that waits for the lock", func() bool {
		return w.count("pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") > 0
	})
	began := time.Now()
	code := collector.stop()
	t.Logf("exit code %d after %v", code, time.Since(began).Round(time.Millisecond))
	if took := time.Since(began); took > 7*time.Second {
		t.Errorf("the end took %v, and the grace is 1 s", took)
	}
	<-locked
	collector = w.collector()
	eventually(t, 60*time.Second, "every row", func() bool { return w.count("measurement") == n && w.consumed(w.group) })
	ends(t, collector.process)
	w.wantNoDeadLetters()
}

// TestDeadLettersWaitForTheirTopic: a poison message is not passed before its letter
// is safe, and the rows behind it come in meanwhile.
func TestDeadLettersWaitForTheirTopic(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.letters = w.broker.Absent(t)
	w.send([]queue.Message{{Key: "shop", Kind: "measurement", Value: []byte("poison")}})
	w.publish(measurements(1000, 10, time.Now().Add(-time.Hour))...)
	collector := w.collector()
	eventually(t, 30*time.Second, "the rows behind it", func() bool { return w.count("measurement") == 1000 })
	eventually(t, 30*time.Second, "503 with the remedy", func() bool {
		words, ok := collector.problems()
		return ok && strings.Contains(words["queue"], "heartbeat topics apply")
	})
	if committed, _, err := w.broker.Progress(w.group, w.topic, 1); committed != 0 || err != nil {
		t.Errorf("the group is at %d: %v", committed, err)
	}
	says(t, w.env(), 0, "heartbeat topics apply", "create "+w.letters)
	eventually(t, 60*time.Second, "all is consumed", func() bool { return w.consumed(w.group) && collector.ready() })
	if letters := w.deadLetters(); len(letters) != 1 || !strings.Contains(letters[0], "malformed") {
		t.Errorf("the letters are %q", letters)
	}
	ends(t, collector.process)
}
