package pipeline

import (
	"context"
	"fmt"
	"sync/atomic"
)

// A stage is what all kinds of stage have in common. Its first fields are set while the pipeline is built and do not
// change afterwards.
type stage struct {
	pipeline *Pipeline
	name     string
	from     *stage                    // nil for a source
	start    func(ctx context.Context) // starts the stage's goroutines; ctx is that of the work
	queued   func() int                // values that wait in the channel before it
	inner    func() int                // values that wait inside it; may be nil
	source   bool
	limit    int // a source's in-flight limit, 0 if it has none
	size     int // a batch's size, 0 for others
	sinks    int // how many sinks work at once, 0 for others
	counters
}

// counters are written by the stage's workers and read by anyone.
type counters struct {
	in, out                               atomic.Int64
	accepted, skipped, refused, undecided atomic.Int64
	workers                               atomic.Int32
}

// tally counts how a value of a source ended.
func (s *stage) tally(o Outcome) {
	switch o.Verdict {
	case Accepted:
		s.accepted.Add(1)
	case Refused:
		s.refused.Add(1)
	default:
		s.undecided.Add(1)
	}
}

// end settles a value as the error says that the stage's function returned for it; err is not nil.
func (s *stage) end(r receipt, err error) {
	r.settle(s.judge(err, 1))
}

// judge turns the error of a function into the outcome of n values, and does what else it asks for. Only the error
// itself is looked at, never its chain: a function that wraps a rejection of something else has not rejected anything.
func (s *stage) judge(err error, n int64) Outcome {
	if err == ErrSkip {
		s.skipped.Add(n)
		return accepted
	}
	if r, ok := err.(*rejection); ok {
		return s.refuse(r.err, n)
	}
	s.undecided.Add(n)
	cause := s.pipeline.abort(s, err)
	if isCancellation(err) {
		return Outcome{Undecided, cause}
	}
	return Outcome{Undecided, fmt.Errorf("stage %s: %w", s.name, err)}
}

// refuse counts and reports n values that are refused for one reason.
func (s *stage) refuse(err error, n int64) Outcome {
	s.refused.Add(n)
	if hook := s.pipeline.options.Hooks.OnRefused; hook != nil {
		for range n {
			hook(s.name, err)
		}
	}
	return Outcome{Refused, err}
}

// abandon settles a value that came after the abort.
func (s *stage) abandon(r receipt, cause error) {
	s.undecided.Add(1)
	r.settle(Outcome{Undecided, cause})
}

// A crew is the workers of one stage. The last one to leave calls last, which may be nil.
type crew struct {
	stage *stage
	last  func()
}

// start adds n workers; Run waits for them. Only a member may add to a crew that has begun to work.
func (c *crew) start(n int, work func()) {
	c.stage.workers.Add(int32(n))
	for range n {
		c.stage.pipeline.stages.Go(func() {
			c.stage.guard(work)
			if c.stage.workers.Add(-1) == 0 && c.last != nil {
				c.last()
			}
		})
	}
}

// guard runs work and crashes with the stage's name when it does not return: a panic goes on with the name added, and
// a runtime.Goexit, which would leave a value unsettled and its senders waiting, becomes a panic.
func (s *stage) guard(work func()) {
	returned := false
	defer func() {
		if !returned {
			panic(fmt.Sprintf("pipeline: stage %s: a function of it panicked or called runtime.Goexit", s.name))
		}
	}()
	work()
	returned = true
}
