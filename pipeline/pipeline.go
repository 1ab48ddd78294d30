package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Options are the settings of a Pipeline. The zero value is useful.
type Options struct {
	// Buffer is how many values may wait between two stages. Zero means 64. Behind Batch none does: there the batch grows.
	Buffer int
	// Grace is how long a drain may take: from the moment when ctx is done, or when all sources have ended, until
	// everything is settled. Zero means as long as it takes.
	Grace time.Duration
	// Hooks are told what happens.
	Hooks Hooks
}

// Hooks are functions that a pipeline calls as things happen; each may be nil. They are called by the stage's own
// goroutine, several at once, and whatever time they take is taken from the stage.
type Hooks struct {
	// OnRefused is called for each value that a stage refuses, before it is settled.
	OnRefused func(stage string, err error)
	// OnAbort is called at most once, when the pipeline aborts. The stage is empty when Grace ran out; Run may return
	// nil even so, when everything was decided at that moment.
	OnAbort func(stage string, err error)
	// OnDrain is called at most once, when a drain begins; reason is nil when all sources have ended, otherwise the
	// cause of the end of Run's ctx.
	OnDrain func(reason error)
}

// A Pipeline is a graph of stages that runs once. It is built by one goroutine with From, Map, Batch, Broadcast and
// To, whose mistakes Run reports before anything starts.
type Pipeline struct {
	options Options

	mu       sync.Mutex // guards what follows, up to the empty line
	graph    []*stage
	open     map[*stage]int // flows that no stage receives yet, by the stage that they come from
	mistakes []error
	late     []error // what sources returned after they were told to stop
	ran      bool

	stages  sync.WaitGroup // all goroutines of all stages
	sources atomic.Int32   // those that have not ended
	ended   chan struct{}  // closed by the last source to end

	failure     atomic.Pointer[failure] // nil until the abort
	stopSources context.CancelCauseFunc
	stopStages  context.CancelCauseFunc
}

// A failure is why a pipeline aborted.
type failure struct {
	stage *stage // nil if Grace ran out
	err   error
}

// New returns an empty pipeline.
func New(options Options) *Pipeline {
	p := &Pipeline{options: options, open: map[*stage]int{}, ended: make(chan struct{})}
	if options.Buffer < 0 {
		p.mistake(fmt.Errorf("buffer is %d: it must not be negative", options.Buffer))
	}
	if options.Grace < 0 {
		p.mistake(fmt.Errorf("grace is %v: it must not be negative", options.Grace))
	}
	return p
}

// buffer returns the capacity of the channel between two stages.
func (p *Pipeline) buffer() int {
	if p.options.Buffer <= 0 {
		return 64
	}
	return p.options.Buffer
}

// Run runs the pipeline until its sources have ended or ctx is done, drains it, and returns when every goroutine of it
// has ended and every value is settled. A function that ignores its context delays that.
//
// Nil means that each value that a source gave was accepted or refused. Otherwise the error is the first one that
// aborted, with the stage's name; or ErrGrace with the number of values that were left undecided; or, with everything
// decided, what a source returned after it had been told to stop and that is not a cancellation; or what is wrong with
// the graph, and then nothing has run. A Pipeline runs once: each later Run is an error.
func (p *Pipeline) Run(ctx context.Context) error {
	if err := p.validate(); err != nil {
		return err
	}
	work, stopStages := context.WithCancelCause(context.WithoutCancel(ctx))
	feed, stopSources := context.WithCancelCause(ctx)
	p.stopStages, p.stopSources = stopStages, stopSources
	defer stopStages(nil)
	defer stopSources(nil)

	for _, s := range p.graph {
		if s.source {
			p.sources.Add(1)
		}
	}
	for _, s := range p.graph {
		if s.source {
			s.start(feed)
		} else {
			s.start(work)
		}
	}
	settled := make(chan struct{}) // closed here, when every stage has ended
	var watch sync.WaitGroup
	watch.Go(func() { p.watch(ctx, feed, settled) })
	p.stages.Wait()
	close(settled)
	watch.Wait()
	return p.verdict()
}

// watch waits for the drain to begin, and sees to it that it takes no longer than Grace.
func (p *Pipeline) watch(ctx, feed context.Context, settled <-chan struct{}) {
	select {
	case <-feed.Done():
	case <-p.ended:
	}
	if p.failure.Load() != nil {
		return
	}
	if hook := p.options.Hooks.OnDrain; hook != nil {
		hook(context.Cause(ctx))
	}
	if p.options.Grace == 0 {
		return
	}
	timer := time.NewTimer(p.options.Grace)
	defer timer.Stop()
	select {
	case <-settled:
	case <-timer.C:
		p.abort(nil, fmt.Errorf("drain: %w after %v", ErrGrace, p.options.Grace))
	}
}

// abort makes the pipeline abort because of err, unless it already does, and returns why it does. A nil stage stands
// for the pipeline itself.
func (p *Pipeline) abort(s *stage, err error) error {
	name := ""
	if s != nil {
		name = s.name
		err = fmt.Errorf("stage %s: %w", name, err)
	}
	if !p.failure.CompareAndSwap(nil, &failure{s, err}) {
		return p.failure.Load().err
	}
	p.stopStages(err)
	p.stopSources(err)
	if hook := p.options.Hooks.OnAbort; hook != nil {
		hook(name, err)
	}
	return err
}

// aborted returns why the pipeline aborted, nil if it did not.
func (p *Pipeline) aborted() error {
	if f := p.failure.Load(); f != nil {
		return f.err
	}
	return nil
}

// verdict returns what Run returns after everything has ended. It goes by what became of the values: a Grace that ran
// out when the last of them was just decided is no error.
func (p *Pipeline) verdict() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var left int64
	for _, s := range p.graph {
		if s.source {
			left += s.undecided.Load()
		}
	}
	var err error
	if f := p.failure.Load(); f != nil && (f.stage != nil || left > 0) {
		err = fmt.Errorf("%w (values left undecided: %d)", f.err, left)
	}
	if len(p.late) == 0 {
		return err
	}
	return errors.Join(append([]error{err}, p.late...)...)
}
