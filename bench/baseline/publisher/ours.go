package main

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/kafka"
)

// As the forwarder has it by default.
const (
	batchSize  = 1000
	publishers = 4
)

// ours publishes with queue/kafka.
func ours(ctx context.Context, brokers []string, topic string, messages []queue.Message) error {
	p, err := kafka.NewPublisher(kafka.Options{Brokers: brokers, Topic: topic})
	if err != nil {
		return err
	}
	batches := make(chan []queue.Message) // closed below, when all have been taken
	errs := make([]error, publishers)
	var wg sync.WaitGroup
	for i := range publishers {
		wg.Go(func() {
			for b := range batches {
				if errs[i] == nil {
					errs[i] = p.Publish(ctx, b)
				}
			}
		})
	}
	for b := range slices.Chunk(messages, batchSize) {
		batches <- b
	}
	close(batches)
	wg.Wait()
	return errors.Join(append(errs, p.Close())...)
}
