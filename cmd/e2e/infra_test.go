//go:build integration

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/kafka"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/postgres"
)

// together: beside broker and database no more tests run at once than there are processors.
const together = 1

// A world is a topic, its dead letters, a group and a migrated database that
// belong to one test.
type world struct {
	t                     *testing.T
	broker                servers.Broker
	db                    servers.DB
	topic, letters, group string
	partitions            int
	reader                *postgres.Store
}

func newWorld(t *testing.T, partitions int, config ...string) *world {
	t.Helper()
	b := servers.Kafka(t)
	w := &world{t: t, broker: b, db: servers.Database(t), partitions: partitions}
	w.topic, w.letters = b.Topic(t, partitions, config...), b.Topic(t, lettersPartitions, config...)
	w.group = "collectors-of-" + w.topic
	return w
}

const lettersPartitions = 2

// env is the environment of both daemons: Kafka in plaintext, and Postgres with
// verify-full. What comes later in an environment wins.
func (w *world) env(more ...string) []string {
	return append([]string{
		"MONITORINK_QUEUE=kafka", "MONITORINK_KAFKA_BROKERS=" + w.broker.Plain, "MONITORINK_KAFKA_TOPIC=" + w.topic,
		"MONITORINK_KAFKA_DLQ_TOPIC=" + w.letters, "MONITORINK_KAFKA_GROUP=" + w.group,
		"MONITORINK_STORE=postgres", "MONITORINK_POSTGRES_URL=" + w.db.URL,
	}, more...)
}

// secret is a file with a secret in it, for a variable that ends in _FILE.
func secret(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// bySCRAM and byCertificate are the other ways into Kafka.
func (w *world) bySCRAM() []string {
	return []string{
		"MONITORINK_KAFKA_BROKERS=" + w.broker.SASL, "MONITORINK_KAFKA_TLS=on", "MONITORINK_KAFKA_CA_FILE=" + w.broker.CAFile,
		"MONITORINK_KAFKA_SASL=scram-sha-512", "MONITORINK_KAFKA_USERNAME_FILE=" + secret(w.t, w.broker.Username),
		"MONITORINK_KAFKA_PASSWORD_FILE=" + secret(w.t, w.broker.Password),
	}
}

func (w *world) byCertificate() []string {
	return []string{
		"MONITORINK_KAFKA_BROKERS=" + w.broker.MTLS, "MONITORINK_KAFKA_TLS=on", "MONITORINK_KAFKA_CA_FILE=" + w.broker.CAFile,
		"MONITORINK_KAFKA_CERT_FILE=" + w.broker.CertFile, "MONITORINK_KAFKA_KEY_FILE=" + w.broker.KeyFile,
	}
}

func (w *world) collector(more ...string) *daemon {
	w.t.Helper()
	addr := freeAddr(w.t)
	env := w.env(append([]string{"MONITORINK_COLLECTOR_ADDR=" + addr}, more...)...)
	return &daemon{start(w.t, "collector", env, "run"), "http://" + addr}
}

// heartbeat watches paths of the target every 400 ms.
func (w *world) heartbeat(dir string, target *witness, paths int, more ...string) *daemon {
	w.t.Helper()
	var urls []string
	for i := range paths {
		urls = append(urls, fmt.Sprintf("%s/%d", target.url, i))
	}
	addr := freeAddr(w.t)
	env := w.env(append([]string{
		"MONITORINK_URLS=" + strings.Join(urls, ","), "MONITORINK_SCHEDULE=@every 400ms", "MONITORINK_TIMEOUT=200ms",
		"MONITORINK_DATA_DIR=" + dir, "MONITORINK_HEARTBEAT_ADDR=" + addr, "MONITORINK_LOCATION=here",
	}, more...)...)
	return &daemon{start(w.t, "heartbeat", env, "run"), "http://" + addr}
}

// publish brings events into the topic by the Publisher, in batches. Any goroutine
// may call it.
func (w *world) publish(events ...data.Event) {
	w.t.Helper()
	messages := make([]queue.Message, len(events))
	for i, e := range events {
		m, err := queue.Encode(e)
		if err != nil {
			w.t.Error(err)
			return
		}
		messages[i] = m
	}
	w.send(messages)
}

func (w *world) send(messages []queue.Message) {
	w.t.Helper()
	pub, err := kafka.NewPublisher(kafka.Options{Brokers: []string{w.broker.Plain}, Topic: w.topic})
	if err != nil {
		w.t.Error(err)
		return
	}
	defer pub.Close()
	const batch = 2000
	for at := 0; at < len(messages); at += batch {
		if err := pub.Publish(w.t.Context(), messages[at:min(at+batch, len(messages))]); err != nil {
			w.t.Errorf("publish: %v", err)
			return
		}
	}
}

// psql runs sql as the owner of the schema.
func (w *world) psql(sql string) { servers.Psql(w.t, w.db.OwnerURL, sql) }

// count asks psql, as the superuser.
func (w *world) count(from string) int {
	w.t.Helper()
	n, err := strconv.Atoi(servers.Psql(w.t, w.db.AdminURL, "select count(*) from "+from))
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// deadLetters reads the dead-letter topic by kcat: the headers of each letter.
func (w *world) deadLetters() []string {
	w.t.Helper()
	out := servers.Kcat(w.t, "-C", "-e", "-t", w.letters, "-f", `%h\n`)
	return strings.Split(out, "\n")[:strings.Count(out, "\n")]
}

// consumed reports whether a group has committed everything that is in the topic.
func (w *world) consumed(group string) bool {
	committed, written, err := w.broker.Progress(group, w.topic, w.partitions)
	return err == nil && committed == written
}

func (w *world) wantNoDeadLetters() {
	w.t.Helper()
	if letters := w.deadLetters(); len(letters) > 0 {
		w.t.Errorf("%d dead letters, the first with %s", len(letters), letters[0])
	}
}

// store reads the database as the collector's role does.
func (w *world) store() *postgres.Store {
	w.t.Helper()
	if w.reader == nil {
		s, err := postgres.Open(postgres.Options{URL: w.db.URL})
		if err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(func() { s.Close() })
		w.reader = s
	}
	return w.reader
}

// upTo reports whether each of n monitors has a measurement after end.
func (w *world) upTo(n int, end time.Time) bool {
	page, err := w.store().Monitors(w.t.Context(), store.MonitorQuery{Limit: store.MaxLimit})
	if err != nil || len(page.Items) != n {
		return false
	}
	for _, m := range page.Items {
		if m.Last == nil || !m.Last.Scheduled.After(end) {
			return false
		}
	}
	return true
}

// saved reads everything back from the database.
func (w *world) saved() []data.Event { return w.savedOf("") }

// whole reads everything back, and waits for a while for gaps of before end, which
// heartbeat keeps open for some seconds after measurements of later slots are saved.
// What is missing then is for the caller to tell.
func (w *world) whole(end time.Time) (all []data.Event) {
	w.t.Helper()
	late := time.Now().Add(10 * time.Second)
	eventually(w.t, 30*time.Second, "the gaps are saved", func() bool {
		all = w.saved()
		return missing(account(all), end) == 0 || time.Now().After(late)
	})
	return all
}

// savedOf reads what there is of the monitors whose name begins with prefix.
func (w *world) savedOf(prefix string) []data.Event {
	w.t.Helper()
	s, ctx := w.store(), w.t.Context()
	monitors, err := s.Monitors(ctx, store.MonitorQuery{Limit: store.MaxLimit})
	if err != nil {
		w.t.Fatal(err)
	}
	var all []data.Event
	for _, m := range monitors.Items {
		if !strings.HasPrefix(m.Monitor, prefix) {
			continue
		}
		q := store.Query{Monitor: m.Monitor, Limit: store.MaxLimit}
		all = append(all, listed(w.t, q, func(q store.Query) (store.Page[*data.Measurement], error) { return s.Measurements(ctx, q) })...)
		all = append(all, listed(w.t, q, func(q store.Query) (store.Page[*data.Gap], error) { return s.Gaps(ctx, q) })...)
		all = append(all, listed(w.t, q, func(q store.Query) (store.Page[*data.Registration], error) { return s.Registrations(ctx, q) })...)
	}
	return all
}

func listed[E data.Event](t *testing.T, q store.Query, list func(store.Query) (store.Page[E], error)) []data.Event {
	t.Helper()
	var all []data.Event
	for {
		page, err := list(q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Items {
			all = append(all, e)
		}
		if q.After = page.Next; q.After == "" {
			return all
		}
	}
}
