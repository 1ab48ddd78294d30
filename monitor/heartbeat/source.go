package heartbeat

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
	"github.com/monitorink/monitorink/pipeline"
)

// maxWait is how long the schedule is left alone while there is no room: what it
// has to skip is entered as late as that.
const maxWait = time.Second

// A job is one attempt of a slot on its way through the pipeline.
type job struct {
	due    schedule.Due
	window *window // nil for later attempts: their slot is accounted for by the first
}

// A window is the slots that were given together. The ledger's checkpoint
// stays below oldest until none is open.
type window struct {
	oldest time.Time // the earliest instant among its slots
	open   atomic.Int64
}

// A source gives the slots that the runner chooses one by one, enters in the
// ledger what does not run, and is told when a slot's result is safe.
type source struct {
	h    *Heartbeat
	jobs []job // of the current window, not yet given
	next int

	begun int // slots chosen since this process had last caught up
}

// Next gives the next slot that is to be probed. When more is due than the
// processor bears, slots wait here, where they can still be skipped, and not as
// probes that all take too long and blame their targets.
func (s *source) Next(ctx context.Context) (job, error) {
	for s.next == len(s.jobs) {
		if s.begun >= s.h.gate.burst {
			s.h.echo.wait(ctx)
			s.begun = 0
		}
		s.h.gate.wait(ctx, maxWait)
		w, err := s.h.runner.Next(ctx)
		if err != nil {
			return job{}, err
		}
		s.h.stepped(w)
		if full := s.h.o.Full; full != nil && len(w.Due) > 0 && full() {
			w = s.yield(w)
		}
		s.h.gate.enter(len(w.Due))
		s.begun += len(w.Due)
		s.jobs, s.next = s.h.ledger.release(w, s.jobs[:0]), 0
	}
	j := s.jobs[s.next]
	s.next++
	return j, nil
}

// yield turns what is due into overload, and gives up later attempts: their results
// would have no place to go.
func (s *source) yield(w schedule.Window) schedule.Window {
	for _, d := range w.Due {
		s.h.runner.Done(d)
		if d.Attempt > 1 {
			s.h.counts.abandoned.Add(1)
			continue
		}
		at := d.Slot.Scheduled
		w.Skipped = append(w.Skipped, schedule.Skip{Registration: d.Registration, First: at, Last: at, Slots: 1, Reason: data.Overload})
	}
	w.Due = nil
	return w
}

// Settle closes the slot in its window, unless its result may be lost: then the
// checkpoint stays below it, and the next start finds out what became of it.
func (s *source) Settle(j job, outcome pipeline.Outcome) {
	if outcome.Verdict == pipeline.Undecided {
		s.h.counts.undecided.Add(1)
		return
	}
	if j.window != nil {
		j.window.open.Add(-1)
	}
}
