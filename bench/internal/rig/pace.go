package rig

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/IBM/sarama"

	"github.com/monitorink/monitorink/queue"
)

// linger is how long what Pace publishes waits for more, as in a heartbeat.
const linger = 50 * time.Millisecond

// Pace publishes rate messages a second until ctx ends, and counts in published those
// that are acknowledged. Message k is due k/rate seconds after the start.
func (k *Kafka) Pace(ctx context.Context, topic string, rate int, published *atomic.Int64, message func(int) (queue.Message, error)) error {
	p, err := sarama.NewAsyncProducerFromClient(k.client)
	if err != nil {
		return err
	}
	failed := make(chan error, 1) // of one
	go func() {                   // ends with the channels, which the close below closes
		var errs error
		for e := range p.Errors() {
			errs = e.Err
		}
		failed <- errs
	}()
	done := make(chan struct{})
	go func() { // likewise
		defer close(done)
		for range p.Successes() {
			published.Add(1)
		}
	}()
	start, n := time.Now(), 0
	for err == nil && Pause(ctx, linger) {
		for due := int(time.Since(start).Seconds() * float64(rate)); n < due && err == nil; n++ {
			var m queue.Message
			if m, err = message(n); err == nil {
				p.Input() <- Record(topic, m)
			}
		}
	}
	p.AsyncClose()
	<-done
	return errors.Join(err, <-failed)
}
