package kafka_test

import (
	"context"
	"testing"
	"time"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/kafka"
)

func TestRevokedClaimWaitsForItsOwnMessages(t *testing.T) {
	t.Parallel()
	c, o := fake(t)
	if err := publisher(t, o).Publish(t.Context(), numbered(0, 90)); err != nil {
		t.Fatal(err)
	}
	nothing := func(s *kafka.Subscription, wait time.Duration) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		defer cancel()
		if m, err := s.Next(ctx); err == nil {
			t.Errorf("got %s again", m.Value)
		}
	}
	s := subscribe(t, o, kafka.SubscribeOptions{})
	var held []queue.Message
	for range 90 {
		held = append(held, next(t, s))
	}
	other := subscribe(t, o, kafka.SubscribeOptions{})
	until(t, "the rebalance", func() bool { return c.GroupInfo(o.Group).State == "PreparingRebalance" })
	nothing(s, 500*time.Millisecond) // it has noticed, and waits
	if n := other.Stats().Partitions; n != 0 {
		t.Errorf("the other has %d partitions, while their messages are in flight", n)
	}
	for _, m := range held {
		s.Settle(m, accepted)
	}
	until(t, "the partitions to be shared", func() bool { return s.Stats().Partitions > 0 && other.Stats().Partitions > 0 })
	if got := committed(t, c, o.Group); got != 90 {
		t.Errorf("committed %d, want 90", got)
	}
	nothing(s, 50*time.Millisecond)
	nothing(other, 50*time.Millisecond)
}
