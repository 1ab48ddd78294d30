package kafka_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/kafka"
)

const patience = 20 * time.Second

var accepted = queue.Outcome{Verdict: queue.Accepted}

func next(t *testing.T, s *kafka.Subscription) queue.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	m, err := s.Next(ctx)
	if err != nil {
		t.Fatalf("next: %v; problem: %v", err, s.Problem())
	}
	return m
}

// until asks again until ok.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	end := time.After(patience)
	for !ok() {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-end:
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}

// send writes records as they are, with a producer of the test's own.
func send(t *testing.T, o kafka.Options, messages ...*sarama.ProducerMessage) {
	t.Helper()
	config, err := o.Config()
	if err != nil {
		t.Fatal(err)
	}
	config.Producer.MaxMessageBytes = 32 << 20
	config.Producer.Compression = sarama.CompressionNone
	p, err := sarama.NewSyncProducer(o.Brokers, config)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, m := range messages {
		m.Topic = o.Topic
		if _, _, err := p.SendMessage(m); err != nil {
			t.Fatal(err)
		}
	}
}

// committed is the sum of the group's offsets.
func committed(t *testing.T, c *kfake.Cluster, group string) (sum int64) {
	t.Helper()
	info := c.GroupInfo(group)
	if info == nil {
		return 0
	}
	for _, topic := range info.Commits {
		for _, c := range topic {
			sum += max(c.Offset, 0)
		}
	}
	return sum
}

func TestStrangeRecordsPassAsTheyAre(t *testing.T) {
	t.Parallel()
	c, o := fake(t)
	o.Topic = "wide"
	if err := c.CreateTopic("wide", 1, map[string]string{"max.message.bytes": "20000000"}); err != nil {
		t.Fatal(err)
	}
	huge := noise(10_000_000)
	send(t, o,
		&sarama.ProducerMessage{Key: sarama.StringEncoder("tombstone")},
		&sarama.ProducerMessage{Value: sarama.StringEncoder("no key")},
		&sarama.ProducerMessage{Key: sarama.StringEncoder("huge"), Value: sarama.ByteEncoder(huge), Headers: []sarama.RecordHeader{
			{Key: []byte("kind"), Value: []byte("news")}, {Key: []byte("monitorink-reason"), Value: []byte("of an earlier burial")}, {Key: []byte("x"), Value: []byte{0xff}},
		}},
		&sarama.ProducerMessage{Key: sarama.StringEncoder("last"), Value: sarama.StringEncoder("{}")},
	)
	s := subscribe(t, o, kafka.SubscribeOptions{InFlightBytes: 1 << 20})
	no := queue.Outcome{Verdict: queue.Refused, Err: errors.New("größe\n\xff " + strings.Repeat("long ", 1000))}
	var held []queue.Message
	for range 3 {
		m := next(t, s)
		held = append(held, m)
		s.Settle(m, no)
	}
	if m := held[0]; m.Key != "tombstone" || m.Value != nil || m.Kind != "" {
		t.Errorf("tombstone: got %+v", m)
	}
	if a, b := held[1], held[2]; a.Key != "" || string(a.Value) != "no key" || b.Kind != "news" || len(b.Value) != len(huge) {
		t.Errorf("got %+v, then %s with %d bytes", a, b.Kind, len(b.Value))
	}
	s.Settle(next(t, s), accepted)
	until(t, "three dead letters", func() bool { return s.Stats().DeadLetters == 3 })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := committed(t, c, o.Group); got != 4 {
		t.Errorf("committed %d, want 4", got)
	}
	found, err := records(t, o, o.DeadLetterTopic)
	if err != nil || len(found) != 3 {
		t.Fatalf("got %d dead letters, %v", len(found), err)
	}
	for i, m := range found {
		d := kafka.ParseLetter(m)
		if d.SourceTopic != "wide" || d.SourcePartition != 0 || d.SourceOffset != int64(i) || d.Size != len(held[i].Value) || time.Since(d.At) > time.Minute {
			t.Errorf("letter %d: got %+v", i, d)
		}
		if !strings.HasPrefix(d.Reason, "größe\n\uFFFD long ") || len(d.Reason) > 2100 {
			t.Errorf("letter %d: reason %.50q with %d bytes", i, d.Reason, len(d.Reason))
		}
		if d.Cut != (i == 2) || d.Cut && (len(d.Value) < 100_000 || len(d.Value) >= len(huge) || d.Kind != "news") || i == 0 && d.Value != nil {
			t.Errorf("letter %d: cut %t, %d bytes", i, d.Cut, len(d.Value))
		}
		reasons, own := 0, 0
		for _, h := range m.Headers {
			if string(h.Key) == "monitorink-reason" {
				reasons++
				if strings.Contains(string(h.Value), "\n") {
					t.Errorf("letter %d: a reason of two lines", i)
				}
			}
			if string(h.Key) == "x" {
				own++
			}
		}
		if reasons != 1 || i == 2 && own != 1 {
			t.Errorf("letter %d: %d reasons, %d headers of its own", i, reasons, own)
		}
	}
}

func TestInFlightIsBounded(t *testing.T) {
	t.Parallel()
	_, o := fake(t)
	if err := publisher(t, o).Publish(t.Context(), numbered(0, 1000)); err != nil {
		t.Fatal(err)
	}
	for name, so := range map[string]kafka.SubscribeOptions{"messages": {InFlight: 100}, "bytes": {InFlightBytes: 100 * 300}} {
		o.Group = name
		s := subscribe(t, o, so)
		held := []queue.Message{next(t, s)} // to join the group takes as long as it takes
		for {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			m, err := s.Next(ctx)
			cancel()
			if err != nil {
				break
			}
			held = append(held, m)
		}
		if len(held) > 300 || name == "messages" && (len(held) < 50 || len(held) > 100) {
			t.Errorf("%s: %d were handed out", name, len(held))
		}
		for n := len(held); n < 1000; n++ {
			s.Settle(held[0], accepted)
			held = append(held[1:], next(t, s))
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestNothingIsLostWhilePartitionsMove(t *testing.T) {
	t.Parallel()
	c, o := fake(t)
	p := publisher(t, o)
	const n = 6000
	var mu sync.Mutex
	seen := map[string]int{}
	total := func() int { mu.Lock(); defer mu.Unlock(); return len(seen) }
	var all sync.WaitGroup // waited for below
	consume := func(s *kafka.Subscription) {
		all.Go(func() {
			var held []queue.Message
			for {
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
				m, err := s.Next(ctx)
				cancel()
				if errors.Is(err, queue.ErrClosed) {
					return // what it holds is the next one's
				}
				if err == nil {
					held = append(held, m)
				}
				if len(held) < 100 && err == nil {
					continue
				}
				for i := len(held) - 1; i >= 0; i-- {
					mu.Lock()
					seen[string(held[i].Value)]++
					mu.Unlock()
					s.Settle(held[i], accepted)
				}
				held = nil
			}
		})
	}
	first := subscribe(t, o, kafka.SubscribeOptions{})
	consume(first)
	all.Go(func() {
		for i := 0; i < n; i += 100 {
			if err := p.Publish(t.Context(), numbered(i, i+100)); err != nil {
				t.Errorf("publish: %v", err)
			}
		}
	})
	until(t, "the first messages", func() bool { return total() > 500 })
	second := subscribe(t, o, kafka.SubscribeOptions{})
	consume(second)
	until(t, "the second to have partitions", func() bool { return second.Stats().Partitions > 0 })
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	third := subscribe(t, o, kafka.SubscribeOptions{})
	consume(third)
	until(t, "all messages", func() bool { return total() == n })
	for _, s := range []*kafka.Subscription{second, third} {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	all.Wait()
	if got := committed(t, c, o.Group); got != n {
		t.Errorf("committed %d, want %d", got, n)
	}
	twice := 0
	for _, k := range seen {
		twice += k - 1
	}
	t.Logf("%d came twice", twice)
}

func TestLateSettleIsIgnored(t *testing.T) {
	t.Parallel()
	c, o := fake(t)
	if err := publisher(t, o).Publish(t.Context(), numbered(0, 90)); err != nil {
		t.Fatal(err)
	}
	s := subscribe(t, o, kafka.SubscribeOptions{})
	var held []queue.Message
	for range 90 {
		held = append(held, next(t, s))
	}
	other := subscribe(t, o, kafka.SubscribeOptions{}) // s holds all, until half the rebalance timeout has gone
	until(t, "the partitions to be shared", func() bool { return other.Stats().Partitions > 0 && s.Stats().Partitions > 0 })
	verdicts := []queue.Outcome{accepted, {}, {Verdict: queue.Refused}}
	for i, m := range held {
		s.Settle(m, verdicts[i%3])
	}
	if got := s.Stats(); got.InFlight > 90 {
		t.Errorf("got %+v", got)
	}
	if got := committed(t, c, o.Group); got != 0 {
		t.Errorf("%d are committed, though all were settled too late", got)
	}
	seen := map[string]bool{}
	for len(seen) < 90 {
		for _, s := range []*kafka.Subscription{s, other} {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			if m, err := s.Next(ctx); err == nil {
				seen[string(m.Value)] = true
				s.Settle(m, accepted)
			}
			cancel()
		}
	}
}

func TestConsumingGoesOnAfterTheBroker(t *testing.T) {
	k := lasting(t)
	p := publisher(t, k.options)
	if err := p.Publish(t.Context(), numbered(0, 50)); err != nil {
		t.Fatal(err)
	}
	s := subscribe(t, k.options, kafka.SubscribeOptions{})
	left := map[string]bool{}
	for _, m := range numbered(0, 100) {
		left[string(m.Value)] = true
	}
	for range 30 {
		m := next(t, s)
		delete(left, string(m.Value))
		s.Settle(m, accepted)
	}
	k.stop()
	until(t, "the problem", func() bool { return s.Problem() != nil })
	k.start()
	until(t, "publishing", func() bool { return p.Publish(t.Context(), numbered(50, 100)) == nil })
	for len(left) > 0 {
		m := next(t, s)
		delete(left, string(m.Value))
		s.Settle(m, accepted)
	}
	until(t, "the problem to go", func() bool { return s.Problem() == nil })
}

func TestWaitsForBrokerAndTopics(t *testing.T) {
	k := lasting(t)
	k.stop()
	o := k.options
	o.Topic, o.DeadLetterTopic = "later", "later-dead"
	s := subscribe(t, o, kafka.SubscribeOptions{})
	says := func(what string, words ...string) {
		t.Helper()
		until(t, what, func() bool {
			err := s.Problem()
			for _, w := range words {
				if err == nil || !strings.Contains(err.Error(), w) {
					return false
				}
			}
			return true
		})
	}
	says("no broker", "nothing listens", o.Brokers[0][strings.LastIndex(o.Brokers[0], ":"):])
	k.start()
	says("no topic", "topic later", "topics apply")
	if err := k.cluster.CreateTopic("later", 1, nil); err != nil {
		t.Fatal(err)
	}
	send(t, o, &sarama.ProducerMessage{Key: sarama.StringEncoder("a"), Value: sarama.StringEncoder("bad")},
		&sarama.ProducerMessage{Key: sarama.StringEncoder("b"), Value: sarama.StringEncoder("good")})
	s.Settle(next(t, s), queue.Outcome{Verdict: queue.Refused, Err: errors.New("no")})
	s.Settle(next(t, s), accepted)
	says("no dead-letter topic", "later-dead", "1 refused", "topics apply")
	if got := committed(t, k.cluster, o.Group); got != 0 {
		t.Errorf("committed %d, though the dead letter is not safe", got)
	}
	if err := k.cluster.CreateTopic("later-dead", 1, nil); err != nil {
		t.Fatal(err)
	}
	until(t, "the commit", func() bool { return committed(t, k.cluster, o.Group) == 2 })
	if err := s.Problem(); err != nil {
		t.Errorf("got %v at the end", err)
	}
	if st := s.Stats(); st.DeadLetters != 1 || st.Waiting != 0 {
		t.Errorf("got %+v", st)
	}
}
