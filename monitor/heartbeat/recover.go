package heartbeat

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
	"github.com/monitorink/monitorink/queue"
)

// recover accounts for the slots between the newest checkpoint and now, under
// the definitions that were persisted: one gap with reason stopped for each
// monitor that has slots there without a result. Then it writes a checkpoint, so
// that what follows begins here.
func (h *Heartbeat) recover(ctx context.Context, monitors []Definition) error {
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
	if changed := latest(h.set); !h.start.After(changed) { // a reload, just before the end
		h.start = changed.Add(time.Millisecond)
	}
	var old []*data.Registration
	if h.o.State.unsure {
		var err error
		if old, err = h.reconstruct(monitors); err != nil {
			return fmt.Errorf("read the local queue back: %w", err)
		}
	}
	gaps, err := missed(j, h.set, old, h.start, h.o.Location, h.o.Instance, h.log)
	if err != nil {
		return err
	}
	for _, g := range gaps {
		h.counts.skipped(data.Stopped, g.Slots)
	}
	if err := write(ctx, h.publish, gaps, nil); err != nil {
		return err
	}
	if err := h.mark(ctx, h.start.Add(-time.Millisecond)); err != nil {
		return fmt.Errorf("write the first checkpoint: %w", err)
	}
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

// replay finds what a queue holds of the slots of a location after since.
func replay(j Recorded, since time.Time, location string, log *slog.Logger) (map[string]*known, error) {
	all := map[string]*known{}
	of := func(monitor string) *known {
		k := all[monitor]
		if k == nil {
			k = &known{measured: map[int64]bool{}}
			all[monitor] = k
		}
		return k
	}
	err := j.Replay(func(msg queue.Message) error {
		if msg.Kind == data.KindRegistration {
			return nil
		}
		e, err := data.Decode(msg.Value)
		if err != nil {
			log.Warn("a record of the local queue does not decode; the collector will set it aside", "error", err)
			return nil
		}
		switch e := e.(type) {
		case *data.Measurement:
			if e.Scheduled.After(since) && e.Location == location {
				of(e.Monitor).measured[e.Scheduled.UnixMilli()] = true
			}
		case *data.Gap:
			if e.Last.After(since) && e.Location == location {
				k := of(e.Monitor)
				k.gaps = append(k.gaps, e)
			}
		}
		return nil
	})
	return all, err
}

// missed lists the gaps between the newest intact checkpoint and start, under the
// definitions of set, and old ones. Without a checkpoint one counts from its own
// beginning.
func missed(j Recorded, set []Definition, old []*data.Registration, start time.Time, location, instance string, log *slog.Logger) ([]*data.Gap, error) {
	// Damage may have taken results from before the newest checkpoint as well.
	since, found := j.Intact()
	all, err := replay(j, since, location, log)
	if err != nil {
		return nil, fmt.Errorf("read the local queue back: %w", err)
	}
	var gaps []*data.Gap
	add := func(r *data.Registration, until time.Time) {
		from := r.From
		if found && since.Add(time.Millisecond).After(from) {
			from = since.Add(time.Millisecond)
		}
		r.Instance = instance
		gaps = append(gaps, missedOf(r, from, until, all[r.Monitor])...)
	}
	for _, r := range old {
		add(r, start)
	}
	for i := range set {
		if d := &set[i]; !d.Removed() {
			until := start
			if !d.Until.IsZero() && d.Until.Before(start) {
				until = d.Until
			}
			add(d.registration(location, instance), until)
		}
	}
	return gaps, nil
}

// missedOf lists the gaps of one definition from from to start: usually one, for
// none covers a slot that is known.
func missedOf(r *data.Registration, from, start time.Time, k *known) []*data.Gap {
	history := []*data.Registration{r}
	var gaps []*data.Gap
	apart := true // something known lies behind the last gap
	add := func(next schedule.Run) {
		switch {
		case next.Slots == 0:
		case apart:
			gaps = append(gaps, &data.Gap{
				Monitor: r.Monitor, Location: r.Location, Instance: r.Instance, Version: r.Version,
				First: next.First, Last: next.Last, Slots: next.Slots, Reason: data.Stopped,
			})
			apart = false
		default:
			g := gaps[len(gaps)-1]
			g.Last = next.Last
			g.Slots += next.Slots
		}
	}
	if k != nil { // one by one as long as there may be results, all others at once
		until := time.UnixMilli(min(k.newest()+1, start.UnixMilli()))
		for s := range schedule.Slots(history, from, until) {
			if k.has(s.Scheduled) {
				apart = true
				continue
			}
			add(schedule.Run{First: s.Scheduled, Last: s.Scheduled, Slots: 1})
		}
		if until.After(from) {
			from = until
		}
	}
	add(schedule.Span(history, from, start))
	return gaps
}
