package heartbeat

import (
	"sync/atomic"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/pipeline"
)

type counters struct {
	monitors, inFlight       atomic.Int64
	up, down                 atomic.Int64
	undecided, publishErrors atomic.Int64
	abandoned                atomic.Int64 // later attempts, besides the runner's
	checkpoint               atomic.Int64 // Unix milliseconds
	checkpointed             atomic.Int64 // when it was written, by the monotonic clock
	forward, back            atomic.Int64 // steps of the clock
	timeout                  atomic.Int64 // the longest of a monitor
	overload, overlap        atomic.Int64
	stopped, clock, paused   atomic.Int64
}

func (c *counters) measured(m *data.Measurement) {
	if m.State == data.Up {
		c.up.Add(1)
	} else {
		c.down.Add(1)
	}
}

func (c *counters) reason(r data.Reason) *atomic.Int64 {
	switch r {
	case data.Overload:
		return &c.overload
	case data.Overlap:
		return &c.overlap
	case data.Stopped:
		return &c.stopped
	case data.Clock:
		return &c.clock
	}
	return &c.paused
}

func (c *counters) skipped(r data.Reason, slots int64) { c.reason(r).Add(slots) }

// Stats are the figures of a Heartbeat since its start.
type Stats struct {
	Monitors      int64
	InFlight      int64 // probes under way
	Up, Down      int64 // measurements
	Gaps          map[data.Reason]int64
	Held          int64         // slots that had to wait for their host
	Undecided     int64         // results that could not be put into the queue before the end
	Abandoned     int64         // later attempts that were called for and not made
	PublishErrors int64         // tries that the local queue did not take
	Checkpoint    time.Time     // zero: none yet
	CheckpointAge time.Duration // since it was written
	Accounted     time.Time     // every slot up to here has run or is in a gap
	Behind        time.Duration // of the clock behind Accounted, from a second on: nothing is probed meanwhile
	ClockForward  int64         // steps of the wall clock
	ClockBack     int64
	Timeout       time.Duration // the longest of a monitor: a checkpoint may be as old
	Delay         time.Duration // of all beats of the pulse together: how late this process got to run
	SetAside      int           // persisted definitions that could not be read at the start
	Contention    time.Duration // what it takes now, again and again, to get a processor
	Stages        []pipeline.StageStats
}

// Stats may be called at any time, by several goroutines.
func (h *Heartbeat) Stats() Stats {
	c := &h.counts
	s := Stats{
		Monitors: c.monitors.Load(), InFlight: c.inFlight.Load(), Up: c.up.Load(), Down: c.down.Load(),
		Gaps: map[data.Reason]int64{}, Undecided: c.undecided.Load(), PublishErrors: c.publishErrors.Load(),
		Timeout: time.Duration(c.timeout.Load()), Stages: h.pipe.Stats(), Held: h.runner.Held(),
		Abandoned: c.abandoned.Load() + h.runner.Abandoned(),
		Delay:     h.pulse.Delay(), Contention: h.pulse.Contention(time.Now()),
	}
	if h.o.State != nil {
		s.SetAside = h.o.State.SetAside
	}
	for _, r := range data.Reasons() {
		s.Gaps[r] = c.reason(r).Load()
	}
	if ms := c.checkpoint.Load(); ms > 0 {
		s.Checkpoint = time.UnixMilli(ms).UTC()
		s.CheckpointAge = h.o.Clock.Monotonic() - time.Duration(c.checkpointed.Load())
	}
	s.Accounted, s.Behind = h.behind()
	s.ClockForward, s.ClockBack = c.forward.Load(), c.back.Load()
	return s
}
