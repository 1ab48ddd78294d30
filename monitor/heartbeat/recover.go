package heartbeat

import (
	"context"
	"fmt"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
	"github.com/monitorink/monitorink/queue"
)

// recover accounts for the slots between the newest checkpoint and now, under
// the definitions that were persisted: one gap with reason stopped for each
// monitor that has slots there without a result. Then it writes a checkpoint, so
// that what follows begins here.
func (h *Heartbeat) recover(ctx context.Context) error {
	j := h.o.Journal
	if j == nil {
		return nil
	}
	h.set = h.o.State.set
	since, found := j.Recovered()
	if found && !h.start.After(since) {
		// The clock has stepped back: the slots up to since are accounted for.
		h.log.Warn("the clock is behind the last checkpoint; slots up to it are not probed again", "now", h.start, "checkpoint", since)
		h.start = since.Add(time.Millisecond)
	}
	if err := h.announce(ctx, h.set); err != nil {
		return err
	}
	known, err := h.replay(since)
	if err != nil {
		return fmt.Errorf("read the local queue back: %w", err)
	}
	gaps := h.missed(since, found, known)
	for len(gaps) > 0 {
		part := gaps[:min(len(gaps), 500)]
		if err := h.write(ctx, part); err != nil {
			return err
		}
		gaps = gaps[len(part):]
	}
	at := h.start.Add(-time.Millisecond)
	if err := j.Checkpoint(ctx, at); err != nil {
		return fmt.Errorf("write the first checkpoint: %w", err)
	}
	h.counts.checkpoint.Store(at.UnixMilli())
	return nil
}

// known is what the local queue holds of a monitor after the checkpoint.
type known struct {
	measured map[int64]bool // instants in Unix milliseconds
	gaps     []*data.Gap
}

func (k *known) has(t time.Time) bool {
	if k.measured[t.UnixMilli()] {
		return true
	}
	for _, g := range k.gaps {
		if !t.Before(g.First) && !t.After(g.Last) {
			return true
		}
	}
	return false
}

func (h *Heartbeat) replay(since time.Time) (map[string]*known, error) {
	all := map[string]*known{}
	of := func(monitor string) *known {
		k := all[monitor]
		if k == nil {
			k = &known{measured: map[int64]bool{}}
			all[monitor] = k
		}
		return k
	}
	err := h.o.Journal.Replay(func(msg queue.Message) error {
		if msg.Kind == data.KindRegistration {
			return nil
		}
		e, err := data.Decode(msg.Value)
		if err != nil {
			h.log.Warn("a record of the local queue does not decode; the collector will set it aside", "error", err)
			return nil
		}
		switch e := e.(type) {
		case *data.Measurement:
			if e.Scheduled.After(since) && e.Location == h.o.Location {
				of(e.Monitor).measured[e.Scheduled.UnixMilli()] = true
			}
		case *data.Gap:
			if e.Last.After(since) && e.Location == h.o.Location {
				k := of(e.Monitor)
				k.gaps = append(k.gaps, e)
			}
		}
		return nil
	})
	return all, err
}

// missed lists the gaps between since and the start. Without a checkpoint a
// definition counts from its own beginning.
func (h *Heartbeat) missed(since time.Time, found bool, all map[string]*known) []*data.Gap {
	var gaps []*data.Gap
	for i := range h.set {
		d := &h.set[i]
		if d.Monitor == nil {
			continue
		}
		from := d.From
		if found && since.Add(time.Millisecond).After(from) {
			from = since.Add(time.Millisecond)
		}
		r := d.registration(h.o.Location, h.o.Instance)
		if g := h.missedOf(r, from, all[d.ID]); g != nil {
			gaps = append(gaps, g)
			h.counts.skipped(data.Stopped, g.Slots)
		}
	}
	return gaps
}

func (h *Heartbeat) missedOf(r *data.Registration, from time.Time, k *known) *data.Gap {
	var g *data.Gap
	add := func(first, last time.Time, slots int64) {
		if g == nil {
			g = &data.Gap{
				Monitor: r.Monitor, Location: r.Location, Instance: h.o.Instance, Version: r.Version,
				First: first, Reason: data.Stopped,
			}
		}
		g.Last = last
		g.Slots += slots
	}
	history := []*data.Registration{r}
	for s := range schedule.Slots(history, from, h.start) {
		if k == nil || !k.has(s.Scheduled) {
			add(s.Scheduled, s.Scheduled, 1)
		}
	}
	return g
}
