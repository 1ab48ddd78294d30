package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/IBM/sarama"
)

// An extent is a stretch of a partition: from is in it, to is not.
type extent struct {
	partition int32
	from, to  int64
}

// A reader reads stretches of topics whose ends are known, and waits for nothing
// that comes later. Sarama's consumer does not tell that an end is reached when
// the last offsets before it hold no message.
type reader struct {
	*cluster
	leaders map[string]map[int32]int32 // topic, partition: broker
	brokers map[int32]*sarama.Broker
}

func newReader(c *cluster) *reader {
	return &reader{cluster: c, leaders: map[string]map[int32]int32{}, brokers: map[int32]*sarama.Broker{}}
}

// leader returns the broker that leads a partition, connected.
func (r *reader) leader(topic string, partition int32) (*sarama.Broker, error) {
	if r.leaders[topic] == nil {
		if err := r.learn(topic); err != nil {
			return nil, err
		}
	}
	id, ok := r.leaders[topic][partition]
	if !ok {
		return nil, sarama.ErrUnknownTopicOrPartition
	}
	b := r.brokers[id]
	if b == nil {
		return nil, sarama.ErrLeaderNotAvailable
	}
	if ok, _ := b.Connected(); ok {
		return b, nil
	}
	return b, r.open(b)
}

func (r *reader) learn(topic string) error {
	m, err := r.metadata(topic)
	if err != nil {
		return err
	}
	for _, b := range m.Brokers {
		if r.brokers[b.ID()] == nil {
			r.brokers[b.ID()] = b
		}
	}
	for _, t := range m.Topics {
		if t.Name != topic {
			continue
		}
		if len(t.Partitions) == 0 && t.Err != sarama.ErrNoError {
			return t.Err
		}
		r.leaders[topic] = map[int32]int32{}
		for _, p := range t.Partitions {
			r.leaders[topic][p.ID] = p.Leader
		}
		return nil
	}
	return sarama.ErrUnknownTopicOrPartition
}

// extents returns what each partition of a topic holds now, in their order.
func (r *reader) extents(topic string) ([]extent, error) {
	if err := r.learn(topic); err != nil {
		return nil, err
	}
	list := make([]extent, len(r.leaders[topic]))
	for i := range list {
		p := int32(i) //nolint:gosec // partitions are numbered from 0 in 32 bits
		from, err := r.offset(topic, p, sarama.OffsetOldest)
		if err != nil {
			return nil, err
		}
		to, err := r.offset(topic, p, sarama.OffsetNewest)
		if err != nil {
			return nil, err
		}
		list[i] = extent{p, from, to}
	}
	return list, nil
}

func (r *reader) offset(topic string, partition int32, which int64) (int64, error) {
	b, err := r.leader(topic, partition)
	if err != nil {
		return 0, err
	}
	q := sarama.NewOffsetRequest(r.config.Version)
	q.AddBlock(topic, partition, which, 1)
	answer, err := b.GetAvailableOffsets(q)
	if err != nil {
		return 0, err
	}
	block := answer.GetBlock(topic, partition)
	switch {
	case block == nil:
		return 0, sarama.ErrIncompleteResponse
	case block.Err != sarama.ErrNoError:
		return 0, block.Err
	}
	return block.Offset, nil
}

const (
	fetchWait  = 500 // ms
	fetchTries = 20  // ten seconds
	fetchBytes = 8 << 20
)

var errNothing = errors.New("nothing comes")

// read hands out the messages of an extent in order. It stops at an error of each.
func (r *reader) read(ctx context.Context, topic string, e extent, each func(*sarama.ConsumerMessage) error) error {
	for idle := 0; e.from < e.to; {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		block, err := r.fetch(topic, e)
		if err != nil {
			return fmt.Errorf("read topic %s, partition %d, from offset %d: %w", topic, e.partition, e.from, Diagnose(err))
		}
		before := e.from
		for _, set := range block.RecordsSet {
			if set.RecordBatch == nil {
				return fmt.Errorf("topic %s, partition %d, offset %d: its messages have a form from before Kafka 0.11", topic, e.partition, e.from)
			}
			if err := hand(topic, &e, set.RecordBatch, each); err != nil {
				return err
			}
		}
		if idle++; e.from > before {
			idle = 0
		}
		if idle == fetchTries {
			return fmt.Errorf("topic %s, partition %d: %w from offset %d on, though it ends at %d", topic, e.partition, errNothing, e.from, e.to)
		}
	}
	return nil
}

func (r *reader) fetch(topic string, e extent) (*sarama.FetchResponseBlock, error) {
	b, err := r.leader(topic, e.partition)
	if err != nil {
		return nil, err
	}
	q := &sarama.FetchRequest{Version: 11, MaxWaitTime: fetchWait, MinBytes: 1, MaxBytes: fetchBytes, SessionEpoch: -1}
	q.AddBlock(topic, e.partition, e.from, fetchBytes, -1)
	answer, err := b.Fetch(q)
	if err != nil {
		return nil, err
	}
	block := answer.GetBlock(topic, e.partition)
	switch {
	case block == nil:
		return nil, sarama.ErrIncompleteResponse
	case block.Err != sarama.ErrNoError:
		return nil, block.Err
	}
	return block, nil
}

// hand hands out what of a batch lies in e, and moves its beginning past the batch.
func hand(topic string, e *extent, batch *sarama.RecordBatch, each func(*sarama.ConsumerMessage) error) error {
	if batch.PartialTrailingRecord {
		return nil // the next fetch has it whole
	}
	for _, rec := range batch.Records {
		offset := batch.FirstOffset + rec.OffsetDelta
		if batch.Control || offset < e.from || offset >= e.to {
			continue
		}
		at := batch.FirstTimestamp.Add(rec.TimestampDelta)
		if batch.LogAppendTime {
			at = batch.MaxTimestamp
		}
		m := &sarama.ConsumerMessage{
			Topic: topic, Partition: e.partition, Offset: offset, Timestamp: at,
			Key: rec.Key, Value: rec.Value, Headers: rec.Headers,
		}
		if err := each(m); err != nil {
			return err
		}
	}
	e.from = max(e.from, batch.FirstOffset+int64(batch.LastOffsetDelta)+1)
	return nil
}
