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
	// Damage may have taken results from before the newest checkpoint as well.
	since, found = j.Intact()
	known, err := h.replay(since)
	if err != nil {
		return fmt.Errorf("read the local queue back: %w", err)
	}
	if err := write(ctx, h, h.missed(since, found, known), nil); err != nil {
		return err
	}
	at := h.start.Add(-time.Millisecond)
	if err := j.Checkpoint(ctx, at); err != nil {
		return fmt.Errorf("write the first checkpoint: %w", err)
	}
	h.counts.checkpoint.Store(at.UnixMilli())
	h.counts.checkpointed.Store(int64(h.o.Clock.Monotonic()))
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

// newest is the latest instant that is known, in Unix milliseconds.
func (k *known) newest() int64 {
	var at int64
	for ms := range k.measured {
		at = max(at, ms)
	}
	for _, g := range k.gaps {
		at = max(at, g.Last.UnixMilli())
	}
	return at
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

// missedOf is the gap of one definition from from to the start; nil without any
// slot that is not known.
func (h *Heartbeat) missedOf(r *data.Registration, from time.Time, k *known) *data.Gap {
	history := []*data.Registration{r}
	var run schedule.Run
	add := func(next schedule.Run) {
		if next.Slots == 0 {
			return
		}
		if run.Slots == 0 {
			run.First = next.First
		}
		run.Last = next.Last
		run.Slots += next.Slots
	}
	if k != nil { // one by one as long as there may be results, all others at once
		until := min(k.newest()+1, h.start.UnixMilli())
		for s := range schedule.Slots(history, from, time.UnixMilli(until)) {
			if !k.has(s.Scheduled) {
				add(schedule.Run{First: s.Scheduled, Last: s.Scheduled, Slots: 1})
			}
		}
		if at := time.UnixMilli(until); at.After(from) {
			from = at
		}
	}
	add(schedule.Span(history, from, h.start))
	if run.Slots == 0 {
		return nil
	}
	return &data.Gap{
		Monitor: r.Monitor, Location: r.Location, Instance: h.o.Instance, Version: r.Version,
		First: run.First, Last: run.Last, Slots: run.Slots, Reason: data.Stopped,
	}
}
