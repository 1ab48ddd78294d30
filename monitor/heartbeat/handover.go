package heartbeat

import (
	"slices"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

// handOver is how long a monitor may take to get from one heartbeat to another.
const handOver = 10 * time.Minute

// handOver takes out of next the removals of monitors that are elsewhere now: one would
// also end what the other heartbeat has announced, if that was quicker. Their slots until
// the other has them are in the gaps that it returns; what that measures of them wins.
func (h *Heartbeat) handOver(next []Definition) (_ []Definition, between []*data.Gap) {
	if h.o.Elsewhere == nil {
		return next, nil
	}
	moved := map[string]bool{}
	next = slices.DeleteFunc(next, func(d Definition) bool {
		if d.Removed() && h.o.Elsewhere(d.ID) {
			moved[d.ID] = true
		}
		return moved[d.ID]
	})
	for i := range h.set {
		d := &h.set[i]
		if !d.Holds() || !moved[d.ID] {
			continue
		}
		r := d.registration(h.o.Location, h.o.Instance)
		reason := data.Stopped
		if r.Paused {
			reason = data.Paused
		}
		if run := schedule.Span([]*data.Registration{r}, h.start, h.start.Add(handOver)); run.Slots > 0 {
			between = append(between, &data.Gap{
				Monitor: r.Monitor, Location: r.Location, Instance: r.Instance, Version: r.Version,
				First: run.First, Last: run.Last, Slots: run.Slots, Reason: reason,
			})
		}
	}
	if len(moved) > 0 {
		h.log.Info("monitors are another heartbeat's now; until it has them their slots are gaps, for ten minutes at most", "monitors", len(moved))
	}
	return next, between
}
