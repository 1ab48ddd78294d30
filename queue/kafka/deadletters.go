package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/IBM/sarama"
)

// DeadLetters hands out what the dead-letter topic holds at the call, partition
// by partition, the oldest of each first. It stops at an error of each, and
// returns that.
func DeadLetters(ctx context.Context, o Options, each func(DeadLetter) error) (err error) {
	c, err := connectForLetters(ctx, o)
	if err != nil {
		return err
	}
	defer c.close()
	defer func() { err = ended(ctx, err) }()
	r := newReader(c)
	extents, err := r.extents(o.DeadLetterTopic)
	if err != nil {
		return fmt.Errorf("dead-letter topic %s: %w", o.DeadLetterTopic, only(Diagnose(err), "DeadLetterTopic"))
	}
	for _, e := range extents {
		if err := r.read(ctx, o.DeadLetterTopic, e, func(m *sarama.ConsumerMessage) error { return each(letterOf(m)) }); err != nil {
			return err
		}
	}
	return nil
}

func connectForLetters(ctx context.Context, o Options) (*cluster, error) {
	if o.DeadLetterTopic == "" {
		return nil, errors.New("kafka: no dead-letter topic is given")
	}
	return connect(ctx, o)
}

// letterOf reads a dead letter. One without a time has that of its record.
func letterOf(m *sarama.ConsumerMessage) DeadLetter {
	d := parseLetter(m)
	if d.At.IsZero() {
		d.At = m.Timestamp
	}
	return d
}
