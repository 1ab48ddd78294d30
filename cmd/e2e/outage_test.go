//go:build integration

package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/internal/servers"
)

// outage is how long a server is away. A minute tells no more than this: every wait
// in the daemons has come to its longest, or near it, by then.
const outage = 15 * time.Second

// These tests stop servers that all share, so none of them is parallel.

func TestACollectorWaitsForADatabaseThatIsDownAtItsStart(t *testing.T) {
	w := newWorld(t, 3)
	w.publish(measurements(1000, 10, time.Now().Add(-time.Hour))...)
	servers.StopPostgres(t)
	collector := w.collector()
	const waits = "the database is not ready; waiting for it"
	eventually(t, 20*time.Second, "not ready, for want of the store", func() bool {
		words, ok := collector.problems()
		return ok && strings.Contains(words["store"], "waiting for the database") && strings.Contains(words["store"], "refused")
	})
	<-time.After(outage / 2)
	said := strings.Count(collector.out.String(), waits)
	if said != 1 { // the next time after half a minute
		t.Errorf("it has said so %d times in %v", said, outage/2)
	}
	if committed, _, err := w.broker.Progress(w.group, w.topic, w.partitions); committed != 0 || err != nil {
		t.Errorf("%d messages are consumed: %v", committed, err)
	}
	servers.StartPostgres(t)
	eventually(t, 30*time.Second, "ready by itself", collector.ready)
	eventually(t, 30*time.Second, "the rows", func() bool { return w.count("measurement") == 1000 && w.consumed(w.group) })
	ends(t, collector.process)
	w.wantNoDeadLetters()
}

func TestADatabaseThatGoesAwayUnderLoadCostsNothing(t *testing.T) {
	const n = 40_000
	w := newWorld(t, 4)
	one, two := w.collector(), w.collector("MONITORINK_POSTGRES_URL="+w.db.BouncerURL)
	next, all := w.load(n, 5)
	next <- true
	eventually(t, 60*time.Second, "rows", func() bool { return w.count("measurement") > 0 })

	servers.StopPostgres(t)
	next <- true
	eventually(t, 20*time.Second, "one of them says that the store does not save", func() bool {
		a, _ := one.problems()
		b, _ := two.problems()
		return strings.Contains(a["store"], "does not save") || strings.Contains(b["store"], "does not save")
	})
	<-time.After(outage)
	servers.StartPostgres(t)
	eventually(t, 60*time.Second, "ready again", func() bool { return one.ready() && two.ready() })

	next <- true
	servers.KillPostgres(t)
	servers.StartPostgres(t)

	next <- true
	terminate := "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
	for range 5 {
		servers.Psql(t, w.db.AdminURL, terminate)
	}
	next <- true
	<-all
	eventually(t, 90*time.Second, "everything is consumed", func() bool { return w.consumed(w.group) })
	if rows := w.count("measurement"); rows != n {
		t.Errorf("%d rows, want %d", rows, n)
	}
	if errors := one.metric("monitorink_save_errors_total", "") + two.metric("monitorink_save_errors_total", ""); errors == 0 {
		t.Error("no save has failed: the outages met no load")
	}
	w.wantNoDeadLetters()
	ends(t, one.process, two.process)
}

// load publishes n measurements in parts beside the test, one part for each value
// that is sent, and closes all when all are published.
func (w *world) load(n, parts int) (next chan<- bool, all <-chan bool) {
	some, done := make(chan bool, parts), make(chan bool)
	events := measurements(n, 100, time.Now().Add(-time.Hour))
	go func() { // ends with the last part, or with the test
		defer close(done)
		for i := range parts {
			select {
			case <-some:
				w.publish(events[i*n/parts : (i+1)*n/parts]...)
			case <-w.t.Context().Done():
				return
			}
		}
	}()
	return some, done
}
