package main

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

// A handler consumes claims, each in a goroutine of sarama's.
type handler struct {
	store *store

	mu  sync.Mutex
	err error
}

func (*handler) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (*handler) Cleanup(sarama.ConsumerGroupSession) error { return nil }

// ConsumeClaim saves what a partition holds until the claim ends.
func (h *handler) ConsumeClaim(s sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	err := h.consume(s, claim)
	if err != nil && s.Context().Err() == nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.err = err
	}
	return err
}

func (h *handler) consume(s sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	batch := make([]event, 0, batchSize)
	var last *sarama.ConsumerMessage
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := h.store.save(s.Context(), batch); err != nil {
			return fmt.Errorf("save %d measurements: %w", len(batch), err)
		}
		batch = batch[:0]
		s.MarkMessage(last, "")
		s.Commit()
		return nil
	}
	tick := time.NewTicker(batchWait)
	defer tick.Stop()
	for {
		select {
		case m, ok := <-claim.Messages():
			if !ok {
				return flush()
			}
			batch = append(batch, event{})
			if err := json.Unmarshal(m.Value, &batch[len(batch)-1]); err != nil {
				return fmt.Errorf("partition %d, offset %d: %w", m.Partition, m.Offset, err)
			}
			last = m
			if len(batch) == batchSize {
				if err := flush(); err != nil {
					return err
				}
			}
		case <-tick.C:
			if err := flush(); err != nil {
				return err
			}
		case <-s.Context().Done():
			return nil
		}
	}
}

func (h *handler) failure() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}
