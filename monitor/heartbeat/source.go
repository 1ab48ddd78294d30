package heartbeat

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/monitorink/monitorink/monitor/schedule"
	"github.com/monitorink/monitorink/pipeline"
)

// A job is one slot on its way through the pipeline.
type job struct {
	due    schedule.Due
	window *window
}

// A window is the slots that were released together. The ledger's checkpoint
// stays below oldest until none is open.
type window struct {
	oldest time.Time // the earliest instant among its slots
	open   atomic.Int64
}

// A source gives the slots that the runner releases one by one, enters in the
// ledger what does not run, and is told when a slot's result is safe.
type source struct {
	h    *Heartbeat
	jobs []job // of the current window, not yet given
	next int
}

// Next gives the next slot that is to be probed.
func (s *source) Next(ctx context.Context) (job, error) {
	for s.next == len(s.jobs) {
		w, err := s.h.runner.Next(ctx)
		if err != nil {
			return job{}, err
		}
		s.jobs, s.next = s.h.ledger.release(w, s.jobs[:0]), 0
	}
	j := s.jobs[s.next]
	s.next++
	return j, nil
}

// Settle closes the slot in its window, unless its result may be lost: then the
// checkpoint stays below it, and the next start finds out what became of it.
func (s *source) Settle(j job, outcome pipeline.Outcome) {
	if outcome.Verdict == pipeline.Undecided {
		s.h.counts.undecided.Add(1)
		return
	}
	j.window.open.Add(-1)
}
