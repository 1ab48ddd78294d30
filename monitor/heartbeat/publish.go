package heartbeat

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
)

// groupSize is how many messages go into the local queue at once.
const groupSize = 500

// write publishes events in batches, and says after each how many it held;
// written may be nil.
func write[E data.Event](ctx context.Context, publish func(context.Context, []queue.Message) error, events []E, written func(n int)) error {
	for part := range slices.Chunk(events, groupSize) {
		batch := make([]queue.Message, 0, len(part))
		for _, e := range part {
			m, err := queue.Encode(e)
			if err != nil {
				return err
			}
			batch = append(batch, m)
		}
		if err := publish(ctx, batch); err != nil {
			return err
		}
		if written != nil {
			written(len(part))
		}
	}
	return nil
}

// publish hands messages to the local queue, and tries again until ctx ends. What
// is too much at once goes in two halves.
func (h *Heartbeat) publish(ctx context.Context, batch []queue.Message) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := h.o.Queue.Publish(ctx, batch)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if errors.Is(err, queue.ErrTooLarge) {
			half := len(batch) / 2
			if half == 0 {
				return err // no try will make it fit
			}
			return errors.Join(h.publish(ctx, batch[:half]), h.publish(ctx, batch[half:]))
		}
		h.counts.publishErrors.Add(1)
		h.log.Warn("the local queue does not take results; trying again", "error", err, "wait", wait)
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
