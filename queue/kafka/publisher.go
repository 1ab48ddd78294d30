package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
)

const (
	// batchBytes bounds a batch before compression. It is below what brokers take
	// by default (max.message.bytes 1,048,588), so that no batch is refused for
	// being one.
	batchBytes = 1_000_000
	// messageBytes bounds one message, which travels alone when it is above batchBytes.
	messageBytes = 64 << 20
	// answerWithin is how long Publish waits for its answers.
	answerWithin = 30 * time.Second
	// closeWithin is how long Close waits for what is on its way.
	closeWithin = 10 * time.Second
)

var (
	errNoAnswer  = fmt.Errorf("the brokers did not answer within %s", answerWithin)
	errNotClosed = fmt.Errorf("the brokers did not answer within %s", closeWithin)
)

// A Publisher is a [queue.Publisher] to a topic.
type Publisher struct {
	topic   string
	batches *sender
	singles *sender // one message a request: the large ones, and those refused in a batch
	headers map[data.Kind][]sarama.RecordHeader

	mu     sync.Mutex
	closed bool
}

// NewPublisher checks the options. It connects when it is first used, and makes
// no topic.
func NewPublisher(o Options) (*Publisher, error) {
	config, err := o.config()
	if err != nil {
		return nil, err
	}
	single := *config
	config.Producer.MaxMessageBytes = batchBytes
	config.Producer.Retry.Max = 5
	single.Producer.MaxMessageBytes = messageBytes
	single.Producer.Flush.MaxMessages = 1
	return &Publisher{
		topic: o.Topic, batches: newSender(o, config), singles: newSender(o, &single),
		headers: map[data.Kind][]sarama.RecordHeader{
			data.KindMeasurement:  headersOf(data.KindMeasurement),
			data.KindGap:          headersOf(data.KindGap),
			data.KindRegistration: headersOf(data.KindRegistration),
		},
	}, nil
}

func headersOf(k data.Kind) []sarama.RecordHeader {
	return []sarama.RecordHeader{
		{Key: []byte("content-type"), Value: []byte(data.ContentType)},
		{Key: []byte("kind"), Value: []byte(k)},
		{Key: []byte("schema"), Value: []byte(k.Schema())},
	}
}

// Publish returns nil when all replicas in sync have every message. Otherwise it
// returns within half a minute, or when ctx ends: any part of the messages may be
// in the topic. An error that wraps [queue.ErrTooLarge] names a message of more
// than 1,000,000 bytes that the topic does not take; the others have been tried all
// the same. A topic that does not even take smaller ones has to be mended: that
// error is a [Problem].
func (p *Publisher) Publish(ctx context.Context, messages []queue.Message) error {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return queue.ErrClosed
	}
	if len(messages) == 0 {
		return nil
	}
	limited, cancel := context.WithTimeoutCause(ctx, answerWithin, errNoAnswer)
	defer cancel()
	err := p.publish(limited, messages)
	if err != nil && !errors.Is(err, queue.ErrClosed) {
		err = fmt.Errorf("publish %d messages to topic %s: %w", len(messages), p.topic, err)
	}
	return err
}

func (p *Publisher) publish(ctx context.Context, messages []queue.Message) error {
	records := make([]record, len(messages))
	for i, m := range messages {
		records[i] = record{index: i, message: p.message(m)}
	}
	failures, err := deliver(ctx, p.batches, p.singles, records)
	if err != nil {
		return Diagnose(err)
	}
	for _, f := range failures {
		if m := messages[f.record.index]; f.record.message.ByteSize(2) < batchBytes {
			return narrow(fmt.Sprintf("it refuses a message of %d bytes as too large", len(m.Value)), f.err)
		}
	}
	for _, f := range failures {
		m := messages[f.record.index]
		return fmt.Errorf("message %d, of %s, has %d bytes: %w: %w", f.record.index+1, m.Key, len(m.Value), queue.ErrTooLarge, Diagnose(f.err))
	}
	return nil
}

// narrow is the problem of a topic that takes less than what every topic should.
func narrow(cause string, err error) *Problem {
	return &Problem{
		Cause:  cause,
		Remedy: "raise the topic's max.message.bytes: heartbeat topics apply --max-bytes 1048588", Options: []string{"Topic"}, Err: err,
	}
}

func (p *Publisher) message(m queue.Message) sarama.ProducerMessage {
	headers, ok := p.headers[m.Kind]
	if !ok {
		headers = headersOf(m.Kind)
	}
	return sarama.ProducerMessage{Topic: p.topic, Key: sarama.StringEncoder(m.Key), Value: sarama.ByteEncoder(m.Value), Headers: headers}
}

// tooLarge says whether the broker's limit, or the client's, was hit.
func tooLarge(err error) bool {
	var c sarama.ConfigurationError
	return errors.Is(err, sarama.ErrMessageSizeTooLarge) || errors.As(err, &c)
}

// Close ends the Publisher after what is on its way has its answers, at the
// latest after ten seconds. Close twice is harmless.
func (p *Publisher) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	ctx, cancel := context.WithTimeoutCause(context.Background(), closeWithin, errNotClosed)
	defer cancel()
	return errors.Join(p.batches.close(ctx), p.singles.close(ctx))
}
