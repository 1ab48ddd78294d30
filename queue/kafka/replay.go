package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/IBM/sarama"
)

// ReplayOptions say what Replay does.
type ReplayOptions struct {
	// All begins with the oldest letter that is kept, instead of after the last
	// one that was replayed.
	All bool
	// DryRun sends nothing, and remembers nothing.
	DryRun bool
	// Begin is told how many letters there are to go through. It may be nil.
	Begin func(letters int64)
	// Each is told of each letter: nil when it has been replayed (or would be),
	// or else why it was skipped. It may be nil.
	Each func(d DeadLetter, skipped error)
}

// A ReplayResult counts letters.
type ReplayResult struct {
	Replayed int // of these,
	Fetched  int // so many were cut, and the original was at its source
	Skipped  int
}

// ReplayGroup is the consumer group whose offsets say how far letters have been
// replayed. Kafka forgets them when nothing is replayed for a week
// (offsets.retention.minutes); then those that are still kept are sent once
// more, which changes nothing.
func (o Options) ReplayGroup() string { return o.Group + "-dlq-replay" }

// Replay sends the dead letters that the topic holds at the call, and that came
// from the topic of events, to it, as they were, and moves the offsets of [Options.ReplayGroup] over
// those that all replicas in sync have. Whatever interrupts it, the next one
// sends some of them again rather than miss one. It skips, and so passes over,
// what is no dead letter, what came from another topic, and what was cut and is no longer at its source.
func Replay(ctx context.Context, o Options, how ReplayOptions) (ReplayResult, error) {
	if o.Group == "" {
		return ReplayResult{}, errors.New("kafka: no group is given")
	}
	c, err := connectForLetters(ctx, o)
	if err != nil {
		return ReplayResult{}, err
	}
	defer c.close()
	p := &replayer{reader: newReader(c), o: o, how: how}
	err = p.run(ctx)
	return p.result, ended(ctx, err)
}

type replayer struct {
	*reader
	o      Options
	how    ReplayOptions
	to     *Publisher // nil in a dry run
	result ReplayResult

	coordinator *sarama.Broker
	committed   map[int32]int64
	batch       []DeadLetter
	bytes       int
}

func (p *replayer) run(ctx context.Context) (err error) {
	extents, err := p.extents(p.o.DeadLetterTopic)
	if err != nil {
		return fmt.Errorf("dead-letter topic %s: %w", p.o.DeadLetterTopic, only(Diagnose(err), "DeadLetterTopic"))
	}
	if err := p.progress(ctx, extents); err != nil {
		return fmt.Errorf("consumer group %s: %w", p.o.ReplayGroup(), Diagnose(err))
	}
	if !p.how.DryRun {
		if p.to, err = NewPublisher(p.o); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, p.to.Close()) }()
	}
	total := int64(0)
	for i := range extents {
		e := &extents[i]
		if !p.how.All {
			e.from = max(e.from, p.committed[e.partition])
		}
		total += max(e.to-e.from, 0)
	}
	if p.how.Begin != nil {
		p.how.Begin(total)
	}
	for _, e := range extents {
		if err := p.partition(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

const (
	replayCount = 500
	replayBytes = 8 << 20
)

func (p *replayer) partition(ctx context.Context, e extent) error {
	err := p.read(ctx, p.o.DeadLetterTopic, e, func(m *sarama.ConsumerMessage) error {
		d := letterOf(m)
		p.batch = append(p.batch, d)
		p.bytes += len(d.Value)
		if len(p.batch) < replayCount && p.bytes < replayBytes {
			return nil
		}
		return p.flush(ctx, e.partition, d.Offset+1)
	})
	if err != nil {
		return err
	}
	return p.flush(ctx, e.partition, e.to)
}

// flush sends what has gathered, and then says that next is the next to send.
func (p *replayer) flush(ctx context.Context, partition int32, next int64) error {
	batch := p.batch
	p.batch, p.bytes = nil, 0
	verdicts := make([]error, len(batch)) // why each was skipped
	fetched := 0
	for i := range batch {
		was := batch[i].Cut
		var err error
		if verdicts[i], err = p.restore(ctx, &batch[i]); err != nil {
			return err
		}
		if was && verdicts[i] == nil {
			fetched++
		}
	}
	if !p.how.DryRun {
		if err := p.send(ctx, batch, verdicts); err != nil {
			return err
		}
		if err := p.commit(partition, next); err != nil {
			return fmt.Errorf("consumer group %s: %w", p.o.ReplayGroup(), Diagnose(err))
		}
	}
	p.result.Fetched += fetched
	for i, d := range batch {
		if verdicts[i] != nil {
			p.result.Skipped++
		} else {
			p.result.Replayed++
		}
		if p.how.Each != nil {
			p.how.Each(d, verdicts[i])
		}
	}
	return nil
}

// restore makes a letter whole, or says why it will never be sent. An error may be
// gone the next time.
func (p *replayer) restore(ctx context.Context, d *DeadLetter) (never, err error) {
	if d.SourceTopic == "" {
		return errors.New("it does not say where it came from, so it is no dead letter"), nil
	}
	if d.SourceTopic != p.o.Topic {
		return &Problem{
			Cause:  fmt.Sprintf("it came from topic %s, not %s", d.SourceTopic, p.o.Topic),
			Remedy: fmt.Sprintf("set the topic to %s and replay --all to send it there", d.SourceTopic), Options: []string{"Topic"},
		}, nil
	}
	if !d.Cut {
		return nil, nil
	}
	var found *sarama.ConsumerMessage
	at := extent{d.SourcePartition, d.SourceOffset, d.SourceOffset + 1}
	err = p.read(ctx, d.SourceTopic, at, func(m *sarama.ConsumerMessage) error { found = m; return nil })
	partitions := p.leaders[d.SourceTopic]
	_, exists := partitions[d.SourcePartition]
	switch {
	case errors.Is(err, sarama.ErrOffsetOutOfRange), errors.Is(err, errNothing), partitions != nil && !exists, err == nil && found == nil:
		return errors.New("it was cut, and its topic no longer holds the original"), nil
	case err != nil:
		return nil, fmt.Errorf("dead letter %d of partition %d was cut, and the original cannot be read: %w", d.Offset, d.Partition, err)
	case d.Key != "" && string(found.Key) != d.Key || len(found.Value) != d.Size:
		return errors.New("it was cut, and another message has the original's place"), nil
	}
	d.Key, d.Value, d.Cut, d.headers = string(found.Key), found.Value, false, nil
	for _, h := range found.Headers {
		d.headers = append(d.headers, *h)
	}
	return nil, nil
}

// send publishes letters. Those that their topic does not take get that as their verdict.
func (p *replayer) send(ctx context.Context, batch []DeadLetter, verdicts []error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, answerWithin, errNoAnswer)
	defer cancel()
	var records []record
	for i, d := range batch {
		if verdicts[i] == nil {
			records = append(records, record{index: i, message: d.original()})
		}
	}
	failures, err := deliver(ctx, p.to.batches, p.to.singles, records)
	if err != nil {
		return fmt.Errorf("replay %d dead letters to topic %s: %w", len(records), p.o.Topic, Diagnose(err))
	}
	for _, f := range failures {
		verdicts[f.record.index] = fmt.Errorf("its %d bytes are more than topic %s takes", batch[f.record.index].Size, batch[f.record.index].SourceTopic)
	}
	return nil
}

// original is the message that a whole letter was.
func (d *DeadLetter) original() sarama.ProducerMessage {
	m := sarama.ProducerMessage{Topic: d.SourceTopic, Headers: d.headers}
	if d.Key != "" {
		m.Key = sarama.StringEncoder(d.Key)
	}
	if d.Value != nil {
		m.Value = sarama.ByteEncoder(d.Value)
	}
	return m
}
