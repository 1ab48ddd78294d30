//go:build integration

package e2e_test

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// stall is longer than a session of the consumer group (10 s), and shorter than a minute,
// after which nothing is different.
const stall = 12 * time.Second

// freeze stops a process as a debugger, a laptop's lid or a VM's pause does.
func (p *process) freeze() { p.cmd.Process.Signal(syscall.SIGSTOP) }

func (p *process) thaw() { p.cmd.Process.Signal(syscall.SIGCONT) }

// TestACollectorThatStandsStillLosesItsPartitionsAndNothingElse: it is stopped in the
// middle of its batches, which the other takes over, and goes on with a group that has
// forgotten it.
func TestACollectorThatStandsStillLosesItsPartitionsAndNothingElse(t *testing.T) {
	t.Parallel()
	const n, monitors = 40_000, 100
	w := newWorld(t, 4)
	still, other := w.collector(), w.collector()
	eventually(t, 30*time.Second, "each has two partitions", func() bool {
		return still.metric("monitorink_kafka_partitions ", "") == 2 && other.metric("monitorink_kafka_partitions ", "") == 2
	})
	events := measurements(n, monitors, time.Now().Add(-time.Hour))
	w.publish(events[:n/2]...)
	eventually(t, 60*time.Second, "it is in the middle", func() bool { return w.count("measurement") > 1000 })
	still.freeze()
	began := time.Now()
	w.publish(events[n/2:]...)
	eventually(t, 60*time.Second, "the other has all partitions, and saves all", func() bool {
		return other.metric("monitorink_kafka_partitions ", "") == 4 && w.consumed(w.group)
	})
	t.Logf("the other had done all after %v", time.Since(began).Round(time.Second))
	<-time.After(time.Until(began.Add(stall)))
	still.thaw()
	eventually(t, 60*time.Second, "both share again", func() bool {
		return still.metric("monitorink_kafka_partitions ", "") == 2 && other.metric("monitorink_kafka_partitions ", "") == 2
	})
	if !w.consumed(w.group) {
		t.Error("the group's offsets have gone back")
	}
	w.publish(measurements(1000, monitors, time.Now().Add(-2*time.Hour))...)
	eventually(t, 60*time.Second, "both go on", func() bool { return w.consumed(w.group) && still.ready() && other.ready() })
	if rows := w.count("measurement"); rows != n+1000 {
		t.Errorf("%d rows, want %d", rows, n+1000)
	}
	ends(t, still.process, other.process)
	w.wantNoDeadLetters()
}

func TestDaemonsThatStandStillGoOnAndAccountForIt(t *testing.T) {
	t.Parallel()
	const monitors = 20
	for name, more := range map[string][]string{
		"kafka": nil,
		"disk":  {"MONITORINK_QUEUE=disk"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, target, hb := newWorld(t, 3), newWitness(t), freeAddr(t)
			more := append(more, "MONITORINK_HEARTBEAT_ADDR="+hb, "MONITORINK_QUEUE_URL=http://"+hb)
			producer, consumer := w.heartbeat(t.TempDir(), target, monitors, more...), w.collector(more...)
			producer.url = "http://" + hb
			eventually(t, 30*time.Second, "rows", func() bool { return w.count("measurement") > monitors })
			consumer.freeze()
			<-time.After(time.Second)
			producer.freeze()
			<-time.After(stall)
			producer.thaw()
			thawed := time.Now()
			<-time.After(time.Second)
			consumer.thaw()
			eventually(t, 60*time.Second, "both are ready", func() bool { return producer.ready() && consumer.ready() })
			t.Logf("both were ready %v after", time.Since(thawed).Round(time.Millisecond))
			if more[0] == "MONITORINK_QUEUE=disk" {
				w.topic = ""
			}
			w.wantSlots(producer, target, monitors, nil)
			if gaps := w.count("gap where reason = 'overload'"); gaps < monitors || gaps > 3*monitors {
				t.Errorf("%d gaps say overload, want one a monitor for the stall", gaps)
			}
			if gaps := w.count("gap where reason in ('stopped', 'clock')"); gaps > 0 {
				t.Errorf("%d gaps have another reason", gaps)
			}
			if down := w.count("measurements where state = 'down'"); down > monitors {
				t.Errorf("%d measurements blame the target", down)
			}
			ends(t, producer.process, consumer.process)
		})
	}
}

// TestAStoreThatTakesNothingPausesThePartitions: Kafka holds, and the collector holds
// no more than it may.
func TestAStoreThatTakesNothingPausesThePartitions(t *testing.T) {
	t.Parallel()
	const n, partitions, inFlight = 80_000, 3, 20_480
	w := newWorld(t, partitions)
	collector := w.collector()
	eventually(t, 30*time.Second, "ready", collector.ready)
	w.publish(measurements(100, 10, time.Now().Add(-2*time.Hour))...)
	eventually(t, 30*time.Second, "rows", func() bool { return w.count("measurement") == 100 })
	w.psql("revoke insert on measurement from monitorink")
	w.publish(measurements(n, 100, time.Now().Add(-time.Hour))...)
	eventually(t, 30*time.Second, "paused, with a lag", func() bool {
		return collector.metric("monitorink_kafka_partitions_paused", "") == partitions && collector.metric("monitorink_kafka_lag", "") == n
	})
	held, bytes := collector.metric("monitorink_kafka_in_flight ", ""), collector.metric("monitorink_kafka_in_flight_bytes", "")
	memory := collector.metric("process_resident_memory_bytes", "") / (1 << 20)
	t.Logf("of %d messages %.0f are in flight, with %.0f bytes; RSS %.0f MiB", n, held, bytes, memory)
	if held < partitions || held > inFlight { // how full its batches were depends on the machine
		t.Errorf("%.0f messages are in flight, want %d to %d", held, partitions, inFlight)
	}
	words, _ := collector.problems()
	if !strings.Contains(words["store"], "does not save") || !strings.Contains(words["store"], "GRANT") && !strings.Contains(words["store"], "make migrate") {
		t.Errorf("/readyz says %q, without what to do", words["store"])
	}
	w.psql("grant insert on measurement to monitorink")
	began := time.Now()
	eventually(t, 60*time.Second, "all is consumed", func() bool { return w.consumed(w.group) && collector.ready() })
	t.Logf("consumed %v after", time.Since(began).Round(time.Millisecond))
	eventually(t, 10*time.Second, "nothing is paused", func() bool {
		return collector.metric("monitorink_kafka_partitions_paused", "")+collector.metric("monitorink_kafka_lag", "") == 0
	})
	if rows := w.count("measurement"); rows != n+100 {
		t.Errorf("%d rows, want %d", rows, n+100)
	}
	out := collector.out.String()
	if begins, over := strings.Count(out, "the store does not save"), strings.Count(out, "the store saves again"); begins < 1 || begins > 2 || over != 1 { // once in half a minute
		t.Errorf("the log tells of %d beginnings and %d ends", begins, over)
	}
	ends(t, collector.process)
	wantLast(t, collector.process, "left_in_queue=0")
	w.wantNoDeadLetters()
}
