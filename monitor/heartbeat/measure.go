package heartbeat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/pipeline"
	"github.com/monitorink/monitorink/queue"
)

// exhaustedEvery is how often it is logged that this machine lacks something.
const exhaustedEvery = time.Minute

// errExhausted says that a probe could not be made for want of files, ports or memory.
var errExhausted = errors.New("this machine has run out of what a probe needs")

// measure probes a slot, judges the response, and returns the encoded
// measurement. When the target is down, the slot may come again as the next attempt,
// with a measurement of its own. A slot that comes too late to begin, or that this
// machine lacks the means to probe, is entered as overload; a later attempt of which
// that is true is given up, since its slot has a measurement.
func (h *Heartbeat) measure(ctx context.Context, j job) (queue.Message, error) {
	defer h.gate.leave()
	h.counts.inFlight.Add(1)
	defer h.counts.inFlight.Add(-1)
	m, err := h.attempt(ctx, j)
	if err != nil {
		h.runner.Done(j.due)
		return queue.Message{}, err
	}
	if t := j.due.Value.(*live).Load(); m.State == data.Down && j.due.Attempt < t.attempts {
		h.runner.Again(j.due, t.delay)
	} else {
		h.runner.Done(j.due)
	}
	return h.encode(j, m)
}

// attempt returns the measurement of j; an error is what pipeline.Func is to return.
func (h *Heartbeat) attempt(ctx context.Context, j job) (*data.Measurement, error) {
	if h.runner.TooLate(j.due) {
		return nil, h.skip(j)
	}
	m, err := pipeline.Recover(h.probe)(ctx, j)
	if errors.Is(err, errExhausted) {
		h.exhausted(j, err)
		return nil, h.skip(j)
	}
	h.ledger.measured(j.due.Slot.Monitor)
	if err != nil { // a panic: our own fault, and no reason to lose the slot
		err = errors.New(j.due.Value.(*live).Load().mask.text(err.Error()))
		h.log.Error("a probe panicked; please report it", "monitor", j.due.Slot.Monitor, "error", err)
		m = h.failed(j, h.o.Clock.Wall(), err)
	}
	if ctx.Err() != nil && m.State == data.Down {
		// The drain's grace has run out in the middle of the probe: what it saw
		// is our own end, not the target's.
		return nil, context.Cause(ctx)
	}
	return m, nil
}

// skip enters a slot that was not probed, and returns what ends it.
func (h *Heartbeat) skip(j job) error {
	if j.due.Attempt == 1 {
		h.ledger.late(j.due)
	} else {
		h.counts.abandoned.Add(1)
	}
	return pipeline.ErrSkip
}

// encode makes a message of m, and counts it.
func (h *Heartbeat) encode(j job, m *data.Measurement) (queue.Message, error) {
	msg, err := queue.Encode(m)
	if err != nil {
		h.log.Error("a measurement cannot be encoded; please report it", "monitor", m.Monitor, "error", err)
		m = h.failed(j, m.Started, err)
		if msg, err = queue.Encode(m); err != nil {
			return queue.Message{}, err
		}
	}
	h.counts.measured(m)
	if h.o.Observe != nil {
		h.o.Observe(m)
	}
	return msg, nil
}

// probe is the part of measure that works on what strangers sent.
func (h *Heartbeat) probe(ctx context.Context, j job) (*data.Measurement, error) {
	t := j.due.Value.(*live).Load()
	m := h.blank(j, h.o.Clock.Wall())
	w := h.pulse.Watch(t.strain)
	if t.fill(ctx, h.prober, m, h.o.Clock.Wall) {
		return nil, fmt.Errorf("%w: %s", errExhausted, m.Error.Message)
	}
	m.Degraded = w.End(m.Phases.Total.D(), m.Degraded, m.HTTP != nil)
	return m, nil
}

// exhausted logs once a minute what this machine lacks.
func (h *Heartbeat) exhausted(j job, err error) {
	now := h.o.Clock.Monotonic()
	if next := h.lacked.Load(); int64(now) >= next && h.lacked.CompareAndSwap(next, int64(now+exhaustedEvery)) {
		h.log.Warn("slots are not probed, and are gaps (overload): raise the limit of open files (ulimit -n), the range of local ports or MONITORINK_BODY_BUDGET, or lower MONITORINK_IN_FLIGHT",
			"monitor", j.due.Slot.Monitor, "error", err)
	}
}

// failed is the measurement of a slot that our own fault kept from being measured.
func (h *Heartbeat) failed(j job, started time.Time, err error) *data.Measurement {
	m := h.blank(j, started)
	m.State, m.Error = data.Down, &data.Error{Kind: data.ErrInternal, Message: bound(err.Error(), 200)}
	return m
}

func (h *Heartbeat) blank(j job, started time.Time) *data.Measurement {
	s := j.due.Slot
	return &data.Measurement{
		Monitor: s.Monitor, Location: s.Location, Instance: h.o.Instance, Version: j.due.Registration.Version,
		Scheduled: s.Scheduled, Attempt: j.due.Attempt, Started: started, Late: max(h.runner.Late(j.due), 0),
		Method: j.due.Registration.Method, URL: j.due.Registration.URL,
	}
}

func bound(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}
