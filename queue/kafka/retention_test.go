package kafka_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/IBM/sarama"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/kafka"
)

// A journal keeps what is logged.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

// lines are those that have all the words.
func (j *journal) lines(words ...string) (found []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.b.String()) {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			found = append(found, line)
		}
	}
	return found
}

// deletes makes a topic of one partition forget what lies below an offset.
func deletes(t *testing.T, o kafka.Options, below int64) {
	t.Helper()
	config, err := o.Config()
	if err != nil {
		t.Fatal(err)
	}
	config.Metadata.Full = true // or the admin client does not find the leader
	admin, err := sarama.NewClusterAdmin(o.Brokers, config)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if err := admin.DeleteRecords(o.Topic, map[int32]int64{0: below}); err != nil {
		t.Fatal(err)
	}
}

// commits sets the group's offset, as kafka-consumer-groups.sh does.
func commits(t *testing.T, o kafka.Options, offset int64) {
	t.Helper()
	config, err := o.Config()
	if err != nil {
		t.Fatal(err)
	}
	client, err := sarama.NewClient(o.Brokers, config)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	m, err := sarama.NewOffsetManagerFromClient(o.Group, client)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	p, err := m.ManagePartition(o.Topic, 0)
	if err != nil {
		t.Fatal(err)
	}
	p.MarkOffset(offset, "")
	m.Commit()
	p.AsyncClose() // m.Close waits for it
}

const deletedWords = "events were deleted from the topic before they were collected"

// session subscribes, accepts some messages in order, the first of which is
// numbered first, and closes. It returns what was logged, and the last figures.
func session(t *testing.T, o kafka.Options, first, count int) (*journal, kafka.SubscriptionStats) {
	t.Helper()
	j := &journal{}
	o.Logger = slog.New(slog.NewTextHandler(j, nil))
	s := subscribe(t, o, kafka.SubscribeOptions{})
	until(t, "a session", func() bool { return s.Problem() == nil })
	for i := range count {
		m := next(t, s)
		if want := fmt.Sprintf(`{"n":%d}`, first+i); string(m.Value) != want {
			t.Fatalf("got %s, want %s", m.Value, want)
		}
		s.Settle(m, accepted)
	}
	if count == 0 {
		until(t, "the partition", func() bool { return s.Stats().Partitions == 1 && len(j.lines("level=WARN")) > 0 })
	}
	stats := s.Stats()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return j, stats
}

// tellsOfRetention is run with every kind of broker; o has a topic of one partition.
func tellsOfRetention(t *testing.T, o kafka.Options) {
	if err := publisher(t, o).Publish(t.Context(), numbered(0, 100)); err != nil {
		t.Fatal(err)
	}
	step := func(what string, first, count int, from, to int) {
		t.Helper()
		j, stats := session(t, o, first, count)
		lost := to - from
		if stats.Skipped != int64(lost) {
			t.Errorf("%s: %d are said to be skipped, want %d", what, stats.Skipped, lost)
		}
		warned := j.lines("level=WARN")
		if lost == 0 && len(warned) != 0 {
			t.Errorf("%s: it warns of %q", what, warned)
		}
		want := []string{deletedWords, "topic=" + o.Topic + " ", "partition=0", fmt.Sprintf("from=%d ", from), fmt.Sprintf("to=%d ", to), fmt.Sprintf("count=%d", lost)}
		if lost > 0 && (len(warned) != 1 || len(j.lines(want...)) != 1) {
			t.Errorf("%s: it warns of %q, want one line with %q", what, warned, want)
		}
	}
	deletes(t, o, 10)
	step("nothing was committed", 10, 20, 0, 0)
	step("all is there", 30, 10, 0, 0)
	deletes(t, o, 70)
	step("some are gone", 70, 5, 40, 70)
	step("it was said", 75, 5, 0, 0)
	deletes(t, o, 100)
	step("all are gone", 0, 0, 80, 100)
	if err := publisher(t, o).Publish(t.Context(), numbered(100, 120)); err != nil {
		t.Fatal(err)
	}
	step("new ones came", 100, 20, 0, 0)

	commits(t, o, 500)
	j, stats := session(t, o, 100, 20)
	if got := j.lines("level=WARN", "partition=0", "committed=500", "end=120", "was made anew"); len(got) != 1 || stats.Skipped != 0 {
		t.Errorf("an offset above the end: %q, %d skipped", j.lines("level=WARN"), stats.Skipped)
	}
	if err := publisher(t, o).Publish(t.Context(), numbered(120, 125)); err != nil {
		t.Fatal(err)
	}
	step("what was collected anew is committed", 120, 5, 0, 0)
}

// tellsOfRetentionMeanwhile deletes what a partition that waits was about to fetch.
func tellsOfRetentionMeanwhile(t *testing.T, o kafka.Options) {
	var messages []queue.Message
	for i := range 300 {
		messages = append(messages, queue.Message{Key: fmt.Sprint(i), Kind: "measurement", Value: noise(10_000)})
	}
	if err := publisher(t, o).Publish(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
	j := &journal{}
	o.Logger = slog.New(slog.NewTextHandler(j, nil))
	s := subscribe(t, o, kafka.SubscribeOptions{InFlight: 4})
	held := next(t, s)
	deletes(t, o, 280)
	got := map[string]bool{}
	for last := ""; last != "299"; {
		s.Settle(held, accepted)
		got[held.Key] = true
		if last = held.Key; last != "299" {
			held = next(t, s)
		}
	}
	if n := int(s.Stats().Skipped); n == 0 || n+len(got) != 300 || len(j.lines(deletedWords, "to=280 ")) != 1 {
		t.Errorf("%d came and %d are said to be skipped, of 300: %q", len(got), n, j.lines("level=WARN"))
	}
}

func TestLossByRetentionIsSaid(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(*testing.T, kafka.Options){"between": tellsOfRetention, "meanwhile": tellsOfRetentionMeanwhile} {
		t.Run(name, func(t *testing.T) {
			c, o := fake(t)
			o.Topic = "one"
			if err := c.CreateTopic("one", 1, nil); err != nil {
				t.Fatal(err)
			}
			run(t, o)
		})
	}
}
