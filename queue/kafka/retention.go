package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/IBM/sarama"
)

// begin says what a claim's partition no longer holds of what the group has not
// collected, and makes the offset at which the claim begins the group's: so it is
// said once, and so a loss before the first message is seen, too. A claim that
// begins at a committed offset has lost nothing. The offset at which it begins is
// negative when that cannot be told.
func (h *session) begin(sess sarama.ConsumerGroupSession, cc sarama.ConsumerGroupClaim) (from int64) {
	if cc.InitialOffset() != sarama.OffsetOldest {
		return cc.InitialOffset()
	}
	topic, partition := cc.Topic(), cc.Partition()
	log := h.s.o.logger().With("topic", topic, "partition", partition, "group", h.s.o.Group)
	w, err := h.where(sess.Context(), topic, partition)
	switch {
	case sess.Context().Err() != nil:
		return -1
	case err != nil:
		log.Warn("kafka: it cannot be told whether events were deleted before they were collected", "error", Diagnose(err))
		return -1
	case w.committed > w.newest:
		log.Warn("kafka: the group's offset lies above the topic's end: the topic was made anew, or has lost events; it is collected from its beginning",
			"committed", w.committed, "end", w.newest, "from", w.oldest)
		sess.ResetOffset(topic, partition, w.oldest, "")
		return w.oldest
	case w.committed >= 0 && w.committed < w.oldest:
		log.Warn("kafka: events were deleted from the topic before they were collected: its retention is shorter than the collectors' delay",
			"from", w.committed, "to", w.oldest, "count", w.oldest-w.committed)
		h.s.skipped.Add(w.oldest - w.committed)
	}
	sess.MarkOffset(topic, partition, w.oldest, "")
	return w.oldest
}

// A whereabouts is where a partition begins and ends, and where the group is in it.
type whereabouts struct {
	committed      int64 // -1: nothing was
	oldest, newest int64
}

// where asks the brokers, a few times.
func (h *session) where(ctx context.Context, topic string, partition int32) (w whereabouts, err error) {
	for range 3 {
		if w, err = h.ask(topic, partition); err == nil {
			return w, nil
		}
		_ = h.client.RefreshCoordinator(h.s.o.Group) // the next attempt meets the same error
		select {
		case <-time.After(h.s.config.Consumer.Retry.Backoff):
		case <-ctx.Done():
			return w, ctx.Err()
		}
	}
	return w, err
}

func (h *session) ask(topic string, partition int32) (w whereabouts, err error) {
	b, err := h.client.Coordinator(h.s.o.Group)
	if err != nil {
		return w, err
	}
	answer, err := b.FetchOffset(sarama.NewOffsetFetchRequest(h.s.config.Version, h.s.o.Group, map[string][]int32{topic: {partition}}))
	if err != nil {
		return w, err
	}
	block := answer.GetBlock(topic, partition)
	switch {
	case answer.Err != sarama.ErrNoError:
		return w, answer.Err
	case block == nil:
		return w, sarama.ErrIncompleteResponse
	case block.Err != sarama.ErrNoError:
		return w, block.Err
	}
	w.committed = block.Offset
	if w.oldest, err = h.client.GetOffset(topic, partition, sarama.OffsetOldest); err != nil {
		return w, fmt.Errorf("ask for the oldest offset: %w", err)
	}
	if w.newest, err = h.client.GetOffset(topic, partition, sarama.OffsetNewest); err != nil {
		return w, fmt.Errorf("ask for the newest offset: %w", err)
	}
	return w, nil
}
