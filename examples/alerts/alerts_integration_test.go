//go:build integration

package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/kafka"
	"github.com/monitorink/monitorink/store/postgres"
)

const partitions = 3

// filled is a topic with the known events, as heartbeat writes them.
func filled(t *testing.T, broker servers.Broker) (topic string) {
	t.Helper()
	topic = broker.Topic(t, partitions)
	publish(t, broker, topic, known(t, "events.ndjson"))
	return topic
}

func publish(t *testing.T, broker servers.Broker, topic string, values []string) {
	t.Helper()
	p, err := kafka.NewPublisher(kafka.Options{Brokers: []string{broker.Plain}, Topic: topic})
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range values {
		m := queue.Message{Key: "shop", Kind: data.KindMeasurement, Value: []byte(value)} // what is no event stands among the shop's
		if e, err := data.Decode(m.Value); err == nil {
			m.Key, m.Kind = e.Key(), e.Kind()
		}
		if err := p.Publish(t.Context(), []queue.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// A program is a consumer that runs. Its output is read when it has ended.
type program struct {
	cmd             *exec.Cmd
	out, complaints bytes.Buffer
}

func begin(t *testing.T, name string, arguments ...string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(name, arguments...)}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.complaints
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	return p
}

// end sends SIGTERM, and returns the lines in the order of their text.
func (p *program) end(t *testing.T) []string {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, &p.complaints)
	}
	lines := strings.Split(strings.TrimSuffix(p.out.String(), "\n"), "\n")
	slices.Sort(lines)
	return lines
}

// consumers are the programs that read the topic: what to run before the flags.
func consumers(t *testing.T) map[string][]string {
	t.Helper()
	dir := t.TempDir()
	output(t, "go", "build", "-o", dir, ".")
	output(t, "python3", "-m", "venv", filepath.Join(dir, "venv"))
	output(t, filepath.Join(dir, "venv/bin/pip"), "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt")
	return map[string][]string{
		"Go":     {filepath.Join(dir, "alerts")},
		"Python": {filepath.Join(dir, "venv/bin/python"), "alerts.py"},
	}
}

func output(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	cmd := exec.Command(name, arguments...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(arguments, " "), err, &out, &complaints)
	}
	return out.String()
}

// caughtUp waits until a group has committed everything.
func caughtUp(t *testing.T, broker servers.Broker, p *program, group, topic string) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); ; <-time.After(50 * time.Millisecond) {
		committed, written, err := broker.Progress(group, topic, partitions)
		if err == nil && written > 0 && committed == written {
			return
		}
		if time.Now().After(end) {
			_ = p.cmd.Process.Kill()
			t.Fatalf("committed %d of %d: %v\n%s%s", committed, written, err, &p.out, &p.complaints)
		}
	}
}

func TestConsumersTellWhatTheEventsSay(t *testing.T) {
	broker := servers.Kafka(t)
	for name, consumer := range consumers(t) {
		t.Run(name, func(t *testing.T) {
			topic := filled(t, broker)
			group := "alerts-" + topic
			start := func() *program {
				return begin(t, consumer[0], append(slices.Clone(consumer[1:]), "--brokers", broker.Plain, "--topic", topic, "--group", group)...)
			}
			p := start()
			caughtUp(t, broker, p, group, topic)
			if diff := cmp.Diff(p.end(t), known(t, "alerts.txt")); diff != "" {
				t.Errorf("got (-), want (+):\n%s", diff)
			}
			for _, want := range []string{"measurement/2", "offset", "a newer version"} {
				if !strings.Contains(p.complaints.String(), want) {
					t.Errorf("nothing about %q in its complaints:\n%s", want, &p.complaints)
				}
			}

			// It goes on where it was: what it has read does not come again.
			last := known(t, "events.ndjson")[0]
			publish(t, broker, topic, []string{last})
			p = start()
			caughtUp(t, broker, p, group, topic)
			if got := p.end(t); len(got) != 1 || got[0] != "" {
				t.Errorf("got %q after a restart, want nothing", got)
			}
		})
		t.Run(name+"MissingTopic", func(t *testing.T) {
			topic := broker.Absent(t)
			cmd := exec.Command(consumer[0], append(slices.Clone(consumer[1:]), "--brokers", broker.Plain, "--topic", topic, "--group", topic)...)
			said, err := cmd.CombinedOutput()
			if err == nil || strings.Count(string(said), "\n") != 1 {
				t.Errorf("got %v, want that it ends with one line that says why:\n%s", err, said)
			}
		})
	}
}

func TestQueryOverTablesTellsWhatTheEventsSay(t *testing.T) {
	db := servers.Database(t)
	s, err := postgres.Open(postgres.Options{URL: db.URL})
	if err != nil {
		t.Fatal(err)
	}
	var events []data.Event
	for _, value := range known(t, "events.ndjson") {
		if e, err := data.Decode([]byte(value)); err == nil {
			events = append(events, e)
		}
	}
	if refused, err := s.Save(t.Context(), events); err != nil || len(refused) > 0 {
		t.Fatal(refused, err)
	}
	s.Close()
	compare(t, db.URL, "public")
}

func TestQueryOverTheTopicTellsWhatTheEventsSay(t *testing.T) {
	broker := servers.Kafka(t)
	topic := filled(t, broker)
	db := servers.EmptyDatabase(t)
	for range 2 { // what is there already stays as it is
		output(t, "./topic.sh", broker.Plain, topic, db.OwnerURL)
	}
	compare(t, db.OwnerURL, "topic")
	if got := servers.Psql(t, db.OwnerURL, "select count(*) from topic.message"); got != fmt.Sprint(len(known(t, "events.ndjson"))) {
		t.Errorf("%s messages are loaded, want %d", got, len(known(t, "events.ndjson")))
	}
	got := servers.Psql(t, db.OwnerURL, "select schema, messages from topic.passed_over order by schema")
	if got != "measurement/2|1\n|2" {
		t.Errorf("passed over %q, want one of a later schema, and two that are none", got)
	}
}

func compare(t *testing.T, url, source string) {
	t.Helper()
	got := output(t, "psql", "-qXAt", "-v", "since=2026-11-23", "-v", "source="+source, "-f", "alerts.sql", "-d", url)
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	slices.Sort(lines)
	if diff := cmp.Diff(lines, known(t, "alerts.txt")); diff != "" {
		t.Errorf("got (-), want (+):\n%s", diff)
	}
}
