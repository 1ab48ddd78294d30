package kafka_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/kafka"
)

func TestOffsetsStayBelowWhatIsOpen(t *testing.T) {
	t.Parallel()
	c, o := fake(t)
	o.Topic = "one"
	if err := c.CreateTopic("one", 1, nil); err != nil {
		t.Fatal(err)
	}
	if err := publisher(t, o).Publish(t.Context(), numbered(0, 1000)); err != nil {
		t.Fatal(err)
	}
	s := subscribe(t, o, kafka.SubscribeOptions{})
	var held queue.Message
	for i := range 1000 {
		if m := next(t, s); i == 300 {
			held = m
		} else {
			s.Settle(m, accepted)
		}
	}
	until(t, "a commit", func() bool { return committed(t, c, o.Group) > 0 })
	if got := committed(t, c, o.Group); got > 300 {
		t.Errorf("committed %d, though 300 is open", got)
	}
	s.Settle(held, queue.Outcome{}) // undecided: again
	if m := next(t, s); string(m.Value) != string(held.Value) {
		t.Errorf("got %s, want %s again", m.Value, held.Value)
	} else {
		s.Settle(m, accepted)
		s.Settle(m, accepted) // twice is harmless
	}
	until(t, "all to be committed while it runs", func() bool { return committed(t, c, o.Group) == 1000 })
	if st := s.Stats(); st.InFlight != 0 || st.Bytes != 0 || st.Accepted != 1000 || st.HandedOut != 1001 || st.Partitions != 1 || st.Err != nil {
		t.Errorf("got %+v", st)
	}
}

func TestOffsetsWaitForTheDeadLetter(t *testing.T) {
	t.Parallel()
	c, o := fake(t)
	if err := c.CreateTopic("one", 1, nil); err != nil {
		t.Fatal(err)
	}
	o.Topic = "one"
	if err := publisher(t, o).Publish(t.Context(), numbered(0, 10)); err != nil {
		t.Fatal(err)
	}
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "dead", Err: kerr.TopicAuthorizationFailed, Count: 3})
	s := subscribe(t, o, kafka.SubscribeOptions{})
	for i := range 10 {
		if m := next(t, s); i == 5 {
			s.Settle(m, queue.Outcome{Verdict: queue.Refused})
		} else {
			s.Settle(m, accepted)
		}
	}
	until(t, "an offset past the letter", func() bool {
		sum := committed(t, c, o.Group)
		if safe := s.Stats().DeadLetters; sum > 5 && safe == 0 {
			t.Fatalf("committed %d, though the letter of 5 is not safe", sum)
		}
		return sum == 10
	})
	if got, err := records(t, o, "dead"); err != nil || len(got) != 1 {
		t.Errorf("%d dead letters (%v), want 1", len(got), err)
	}
}
