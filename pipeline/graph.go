package pipeline

import (
	"errors"
	"fmt"
)

// A Flow is the values that leave a stage. Exactly one stage receives them: Broadcast makes several flows of one.
type Flow[T any] struct {
	stage *stage
	ch    chan packet[T]
	taker string // the stage that receives from it
}

// add puts a stage into the graph, and notes what is wrong with it.
func (p *Pipeline) add(s *stage, faults ...string) *stage {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ran {
		panic(fmt.Sprintf("pipeline: stage %s: added after Run", s.name))
	}
	s.pipeline = p
	if s.name == "" {
		p.mistakes = append(p.mistakes, fmt.Errorf("stage %d: it needs a name", len(p.graph)+1))
	}
	for _, other := range p.graph {
		if other.name == s.name {
			p.mistakes = append(p.mistakes, fmt.Errorf("stage %s: another stage has that name", s.name))
		}
	}
	for _, fault := range faults {
		if fault != "" {
			p.mistakes = append(p.mistakes, fmt.Errorf("stage %s: %s", s.name, fault))
		}
	}
	p.graph = append(p.graph, s)
	return s
}

func (p *Pipeline) mistake(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mistakes = append(p.mistakes, err)
}

// when returns the fault if the condition holds.
func when(condition bool, format string, args ...any) string {
	if !condition {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// flow makes a flow that leaves s.
func flow[T any](s *stage) *Flow[T] { return flowOf[T](s, s.pipeline.buffer()) }

// flowOf is flow with room for n values.
func flowOf[T any](s *stage, n int) *Flow[T] {
	p := s.pipeline
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[s]++
	return &Flow[T]{stage: s, ch: make(chan packet[T], n)} // closed by the last worker of s
}

// receive adds a stage that receives f.
func receive[T any](f *Flow[T], s *stage, faults ...string) *stage {
	s.from = f.stage
	s.queued = func() int { return len(f.ch) }
	p := f.stage.pipeline
	if f.taker != "" {
		faults = append(faults, fmt.Sprintf("the flow of stage %s already goes to stage %s; Broadcast it", f.stage.name, f.taker))
	} else {
		f.taker = s.name
		p.mu.Lock()
		p.open[f.stage]--
		p.mu.Unlock()
	}
	return p.add(s, faults...)
}

// validate returns what is wrong with the graph.
func (p *Pipeline) validate() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ran {
		return errors.New("pipeline: Run was called before; build another one")
	}
	p.ran = true
	mistakes := p.mistakes
	if len(p.graph) == 0 {
		mistakes = append(mistakes, errors.New("pipeline: it has no stage"))
	}
	for _, s := range p.graph {
		if p.open[s] > 0 {
			mistakes = append(mistakes, fmt.Errorf("stage %s: %d of its flows go nowhere; end each with To", s.name, p.open[s]))
		}
		if err := s.checkLimit(); err != nil {
			mistakes = append(mistakes, err)
		}
	}
	return errors.Join(mistakes...)
}

// checkLimit refuses a sink that holds more than its source lets out. Each of those at work holds one batch while the
// next fills: with less than that source and sinks wait for each other in turn, and with less than one batch nothing
// moves until the batch has waited long enough.
func (s *stage) checkLimit() error {
	if s.sinks == 0 {
		return nil
	}
	size, source := 1, s
	for source.from != nil {
		source = source.from
		size *= max(source.size, 1)
	}
	need := 2 * size * s.sinks
	if size == 1 || source.limit == 0 || source.limit >= need {
		return nil
	}
	return fmt.Errorf("stage %s: %d at once with batches of %d need %d values in flight, but source %s lets out only %d",
		s.name, s.sinks, size, need, source.name, source.limit)
}
