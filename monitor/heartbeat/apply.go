package heartbeat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

// begin makes that of monitors the set that holds from the start. What it replaces is announced
// once more before it is forgotten, for a crash may have kept that from happening;
// then the new set is persisted, announced and scheduled. A crash in between is
// mended by the next start in the same way.
func (h *Heartbeat) begin(ctx context.Context, p plan, monitors []Definition) error {
	next, between := h.handOver(append(succeed(h.set, monitors, h.start), h.gone...))
	h.gone = nil
	if err := h.announce(ctx, replaced(h.set, next)); err != nil {
		return err
	}
	if err := write(ctx, h.publish, between, nil); err != nil {
		return err
	}
	if h.o.State != nil {
		if err := h.persist(ctx, next); err != nil {
			return err
		}
	}
	list := h.registrations(next)
	if err := h.tell(ctx, list); err != nil {
		return err
	}
	begun := make([]schedule.Definition, 0, len(monitors))
	for _, r := range list {
		if !r.Removed {
			begun = append(begun, p.scheduled(r))
		}
	}
	change, err := h.runner.Begin(h.start, nil, begun)
	if err != nil {
		return fmt.Errorf("apply %d monitors: %w", len(begun), err)
	}
	change.Commit()
	h.hold(next, p)
	h.tellBroken(p)
	return nil
}

// hold enters what holds now.
func (h *Heartbeat) hold(set []Definition, p plan) {
	longest := time.Duration(0)
	for i := range set {
		if set[i].Holds() {
			longest = max(longest, set[i].announced.Timeout)
		}
	}
	h.mu.Lock()
	h.set = set
	h.mu.Unlock()
	h.plan = p
	h.counts.monitors.Store(int64(len(p)))
	h.counts.timeout.Store(int64(longest))
}

// tellBroken logs which monitors cannot be probed, and why the first of them cannot.
func (h *Heartbeat) tellBroken(p plan) {
	var broken []string
	for id, l := range p {
		if l.Load().broken != nil {
			broken = append(broken, id)
		}
	}
	if len(broken) == 0 {
		return
	}
	slices.Sort(broken)
	h.log.Error("monitors cannot be probed for what their references stand for, or the files that they name; their slots are down (internal) and tell why",
		"count", len(broken), "monitors", broken[:min(len(broken), 20)], "error", p[broken[0]].Load().broken)
}

// persist saves a set at a start, and waits for a disk that is full: the local queue may empty
// itself meanwhile, and so make room.
func (h *Heartbeat) persist(ctx context.Context, set []Definition) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := h.o.State.Save(set)
		if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) {
			return err
		}
		if h.o.Journal != nil {
			h.o.Journal.MakeRoom()
		}
		h.log.Warn("the disk has no room for the definitions; trying again", "error", err, "wait", wait)
		if pause(ctx, wait) != nil {
			return err
		}
	}
}

// announce publishes the registrations of a set.
func (h *Heartbeat) announce(ctx context.Context, set []Definition) error {
	return h.tell(ctx, h.registrations(set))
}

func (h *Heartbeat) registrations(set []Definition) []*data.Registration {
	list := make([]*data.Registration, 0, len(set))
	for i := range set {
		list = append(list, set[i].registration(h.o.Location, h.o.Instance))
	}
	return list
}

func (h *Heartbeat) tell(ctx context.Context, list []*data.Registration) error {
	if err := write(ctx, h.publish, list, nil); err != nil {
		return fmt.Errorf("announce %d monitors: %w", len(list), err)
	}
	return nil
}
