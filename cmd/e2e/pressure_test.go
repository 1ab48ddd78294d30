//go:build integration

package e2e_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/spool"
	"github.com/monitorink/monitorink/store"
)

// TestABrokerThatIsAwayFillsTheSpoolAndAllComesLater: the spool fills, probes yield,
// heartbeat ends and starts with a full spool, the broker flaps, and every slot is
// accounted for. Nothing of heartbeat's two pipelines waits for the other for ever.
func TestABrokerThatIsAwayFillsTheSpoolAndAllComesLater(t *testing.T) {
	w, target, dir, addr := newWorld(t, 3), newWitness(t), t.TempDir(), freeAddr(t)
	env, _ := crowded(t, dir, target, "MONITORINK_GRACE=2s", "MONITORINK_HEARTBEAT_ADDR="+addr)
	env = w.env(append(env, "MONITORINK_QUEUE=kafka", "MONITORINK_STORE=")...)
	produce := func() *daemon { return &daemon{start(t, "heartbeat", env, "run"), "http://" + addr} }
	producer, consumer := produce(), w.collector()
	eventually(t, 30*time.Second, "rows", func() bool { return w.count("measurement") > crowd })
	w.broker.Kill(t)
	wantFull(t, producer, target, 2*time.Second, "see the problem kafka")
	eventually(t, 60*time.Second, "it says that the topic takes nothing", func() bool {
		words, ok := producer.problems()
		return ok && strings.Contains(words["kafka"], "they wait in the spool") && strings.Contains(words["kafka"], w.broker.Plain)
	})
	began := time.Now()
	producer.stop()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the end took %v, and the grace is 2 s", took)
	}
	wantLast(t, producer.process, "left_in_spool=", "the next start goes on")

	producer = produce() // with a full spool, whose forwarder must run first
	wantFull(t, producer, target, time.Second, "see the problem kafka")
	w.broker.Start(t)
	eventually(t, 60*time.Second, "both ready by themselves", func() bool { return producer.ready() && consumer.ready() })
	w.broker.Kill(t)
	w.broker.Start(t)
	eventually(t, 60*time.Second, "both ready again", func() bool { return producer.ready() && consumer.ready() })
	w.wantSlots(producer, target, crowd, nil)
	out := producer.out.String()
	if begins, over := strings.Count(out, "does not take events"), strings.Count(out, "the queue takes events again"); begins == 0 || begins > 4 || over == 0 || over > begins {
		t.Errorf("the log tells %d times of a topic that takes nothing, and %d times of the end", begins, over)
	}
	ends(t, producer.process, consumer.process)
	w.wantNoDeadLetters()
}

// TestABacklogIsCaughtUpWithWhileProbesGoOn: a spool with the events of hours.
func TestABacklogIsCaughtUpWithWhileProbesGoOn(t *testing.T) {
	const backlog, monitors = 200_000, 40
	w, target, dir := newWorld(t, 3), newWitness(t), t.TempDir()
	fill(t, dir, measurements(backlog, 100, time.Now().Add(-time.Hour)))
	producer, consumer := w.heartbeat(dir, target, monitors), w.collector()
	eventually(t, 30*time.Second, "probes", func() bool { return target.all() > monitors })
	began := time.Now()
	depth := producer.metric("monitorink_queue_depth", "")
	fresh := func(at time.Time) (n int) { // how many monitors have a row of after at
		page, err := w.store().Monitors(t.Context(), store.MonitorQuery{Limit: store.MaxLimit})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Items {
			if m.Registration != nil && m.Last != nil && m.Last.Scheduled.After(at) {
				n++
			}
		}
		return n
	}
	eventually(t, 90*time.Second, "a fresh measurement", func() bool { return fresh(began) > 0 })
	t.Logf("a measurement that began behind a backlog of %.0f events was a row after %v", depth, time.Since(began).Round(10*time.Millisecond))
	eventually(t, 90*time.Second, "the backlog is in the topic", func() bool { return producer.metric("monitorink_queue_depth", "") < 2*monitors })
	forwarded := time.Since(began)
	eventually(t, 90*time.Second, "the backlog is in the store", func() bool {
		committed, _, err := w.broker.Progress(w.group, w.topic, w.partitions)
		return err == nil && committed >= backlog
	})
	took := time.Since(began)
	end := time.Now()
	eventually(t, 60*time.Second, "everything up to now is saved", func() bool { return fresh(end) == monitors })
	slots, measured := 0, 0
	for _, b := range account(w.savedOf(strings.TrimPrefix(target.url, "http://"))) {
		for s := range schedule.Slots(b.registrations, began, end) {
			if slots++; b.measured[s.Scheduled] != nil {
				measured++
			} else if !inGap(b.gaps, s) {
				t.Errorf("%s at %v is not accounted for", s.Monitor, s.Scheduled)
			}
		}
	}
	t.Logf("%d events are in the topic after %v, and in the store after %v, %.0f a second; meanwhile %d of %d slots were measured", backlog, forwarded.Round(10*time.Millisecond), took.Round(10*time.Millisecond), backlog/took.Seconds(), measured, slots)
	if slots == 0 || measured*100 < slots*95 {
		t.Errorf("%d of %d slots were measured during the catch-up, want 95 %%", measured, slots)
	}
	if rows := w.count("measurement"); rows < backlog {
		t.Errorf("%d rows, want the backlog's %d and more", rows, backlog)
	}
	ends(t, producer.process, consumer.process)
	w.wantNoDeadLetters()
}

// fill makes a spool with events that nobody has taken.
func fill(t *testing.T, dir string, events []data.Event) {
	t.Helper()
	s, _, err := spool.Open(spool.Options{Dir: filepath.Join(dir, "spool")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	messages := make([]queue.Message, len(events))
	for i, e := range events {
		if messages[i], err = queue.Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	for at := 0; at < len(messages); at += 2000 {
		if err := s.Publish(t.Context(), messages[at:min(at+2000, len(messages))]); err != nil {
			t.Fatal(err)
		}
	}
}
