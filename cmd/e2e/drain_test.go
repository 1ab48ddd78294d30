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
	w.wantSlots(producer, target, 3, nil)
	ends(t, producer.process, consumer.process)
}

// TestADrainThatTheDatabaseHoldsUpLosesNothing: the save of the first message of the
// partition waits for somebody's lock while what is behind it is saved. When the grace
// is over the collector ends with an error, and the first is the next one's.
func TestADrainThatTheDatabaseHoldsUpLosesNothing(t *testing.T) {
	t.Parallel()
	const n = 3000
	w := newWorld(t, 1)
	locked := make(chan struct{})
	go func() { // ends with the lock
		defer close(locked)
		servers.Psql(t, w.db.OwnerURL, "begin; insert into series (monitor, location) values ('first', 'here'); select pg_sleep(12); rollback")
	}()
	holds := func(wait string) func() bool {
		return func() bool {
			return w.count("pg_stat_activity where datname = current_database() and wait_event_type = '"+wait+"' and wait_event in ('PgSleep', 'transactionid')") > 0
		}
	}
	eventually(t, 10*time.Second, "the lock", holds("Timeout"))
	first := measurement(0, 1, time.Now().Add(-time.Hour))
	first.Monitor = "first"
	w.publish(first)
	collector := w.collector("MONITORINK_GRACE=1s")
	eventually(t, 10*time.Second, "a save that waits for the lock", holds("Lock"))
	w.publish(measurements(n, 10, time.Now().Add(-time.Hour))...)
	eventually(t, 10*time.Second, "the rows behind it", func() bool { return w.count("measurement") == n })
	began := time.Now()
	if code := collector.stop(); code != 1 || !strings.Contains(collector.out.String(), "grace") {
		t.Errorf("exit code %d, want 1 and that the grace was too short; it says\n%s", code, tail(collector.out.String()))
	}
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("the end took %v, and the grace is 1 s", took)
	}
	if committed, _, err := w.broker.Progress(w.group, w.topic, 1); committed != 0 || err != nil {
		t.Errorf("the group is at %d, and the first message is not saved: %v", committed, err)
	}
	<-locked
	collector = w.collector()
	eventually(t, 60*time.Second, "every row", func() bool { return w.count("measurement") == n+1 && w.consumed(w.group) })
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
	ends(t, collector.process)
	if committed, _, err := w.broker.Progress(w.group, w.topic, 1); committed != 0 || err != nil {
		t.Errorf("the group is at %d, and the letter is not safe: %v", committed, err)
	}
	collector = w.collector()
	says(t, w.env(), 0, "heartbeat topics apply", "create "+w.letters)
	eventually(t, 60*time.Second, "all is consumed", func() bool { return w.consumed(w.group) && collector.ready() })
	if letters := w.deadLetters(); len(letters) != 1 || !strings.Contains(letters[0], "malformed") {
		t.Errorf("the letters are %q", letters)
	}
	ends(t, collector.process)
}
