//go:build integration

package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
)

// TestKill9OfEitherOnKafkaAndPostgres is the test of the local queue over Kafka:
// every slot is measured once or in a gap, and every answer of the target is a row.
func TestKill9OfEitherOnKafkaAndPostgres(t *testing.T) {
	t.Parallel()
	killOnPostgres(t, newWorld(t, 4), 14)
}

func TestKill9OfEitherOnDiskAndPostgres(t *testing.T) {
	t.Parallel()
	w := &world{t: t, db: servers.Database(t)} // and nothing of Kafka
	killOnPostgres(t, w, 14, "MONITORINK_QUEUE=disk", "MONITORINK_KAFKA_BROKERS=127.0.0.1:1")
}

func killOnPostgres(t *testing.T, w *world, kills int, more ...string) {
	rng, target, dir := seeded(t), newWitness(t), t.TempDir()
	hb, co := freeAddr(t), freeAddr(t)
	more = append(more, "MONITORINK_HEARTBEAT_ADDR="+hb, "MONITORINK_QUEUE_URL=http://"+hb, "MONITORINK_COLLECTOR_ADDR="+co)
	const monitors = 30
	p := pair{
		produce: func() *process { return w.heartbeat(dir, target, monitors, more...).process },
		consume: func() *process { return w.collector(more...).process },
	}
	killed := p.killAtRandom(rng, kills)
	eventually(t, 20*time.Second, "heartbeat is ready", func() bool { return get("http://"+hb+"/readyz", nil) == 200 })
	<-time.After(time.Second)
	w.wantSlots(&daemon{p.producer, "http://" + hb}, target, monitors, killed)
	ends(t, p.producer, p.consumer)
	if w.topic != "" {
		w.wantNoDeadLetters()
	}
}

// wantSlots waits until all that is measured up to now is in the database, and wants
// every slot there once, and every answer of the target as a row. A batch that has
// failed may wait ten seconds in the spool while newer ones pass.
func (w *world) wantSlots(producer *daemon, target *witness, monitors int, killed []time.Time) {
	w.t.Helper()
	end := time.Now()
	eventually(w.t, 60*time.Second, "nothing of before is in the spool", func() bool {
		return producer.ready() && producer.metric("monitorink_queue_oldest_seconds", "") < time.Since(end).Seconds()
	})
	if w.topic != "" {
		_, written, err := w.broker.Offsets(w.group, w.topic, w.partitions)
		if err != nil {
			w.t.Fatal(err)
		}
		eventually(w.t, 60*time.Second, "what is in the topic is consumed", func() bool {
			committed, _, err := w.broker.Offsets(w.group, w.topic, w.partitions)
			for p := range committed {
				if committed[p] < written[p] {
					return false
				}
			}
			return err == nil
		})
	}
	eventually(w.t, 60*time.Second, "everything up to the end is saved", func() bool { return w.upTo(monitors, end) })
	end = end.Add(-time.Second)
	check(w.t, account(w.whole(end)), end, target, killed)
}

// TestMeasurementsGoOverKafkaIntoPostgres looks with other people's eyes at what
// travels, and drains both daemons.
func TestMeasurementsGoOverKafkaIntoPostgres(t *testing.T) {
	t.Parallel()
	w, target := newWorld(t, 3), newWitness(t)
	producer := w.heartbeat(t.TempDir(), target, 5, w.bySCRAM()...)
	consumer := w.collector(append(w.byCertificate(), "MONITORINK_POSTGRES_URL=", "MONITORINK_POSTGRES_URL_FILE="+secret(t, w.db.URL), "MONITORINK_BATCH_WAIT=700ms")...)
	eventually(t, 30*time.Second, "rows", func() bool { return w.count("measurements where state = 'up'") > 40 })
	ends(t, producer.process)
	answers := 0
	for _, path := range []string{"/0", "/1", "/2", "/3", "/4"} {
		answers += len(target.answered(path))
	}

	// What heartbeat measured is in the topic, all of it, with key and headers.
	const shape = `%k|%h|%s\n`
	lines := strings.Split(strings.TrimSuffix(servers.Kcat(t, "-C", "-e", "-t", w.topic, "-f", shape), "\n"), "\n")
	measured := map[data.Slot]bool{}
	for _, line := range lines {
		key, rest, _ := strings.Cut(line, "|")
		headers, value, _ := strings.Cut(rest, "|")
		e, err := data.Decode([]byte(value))
		if err != nil {
			t.Fatalf("kcat reads %q: %v", line, err)
		}
		if want := "content-type=application/json,kind=" + string(e.Kind()) + ",schema=" + e.Kind().Schema(); key != e.Key() || headers != want {
			t.Errorf("kcat reads the key %q and the headers %q, want %q and %q", key, headers, e.Key(), want)
		}
		if m, ok := e.(*data.Measurement); ok && m.State == data.Up {
			measured[m.Slot()] = true
		}
	}
	if len(measured) != answers {
		t.Errorf("%d measurements in the topic, and the target answered %d times", len(measured), answers)
	}
	for _, line := range servers.ConsoleConsumer(t, w.topic, len(lines), "--property", "print.key=true", "--property", "print.headers=true", "--property", "key.separator=|", "--property", "headers.separator=,") {
		headers, rest, _ := strings.Cut(line, "|")
		key, value, _ := strings.Cut(rest, "|")
		e, err := data.Decode([]byte(value))
		if err != nil || key != e.Key() || headers != "content-type:application/json,kind:"+string(e.Kind())+",schema:"+e.Kind().Schema() {
			t.Fatalf("the console consumer reads %q: %v", line, err)
		}
	}

	// What the collector took before SIGTERM is saved, and counted as consumed.
	ends(t, consumer.process)
	committed, written, err := w.broker.Progress(w.group, w.topic, w.partitions)
	if err != nil || written != len(lines) {
		t.Errorf("%d messages in the topic, want %d: %v", written, len(lines), err)
	}
	if rows := w.count("measurement") + w.count("gap") + w.count("registration"); rows != committed || rows == 0 {
		t.Errorf("%d rows after %d messages were consumed", rows, committed)
	}
	consumer = w.collector(w.byCertificate()...)
	eventually(t, 30*time.Second, "what was left is taken by the next", func() bool { return w.count("measurements where state = 'up'") == answers })
	ends(t, consumer.process)
	w.wantNoDeadLetters()
}

// TestOneProcessOnKafkaAndPostgres goes through pgbouncer, and into Kafka by SASL PLAIN.
func TestOneProcessOnKafkaAndPostgres(t *testing.T) {
	t.Parallel()
	w, target, addr := newWorld(t, 3), newWitness(t), freeAddr(t)
	env := w.env(append(w.bySCRAM(), "MONITORINK_KAFKA_SASL=plain", "MONITORINK_POSTGRES_URL="+w.db.BouncerURL,
		"MONITORINK_URLS="+target.url+"/a,"+target.url+"/b", "MONITORINK_SCHEDULE=@every 200ms", "MONITORINK_TIMEOUT=100ms",
		"MONITORINK_DATA_DIR="+t.TempDir(), "MONITORINK_COLLECTOR_ADDR="+addr)...)
	p := start(t, "monitorink", env, "run")
	var monitors list
	eventually(t, 30*time.Second, "both monitors", func() bool {
		return get("http://"+addr+"/api/v1/monitors", &monitors) == 200 && len(monitors.Items) == 2 && monitors.Items[1]["last"] != nil
	})
	eventually(t, 10*time.Second, "ready", func() bool { return get("http://"+addr+"/readyz", nil) == 200 })
	eventually(t, 30*time.Second, "rows", func() bool { return w.count("measurement") > 20 })
	ends(t, p)
	answers := len(target.answered("/a")) + len(target.answered("/b"))
	_, written, err := w.broker.Progress(w.group, w.topic, w.partitions)
	if err != nil || written < answers+2 {
		t.Errorf("%d messages in the topic after %d answers and two registrations: %v", written, answers, err)
	}
	p = start(t, "monitorink", env, "run")
	eventually(t, 30*time.Second, "the answers before the end are rows", func() bool {
		rows := w.count("measurements where state = 'up' and started < now() - interval '1 s'")
		return rows >= answers && w.count("gap where reason = 'stopped'") > 0
	})
	ends(t, p)
	w.wantNoDeadLetters()
}
