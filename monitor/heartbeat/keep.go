package heartbeat

import (
	"context"
	"time"
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
			if h.announce(ctx, h.Definitions()) == nil {
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
	if err := write(ctx, h.publish, gaps, h.ledger.written); err != nil {
		return err
	}
	return h.checkpoint(ctx)
}

// checkpoint writes one if it has advanced.
func (h *Heartbeat) checkpoint(ctx context.Context) error {
	at := h.ledger.checkpoint()
	if h.o.Journal == nil || at.UnixMilli() <= h.counts.checkpoint.Load() {
		return nil
	}
	return h.mark(ctx, at)
}

// mark makes at the newest checkpoint.
func (h *Heartbeat) mark(ctx context.Context, at time.Time) error {
	if err := h.o.Journal.Checkpoint(ctx, at); err != nil {
		return err
	}
	h.counts.checkpoint.Store(at.UnixMilli())
	h.counts.checkpointed.Store(int64(h.o.Clock.Monotonic()))
	return nil
}
