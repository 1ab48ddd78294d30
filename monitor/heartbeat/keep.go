package heartbeat

import (
	"context"
	"slices"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
)

const (
	flushEvery    = time.Second     // gaps and checkpoint
	announceEvery = 24 * time.Hour  // registrations
	announceAgain = 5 * time.Second // at the soonest, when asked
)

// Announce publishes all registrations again, soon: for a subscriber that may not
// know them.
func (h *Heartbeat) Announce() { h.asked.Store(true) }

// keep writes gaps and checkpoints every second, and the registrations daily
// and when asked, until ctx ends.
func (h *Heartbeat) keep(ctx context.Context) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	announced := h.o.Clock.Monotonic()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := h.flush(ctx, false); err != nil && ctx.Err() == nil {
			h.log.Warn("gaps and checkpoint are not written; trying again", "error", err)
		}
		h.watchClock()
		now := h.o.Clock.Monotonic()
		age := now - announced
		if age >= announceEvery || age >= announceAgain && h.asked.Swap(false) {
			h.mu.Lock()
			set := h.set
			h.mu.Unlock()
			if h.announce(ctx, set) == nil {
				announced = now
			} else {
				h.asked.Store(true)
			}
		}
	}
}

// flush writes the gaps that are ready (with all: every gap), and then a
// checkpoint if it has advanced.
func (h *Heartbeat) flush(ctx context.Context, all bool) error {
	gaps := h.ledger.take(all)
	if err := write(ctx, h, gaps, h.ledger.written); err != nil {
		return err
	}
	return h.checkpoint(ctx)
}

// write publishes events in batches, and says after each how many it held;
// written may be nil.
func write[E data.Event](ctx context.Context, h *Heartbeat, events []E, written func(n int)) error {
	for part := range slices.Chunk(events, groupSize) {
		batch := make([]queue.Message, 0, len(part))
		for _, e := range part {
			m, err := queue.Encode(e)
			if err != nil {
				return err
			}
			batch = append(batch, m)
		}
		if err := h.publish(ctx, batch); err != nil {
			return err
		}
		if written != nil {
			written(len(part))
		}
	}
	return nil
}

func (h *Heartbeat) checkpoint(ctx context.Context) error {
	at := h.ledger.checkpoint()
	if h.o.Journal == nil || at.UnixMilli() <= h.counts.checkpoint.Load() {
		return nil
	}
	if err := h.o.Journal.Checkpoint(ctx, at); err != nil {
		return err
	}
	h.counts.checkpoint.Store(at.UnixMilli())
	h.counts.checkpointed.Store(int64(h.o.Clock.Monotonic()))
	return nil
}
