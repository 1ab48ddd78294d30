//go:build integration

package e2e_test

import (
	"strings"
	"testing"
	"time"
)

// Like those of the database, these tests are not parallel.

func TestDaemonsThatStartBeforeTheirBrokerGoOnWithIt(t *testing.T) {
	w, target := newWorld(t, 3), newWitness(t)
	w.broker.Stop(t)
	producer, consumer := w.heartbeat(t.TempDir(), target, 10), w.collector()
	w.wantComplaints(producer, consumer)
	before := len(target.answered("/0"))
	eventually(t, 10*time.Second, "it goes on probing", func() bool { return len(target.answered("/0")) > before+5 })
	if depth := producer.metric("monitorink_queue_depth", ""); depth < 50 {
		t.Errorf("the spool holds %.0f events, want all of them", depth)
	}
	w.broker.Start(t)
	eventually(t, 60*time.Second, "both ready by themselves", func() bool { return producer.ready() && consumer.ready() })
	w.wantSlots(producer, target, 10, nil)
	ends(t, producer.process, consumer.process)
	w.wantNoDeadLetters()
}

// wantComplaints waits until both daemons say, in words, that the broker is away.
func (w *world) wantComplaints(producer, consumer *daemon) {
	w.t.Helper()
	eventually(w.t, 60*time.Second, "heartbeat says that the broker is away", func() bool {
		words, ok := producer.problems()
		return ok && strings.Contains(words["kafka"], "they wait in the spool") && strings.Contains(words["kafka"], w.broker.Plain)
	})
	eventually(w.t, 60*time.Second, "collector says that the broker is away", func() bool {
		words, ok := consumer.problems()
		return ok && strings.Contains(words["queue"], w.broker.Plain)
	})
}

func TestABrokerThatDiesUnderLoadCostsNothing(t *testing.T) {
	w, target := newWorld(t, 3), newWitness(t)
	producer, consumer := w.heartbeat(t.TempDir(), target, 40), w.collector()
	eventually(t, 30*time.Second, "rows", func() bool { return w.count("measurement") > 40 })
	w.broker.Kill(t)
	w.wantComplaints(producer, consumer)
	rows, answers := w.count("measurement"), len(target.answered("/0"))
	eventually(t, 10*time.Second, "it goes on probing", func() bool { return len(target.answered("/0")) > answers+10 })
	w.broker.Start(t)
	eventually(t, 60*time.Second, "more rows", func() bool { return w.count("measurement") > rows })
	w.broker.Stop(t)
	w.broker.Start(t)
	eventually(t, 60*time.Second, "both ready by themselves", func() bool { return producer.ready() && consumer.ready() })
	w.wantSlots(producer, target, 40, nil)
	if gaps := w.count("gap where reason = 'stopped'"); gaps > 0 {
		t.Errorf("%d gaps say that heartbeat was stopped, and it ran all the time", gaps)
	}
	ends(t, producer.process, consumer.process)
	w.wantNoDeadLetters()
}
