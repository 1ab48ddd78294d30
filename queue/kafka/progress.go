package kafka

import (
	"context"
	"errors"
	"time"

	"github.com/IBM/sarama"
)

// progress learns how far letters have been replayed.
func (p *replayer) progress(ctx context.Context, extents []extent) error {
	partitions := make([]int32, len(extents))
	for i, e := range extents {
		partitions[i] = e.partition
	}
	topic := p.o.DeadLetterTopic
	p.committed = map[int32]int64{}
	return p.patiently(ctx, func() error {
		b, err := p.find()
		if err != nil {
			return err
		}
		answer, err := b.FetchOffset(sarama.NewOffsetFetchRequest(p.config.Version, p.o.ReplayGroup(), map[string][]int32{topic: partitions}))
		if err != nil {
			return err
		}
		switch answer.Err {
		case sarama.ErrNoError:
		case sarama.ErrGroupIDNotFound: // nothing was ever committed; Kafka itself says -1
			return nil
		default:
			return answer.Err
		}
		for _, n := range partitions {
			block := answer.GetBlock(topic, n)
			switch {
			case block == nil:
				return sarama.ErrIncompleteResponse
			case block.Err != sarama.ErrNoError:
				return block.Err
			}
			p.committed[n] = block.Offset // -1: none
		}
		return nil
	})
}

// commit remembers that next is the next letter of a partition to replay.
func (p *replayer) commit(partition int32, next int64) error {
	if next <= p.committed[partition] {
		return nil
	}
	q := sarama.NewOffsetCommitRequest(p.config, p.o.ReplayGroup())
	q.AddBlockWithLeaderEpoch(p.o.DeadLetterTopic, partition, next, -1, 0, "")
	answer, err := p.coordinator.CommitOffset(q)
	if err != nil {
		return err
	}
	if code := answer.Errors[p.o.DeadLetterTopic][partition]; code != sarama.ErrNoError {
		return code
	}
	p.committed[partition] = next
	return nil
}

// find connects to the coordinator of the group.
func (p *replayer) find() (*sarama.Broker, error) {
	found, err := p.broker.FindCoordinator(&sarama.FindCoordinatorRequest{Version: 2, CoordinatorKey: p.o.ReplayGroup(), CoordinatorType: sarama.CoordinatorGroup})
	if err != nil {
		return nil, err
	}
	if found.Err != sarama.ErrNoError {
		return nil, found.Err
	}
	if err := p.open(found.Coordinator); err != nil {
		return nil, err
	}
	p.coordinator = found.Coordinator
	return p.coordinator, nil
}

// patiently tries again while a group's coordinator is being made, ten seconds at most.
func (p *replayer) patiently(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		err := f()
		if !unsettled(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// unsettled reports whether a group's coordinator is only being made.
func unsettled(err error) bool {
	return errors.Is(err, sarama.ErrConsumerCoordinatorNotAvailable) || errors.Is(err, sarama.ErrOffsetsLoadInProgress) || errors.Is(err, sarama.ErrNotCoordinatorForConsumer)
}
