package kafka_test

import (
	"errors"
	"testing"

	"github.com/IBM/sarama"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/kafka"
)

// A message whose headers alone are more than the dead-letter topic takes is set
// aside without them, and comes back with them.
func TestHeadersThatAreTooLargeDoNotStopAPartition(t *testing.T) {
	t.Parallel()
	c, o := fake(t)
	o.Topic = "wide"
	if err := c.CreateTopic("wide", 1, map[string]string{"max.message.bytes": "20000000"}); err != nil {
		t.Fatal(err)
	}
	header := []sarama.RecordHeader{{Key: []byte("x"), Value: noise(2_000_000)}}
	send(t, o,
		&sarama.ProducerMessage{Key: sarama.StringEncoder("tombstone"), Headers: header},
		&sarama.ProducerMessage{Key: sarama.StringEncoder("short"), Value: sarama.StringEncoder("{"), Headers: header},
	)
	s := subscribe(t, o, kafka.SubscribeOptions{})
	for range 2 {
		s.Settle(next(t, s), queue.Outcome{Verdict: queue.Refused, Err: errors.New("no")})
	}
	until(t, "the dead letters", func() bool { return s.Stats().DeadLetters == 2 })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	replay(t, o, kafka.ReplayOptions{}, kafka.ReplayResult{Replayed: 2, Fetched: 2})
	found, err := records(t, o, "wide")
	if err != nil || len(found) != 4 {
		t.Fatalf("got %d records, %v, want each twice", len(found), err)
	}
	for i, m := range found[2:] {
		was := found[i]
		if string(m.Key) != string(was.Key) || string(m.Value) != string(was.Value) || (m.Value == nil) != (was.Value == nil) || len(m.Headers) != 1 || len(m.Headers[0].Value) != 2_000_000 {
			t.Errorf("record %d came back with key %q, value %q and %d headers", i, m.Key, m.Value, len(m.Headers))
		}
	}
}
