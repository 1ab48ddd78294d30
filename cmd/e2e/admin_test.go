package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/kafka"
)

// brokers starts a Kafka in this process, and returns what makes the programs use it.
func brokers(t *testing.T, opts ...kfake.Opt) (addr string, env []string) {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	addr = c.ListenAddrs()[0]
	return addr, []string{"MONITORINK_QUEUE=kafka", "MONITORINK_KAFKA_BROKERS=" + addr, "MONITORINK_URLS=http://127.0.0.1/", "MONITORINK_DATA_DIR=" + t.TempDir()}
}

// says runs a program to its end, and wants an exit code and parts of what it prints.
func says(t *testing.T, env []string, code int, command string, parts ...string) string {
	t.Helper()
	words := strings.Fields(command)
	p := start(t, words[0], env, words[1:]...)
	if got := p.wait(20 * time.Second); got != code {
		t.Errorf("%s: exit code %d, want %d; it says\n%s", command, got, code, p.out)
	}
	for _, part := range parts {
		if !strings.Contains(p.out.String(), part) {
			t.Errorf("%s does not say %q, but\n%s", command, part, p.out)
		}
	}
	return p.out.String()
}

func TestTopicsArePlannedAndApplied(t *testing.T) {
	_, env := brokers(t)
	says(t, env, 1, "heartbeat check", "ok    monitors of MONITORINK_URLS: 1 monitor", "FAIL  topic monitorink.events: the topic does not exist", "      make it: heartbeat topics apply (MONITORINK_KAFKA_TOPIC)")
	says(t, env, 0, "heartbeat topics plan", "create monitorink.events: 12 partitions, replication 1", "create monitorink.dlq: 3 partitions", "heartbeat topics apply, with the same flags")
	says(t, env, 0, "heartbeat topics apply --partitions 4", "create monitorink.events: 4 partitions", "every partition has a leader")
	says(t, env, 0, "heartbeat topics apply", "as they should be")
	says(t, env, 0, "heartbeat topics plan --partitions 2 --retention 30d", "cannot change monitorink.events: partitions from 4 to 2; Kafka takes no partition away", "retention.ms from 604800000 (7 days) to 2592000000 (30 days)")
	says(t, env, 1, "heartbeat topics apply --partitions 2 --retention 30d", "change monitorink.events: retention.ms", "1 change cannot be made")
	says(t, env, 2, "heartbeat topics plan --partitions 0", "--partitions 0: write a number from 1 to 10000")
	says(t, env, 2, "heartbeat topics plan --retention soon", "write a number and a unit, such as 12h or 14d")
	says(t, env, 0, "heartbeat check", "ok    right to write monitorink.events")
	says(t, env, 0, "collector check", "ok    right to read monitorink.events", "ok    right to write monitorink.dlq", "ok    consumer group monitorink-collector", "ok    store in memory")
	nobody := append(env, "MONITORINK_KAFKA_BROKERS="+freeAddr(t))
	says(t, nobody, 1, "heartbeat topics plan", "nothing listens at 127.0.0.1:", "(MONITORINK_KAFKA_BROKERS)")
	says(t, nobody, 1, "collector check", "FAIL  broker 127.0.0.1:", "start Kafka, or correct the broker's address (MONITORINK_KAFKA_BROKERS)", "1 of 2 checks failed")
}

func TestCheckLooksAtWhatHeartbeatNeedsWithoutKafka(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "monitors.yaml")
	env := []string{"MONITORINK_QUEUE=disk", "MONITORINK_MONITORS=" + file, "MONITORINK_DATA_DIR=" + filepath.Join(dir, "new")}
	says(t, env, 1, "heartbeat check", "FAIL  monitors: "+file+": there is no such file", "ok    folder ")
	if err := os.WriteFile(file, []byte("monitors:\n  - { id: a, url: 'http://127.0.0.1/', every: soon }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	says(t, env, 1, "heartbeat check", file+":2")
	says(t, append(env, "MONITORINK_DATA_DIR="+file+"/x"), 1, "heartbeat check", "FAIL  folder", "MONITORINK_DATA_DIR")
	if _, err := os.Stat(filepath.Join(dir, "new")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it made the folder: %v", err)
	}
	definitions := filepath.Join(dir, "new", "definitions.json")
	mustWrite(t, definitions, `{"form":1,"location":"here","definitions":[]}`)
	says(t, append(env, "MONITORINK_LOCATION=there"), 1, "heartbeat check", "FAIL  folder", `it holds "here", MONITORINK_LOCATION is "there"`)
	says(t, append(env, "MONITORINK_LOCATION=here"), 1, "heartbeat check", "ok    folder")
	mustWrite(t, definitions, "{half")
	says(t, env, 1, "heartbeat check", "FAIL  folder", "definitions.json is damaged", "sets aside what is damaged")
	nobody := append(env, "MONITORINK_QUEUE_URL=http://"+freeAddr(t))
	says(t, nobody, 1, "collector check", "FAIL  heartbeat's queue at http://127.0.0.1:", "start heartbeat with MONITORINK_QUEUE=disk")
}

func TestCollectorCheckAsksHeartbeatWhetherTheTokenIsRight(t *testing.T) {
	addr := freeAddr(t)
	env := []string{"MONITORINK_URLS=http://127.0.0.1/", "MONITORINK_HEARTBEAT_ADDR=" + addr, "MONITORINK_QUEUE_URL=http://" + addr, "MONITORINK_TOKEN=right"}
	h := start(t, "heartbeat", env, "run")
	eventually(t, 10*time.Second, "heartbeat answers", func() bool { return get("http://"+addr+"/livez", nil) == 200 })
	says(t, env, 0, "collector check", "ok    heartbeat's queue at http://"+addr)
	says(t, append(env, "MONITORINK_TOKEN=wrong"), 1, "collector check", "it refuses the token", "the same MONITORINK_TOKEN")
	h.stop()
}

// refuse publishes n events and lets a subscriber refuse them.
func refuse(t *testing.T, addr string, n int) {
	t.Helper()
	o := kafka.Options{Brokers: []string{addr}, Topic: "monitorink.events", Group: "monitorink-collector", DeadLetterTopic: "monitorink.dlq"}
	p, err := kafka.NewPublisher(o)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s, err := kafka.Subscribe(o, kafka.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var list []queue.Message
	for i := range n {
		list = append(list, queue.Message{Key: fmt.Sprintf("shop-with-a-long-name-%d", i), Kind: data.KindGap, Value: fmt.Appendf(nil, `{"number":%d}`, i)})
	}
	if err := p.Publish(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	for range n {
		m, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.Settle(m, queue.Outcome{Verdict: queue.Refused, Err: errors.New("measurement: " + strings.Repeat("it will never do, ", 10))})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestDeadLettersAreListedAndReplayed(t *testing.T) {
	addr, env := brokers(t, kfake.SeedTopics(2, "monitorink.events"), kfake.SeedTopics(1, "monitorink.dlq"))
	says(t, env, 0, "collector dlq list", "there are no dead letters")
	says(t, env, 0, "collector dlq replay", "there is nothing to replay")
	refuse(t, addr, 5)
	table := says(t, env, 0, "collector dlq list --limit 3", "LETTER", "REASON", "gap", "it will never do", "the newest 3 of 5; --limit 0 shows all")
	for line := range strings.Lines(table) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 120 {
			t.Errorf("a line has %d columns: %s", n, line)
		}
	}
	first, _, _ := strings.Cut(says(t, env, 0, "collector dlq list --json"), "\n")
	var got struct {
		Topic  string          `json:"source_topic"`
		Reason string          `json:"reason"`
		Value  json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal([]byte(first), &got); err != nil || got.Topic != "monitorink.events" || !strings.HasPrefix(string(got.Value), `{"number":`) || len(got.Reason) < 180 {
		t.Errorf("a line is %s: %v", first, err)
	}
	says(t, env, 0, "collector dlq replay --dry-run", "would replay 0:4 of shop", "would replay 5 dead letters, skipped 0")
	says(t, env, 0, "collector dlq replay", "replayed 5 dead letters, skipped 0")
	says(t, env, 0, "collector dlq replay", "there is nothing to replay")
	says(t, env, 0, "collector dlq replay --all", "replayed 5 dead letters")
	other := append(slices.Clone(env), "MONITORINK_KAFKA_TOPIC=theirs")
	says(t, other, 0, "collector dlq replay --all", "skipped 0:0 of shop-with-a-long-name-",
		"it came from topic monitorink.events, not theirs; set the topic to monitorink.events and replay --all to send it there (MONITORINK_KAFKA_TOPIC)", "replayed 0 dead letters, skipped 5")
	missing := append(env, "MONITORINK_KAFKA_DLQ_TOPIC=nope")
	says(t, missing, 1, "collector dlq list", "dead-letter topic nope: the topic does not exist; make it: heartbeat topics apply (MONITORINK_KAFKA_DLQ_TOPIC)")
	says(t, missing, 1, "collector dlq replay", "the topic does not exist")
}

func TestDeadLettersOfOtherQueues(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "spool"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := `{"at":"2026-11-24T10:00:00Z","reason":"odd","kind":"gap","key":"shop","value":{"a":1}}` + "\nbroken\n"
	if err := os.WriteFile(filepath.Join(dir, "spool", "dead-letters.ndjson"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	disk := []string{"MONITORINK_QUEUE=disk", "MONITORINK_DATA_DIR=" + dir}
	says(t, disk, 0, "collector dlq list", "shop", "odd", "11-24 10:00:00", "warning: 1 line of the dead letters")
	says(t, disk, 2, "collector dlq replay", "cannot be sent again", "collector dlq list --json")
	memory := []string{"MONITORINK_QUEUE=memory"}
	says(t, memory, 2, "collector dlq list", "keeps no dead letters")
	says(t, memory, 2, "collector dlq replay", "keeps no dead letters")
}
