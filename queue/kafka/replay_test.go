package kafka_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue/kafka"
)

// produce writes messages as somebody else's program does.
func produce(t *testing.T, o kafka.Options, messages ...*sarama.ProducerMessage) {
	t.Helper()
	config, err := o.Config()
	if err != nil {
		t.Fatal(err)
	}
	p, err := sarama.NewSyncProducer(o.Brokers, config)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.SendMessages(messages); err != nil {
		t.Fatal(err)
	}
}

// letter is a dead letter that came from the topic events.
func letter(key, value string, headers ...string) *sarama.ProducerMessage {
	m := &sarama.ProducerMessage{Topic: "dead", Key: sarama.StringEncoder(key), Value: sarama.StringEncoder(value)}
	headers = append([]string{"kind", "gap", "monitorink-reason", "store: no", "monitorink-source-topic", "events", "monitorink-source-partition", "0", "monitorink-source-offset", "0"}, headers...)
	for i := 0; i < len(headers); i += 2 {
		m.Headers = append(m.Headers, sarama.RecordHeader{Key: []byte(headers[i]), Value: []byte(headers[i+1])})
	}
	return m
}

func letters(n int) []*sarama.ProducerMessage {
	list := make([]*sarama.ProducerMessage, n)
	for i := range list {
		list[i] = letter(fmt.Sprint("m", i), fmt.Sprint("value ", i))
	}
	return list
}

// values are those in a topic, sorted.
func values(t *testing.T, o kafka.Options, topic string) []string {
	t.Helper()
	list, err := records(t, o, topic)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range list {
		all = append(all, string(m.Value))
	}
	slices.Sort(all)
	return all
}

func replay(t *testing.T, o kafka.Options, how kafka.ReplayOptions, want kafka.ReplayResult) {
	t.Helper()
	got, err := kafka.Replay(t.Context(), o, how)
	if err != nil || got != want {
		t.Errorf("got %+v and %v, want %+v", got, err, want)
	}
}

func TestDeadLettersAreHandedOutAsTheyWereWritten(t *testing.T) {
	_, o := fake(t)
	produce(t, o, letters(1200)...)
	n := 0
	err := kafka.DeadLetters(t.Context(), o, func(d kafka.DeadLetter) error {
		if d.Key != fmt.Sprint("m", n) || string(d.Value) != fmt.Sprint("value ", n) || d.Kind != data.KindGap || d.Offset != int64(n) ||
			d.SourceTopic != "events" || d.Reason != "store: no" || d.At.IsZero() {
			t.Errorf("letter %d is %+v", n, d)
		}
		n++
		return nil
	})
	if err != nil || n != 1200 {
		t.Errorf("%d letters and %v, want 1200", n, err)
	}
	odd := errors.New("odd")
	if err := kafka.DeadLetters(t.Context(), o, func(kafka.DeadLetter) error { return odd }); !errors.Is(err, odd) {
		t.Errorf("got %v, want the error of each", err)
	}
}

func TestReplaySendsEachLetterOnceAsItWas(t *testing.T) {
	_, o := fake(t)
	produce(t, o, letters(700)...)
	dry := 0
	replay(t, o, kafka.ReplayOptions{DryRun: true, Each: func(kafka.DeadLetter, error) { dry++ }}, kafka.ReplayResult{Replayed: 700})
	if got := values(t, o, "events"); len(got) != 0 || dry != 700 {
		t.Fatalf("a dry run sent %d and told of %d", len(got), dry)
	}
	replay(t, o, kafka.ReplayOptions{}, kafka.ReplayResult{Replayed: 700})
	replay(t, o, kafka.ReplayOptions{}, kafka.ReplayResult{})
	produce(t, o, letter("late", "one more"))
	replay(t, o, kafka.ReplayOptions{}, kafka.ReplayResult{Replayed: 1})
	got := values(t, o, "events")
	if len(got) != 701 || len(slices.Compact(got)) != 701 {
		t.Errorf("%d events, want 701, each once", len(got))
	}
	list, err := records(t, o, "events")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if len(m.Headers) != 1 || string(m.Headers[0].Key) != "kind" || string(m.Headers[0].Value) != "gap" || !strings.HasPrefix(string(m.Key), "m") && string(m.Key) != "late" {
			t.Fatalf("it came back with key %q and headers %v", m.Key, m.Headers)
		}
	}
	replay(t, o, kafka.ReplayOptions{All: true}, kafka.ReplayResult{Replayed: 701})
}

func TestReplayReadsWhatWasCutFromItsSource(t *testing.T) {
	_, o := fake(t)
	big := strings.Repeat("x", 400_000)
	var batch []*sarama.ProducerMessage // the original is in its middle
	for _, v := range []string{"before", big, "behind"} {
		batch = append(batch, &sarama.ProducerMessage{Topic: "events", Key: sarama.StringEncoder("big"), Value: sarama.StringEncoder(v)})
	}
	produce(t, o, batch...)
	list, err := records(t, o, "events")
	if err != nil || len(list) != 3 {
		t.Fatal(len(list), err)
	}
	list = list[1:]
	cut := func(key string, offset int64) *sarama.ProducerMessage {
		return letter(key, big[:100], "monitorink-cut", "true", "monitorink-original-size", fmt.Sprint(len(big)),
			"monitorink-source-partition", fmt.Sprint(list[0].Partition), "monitorink-source-offset", fmt.Sprint(offset))
	}
	produce(t, o, cut("big", list[0].Offset), cut("other", list[0].Offset), cut("big", 99),
		&sarama.ProducerMessage{Topic: "dead", Value: sarama.StringEncoder("no letter")}, letter("whole", "whole"))
	var skipped []string
	replay(t, o, kafka.ReplayOptions{Each: func(d kafka.DeadLetter, err error) {
		if err != nil {
			skipped = append(skipped, fmt.Sprintf("%d %v", d.Offset, err))
		}
	}}, kafka.ReplayResult{Replayed: 2, Fetched: 1, Skipped: 3})
	want := []string{"1 it was cut, and another message has the original's place", "2 it was cut, and its topic no longer holds the original", "3 it does not say where it came from, so it is no dead letter"}
	if !slices.Equal(skipped, want) {
		t.Errorf("skipped %q, want %q", skipped, want)
	}
	if got := values(t, o, "events"); !slices.Equal(got, []string{"before", "behind", "whole", big, big}) {
		t.Errorf("there are %d events", len(got))
	}
	replay(t, o, kafka.ReplayOptions{}, kafka.ReplayResult{})
}

func TestReplaySendsToTheTopicOfEventsOnly(t *testing.T) {
	c, o := fake(t)
	if err := c.CreateTopic("theirs", 1, nil); err != nil {
		t.Fatal(err)
	}
	from := func(topic string, more ...string) *sarama.ProducerMessage {
		return letter("of "+topic, topic, append(more, "monitorink-source-topic", topic)...)
	}
	produce(t, o, letter("a", "first"), from("gone"), from("theirs"), from("theirs", "monitorink-cut", "true", "monitorink-source-offset", "7"), letter("b", "last"))
	var skipped []string
	each := func(d kafka.DeadLetter, err error) {
		problem := new(kafka.Problem)
		if errors.As(err, &problem) && slices.Equal(problem.Options, []string{"Topic"}) {
			skipped = append(skipped, fmt.Sprintf("%d %v", d.Offset, err))
		}
	}
	want := kafka.ReplayResult{Replayed: 2, Skipped: 3}
	replay(t, o, kafka.ReplayOptions{DryRun: true}, want)
	replay(t, o, kafka.ReplayOptions{Each: each}, want)
	if len(skipped) != 3 || skipped[0] != "1 it came from topic gone, not events; set the topic to gone and replay --all to send it there" {
		t.Errorf("skipped %q", skipped)
	}
	if got := values(t, o, "events"); !slices.Equal(got, []string{"first", "last"}) {
		t.Errorf("events has %q", got)
	}
	if got := values(t, o, "theirs"); len(got) != 0 {
		t.Errorf("theirs has %q", got)
	}
	replay(t, o, kafka.ReplayOptions{}, kafka.ReplayResult{}) // all are passed
	o.Topic = "theirs"
	replay(t, o, kafka.ReplayOptions{All: true}, kafka.ReplayResult{Replayed: 1, Skipped: 4})
	if got := values(t, o, "theirs"); !slices.Equal(got, []string{"theirs"}) {
		t.Errorf("theirs has %q", got)
	}
}

func TestReplayThatCouldNotSendOrCommitSendsAgain(t *testing.T) {
	c, o := fake(t)
	produce(t, o, letters(10)...)
	for _, f := range []kfake.Fault{
		{Keys: []kmsg.Key{kmsg.Produce}, Topic: "events", Err: kerr.TopicAuthorizationFailed, Count: 1},
		{Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: kerr.GroupAuthorizationFailed, Count: 1},
	} {
		c.Fault(f)
		_, err := kafka.Replay(t.Context(), o, kafka.ReplayOptions{})
		var p *kafka.Problem
		if !errors.As(err, &p) {
			t.Errorf("got %v, want an error in words", err)
		}
	}
	replay(t, o, kafka.ReplayOptions{}, kafka.ReplayResult{Replayed: 10})
	if got := slices.Compact(values(t, o, "events")); len(got) != 10 {
		t.Errorf("%d different events, want 10", len(got))
	}
}

// What keeps an original from being read now may be over the next time.
func TestReplayPassesOverNoLetterWhoseOriginalCannotBeReadNow(t *testing.T) {
	c, o := fake(t)
	produce(t, o, &sarama.ProducerMessage{Topic: "events", Key: sarama.StringEncoder("big"), Value: sarama.StringEncoder("original")})
	list, err := records(t, o, "events")
	if err != nil || len(list) != 1 {
		t.Fatal(len(list), err)
	}
	produce(t, o, letter("a", "first"), letter("big", "orig", "monitorink-cut", "true", "monitorink-original-size", "8",
		"monitorink-source-partition", fmt.Sprint(list[0].Partition), "monitorink-source-offset", fmt.Sprint(list[0].Offset)),
		letter("gone", "go", "monitorink-cut", "true", "monitorink-source-partition", "99"))
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: "events", Err: kerr.NotLeaderForPartition, Count: 1})
	got, err := kafka.Replay(t.Context(), o, kafka.ReplayOptions{})
	if err == nil || got != (kafka.ReplayResult{}) || !strings.Contains(err.Error(), "dead letter 1 of partition 0 was cut") {
		t.Errorf("got %+v and %v, want an error", got, err)
	}
	replay(t, o, kafka.ReplayOptions{}, kafka.ReplayResult{Replayed: 2, Fetched: 1, Skipped: 1})
	if got := values(t, o, "events"); !slices.Equal(got, []string{"first", "original", "original"}) {
		t.Errorf("events has %q", got)
	}
}

func TestReplayThatIsInterruptedSaysSoAndGoesOn(t *testing.T) {
	_, o := fake(t)
	produce(t, o, letters(1200)...)
	ctx, cancel := context.WithCancel(t.Context())
	first, err := kafka.Replay(ctx, o, kafka.ReplayOptions{Each: func(kafka.DeadLetter, error) { cancel() }})
	if !errors.Is(err, context.Canceled) || first.Replayed == 0 || first.Replayed >= 1200 {
		t.Errorf("got %+v and %v", first, err)
	}
	replay(t, o, kafka.ReplayOptions{}, kafka.ReplayResult{Replayed: 1200 - first.Replayed})
	if got := slices.Compact(values(t, o, "events")); len(got) != 1200 {
		t.Errorf("%d different events, want 1200", len(got))
	}
}

func TestReplayKeepsATombstone(t *testing.T) {
	_, o := fake(t)
	m := letter("gone", "")
	m.Value = nil
	produce(t, o, m)
	replay(t, o, kafka.ReplayOptions{}, kafka.ReplayResult{Replayed: 1})
	list, err := records(t, o, "events")
	if err != nil || len(list) != 1 || list[0].Value != nil || !bytes.Equal(list[0].Key, []byte("gone")) {
		t.Errorf("got %v and %v", list, err)
	}
}
