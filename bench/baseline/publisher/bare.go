package main

import (
	"context"
	"fmt"

	"github.com/IBM/sarama"

	"github.com/monitorink/monitorink/bench/internal/rig"
	"github.com/monitorink/monitorink/queue"
)

// bare publishes with nothing but sarama. It is pinned: change it only together
// with all figures that were taken against it.
func bare(ctx context.Context, brokers []string, topic string, messages []queue.Message) error {
	p, err := sarama.NewAsyncProducer(brokers, rig.Config())
	if err != nil {
		return err
	}
	acknowledged := make(chan int, 1) // one number
	go func() {                       // ends when AsyncClose has closed the channel
		n := 0
		for range p.Successes() {
			n++
		}
		acknowledged <- n
	}()
	failed := make(chan error, 1) // one error, or nil
	go func() {                   // likewise
		var last error
		for e := range p.Errors() {
			last = e.Err
		}
		failed <- last
	}()
	for _, m := range messages {
		if ctx.Err() != nil {
			break
		}
		p.Input() <- rig.Record(topic, m)
	}
	p.AsyncClose()
	n, err := <-acknowledged, <-failed
	if err == nil && n != len(messages) {
		err = fmt.Errorf("%d of %d messages were acknowledged", n, len(messages))
	}
	return err
}
