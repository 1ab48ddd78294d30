package rig

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/IBM/sarama"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
)

// linger is how long what Pace publishes waits for more, as in a heartbeat.
const linger = 50 * time.Millisecond

// Pace publishes rate messages a second until ctx ends, and counts in published those
// that are acknowledged. Message k is due k/rate seconds after the start.
func (k *Kafka) Pace(ctx context.Context, topic string, rate int, published *atomic.Int64, message func(int) (queue.Message, error)) error {
	return k.produce(published, func(input chan<- *sarama.ProducerMessage) error {
		start, n := time.Now(), 0
		for Pause(ctx, linger) {
			for due := int(time.Since(start).Seconds() * float64(rate)); n < due; n++ {
				m, err := message(n)
				if err != nil {
					return err
				}
				input <- Record(topic, m)
			}
		}
		return nil
	})
}

// Fill publishes n messages.
func (k *Kafka) Fill(ctx context.Context, topic string, n int, message func(int) (queue.Message, error)) error {
	var published atomic.Int64
	err := k.produce(&published, func(input chan<- *sarama.ProducerMessage) error {
		for i := 0; i < n && ctx.Err() == nil; i++ {
			m, err := message(i)
			if err != nil {
				return err
			}
			input <- Record(topic, m)
		}
		return ctx.Err()
	})
	if got := published.Load(); err == nil && got != int64(n) {
		err = fmt.Errorf("%d of %d messages were acknowledged", got, n)
	}
	return err
}

// produce publishes what give puts in, and counts what is acknowledged. It returns when
// all has ended.
func (k *Kafka) produce(published *atomic.Int64, give func(chan<- *sarama.ProducerMessage) error) error {
	p, err := sarama.NewAsyncProducerFromClient(k.client)
	if err != nil {
		return err
	}
	failed := make(chan error, 1) // of one
	go func() {                   // ends with the channels, which the close below closes
		var last error
		for e := range p.Errors() {
			last = e.Err
		}
		failed <- last
	}()
	done := make(chan struct{}) // closed by the goroutine below
	go func() {                 // likewise
		defer close(done)
		for range p.Successes() {
			published.Add(1)
		}
	}()
	err = give(p.Input())
	p.AsyncClose()
	<-done
	return errors.Join(err, <-failed)
}

// Record is a message as it stands in a topic.
func Record(topic string, m queue.Message) *sarama.ProducerMessage {
	return &sarama.ProducerMessage{
		Topic: topic, Key: sarama.StringEncoder(m.Key), Value: sarama.ByteEncoder(m.Value),
		Headers: []sarama.RecordHeader{
			{Key: []byte("content-type"), Value: []byte(data.ContentType)},
			{Key: []byte("kind"), Value: []byte(m.Kind)},
			{Key: []byte("schema"), Value: []byte(m.Kind.Schema())},
		},
	}
}
