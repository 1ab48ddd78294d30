package pipeline

import (
	"context"
	"fmt"
	"io"
)

// A Source gives the values of a pipeline, one after another.
//
// Next is called by one goroutine at a time. It may block for as long as it likes, but returns soon after ctx is done:
// that is how it is told to stop. io.EOF itself, not an error that wraps it, ends the source. Any other error aborts
// the pipeline, except that after ctx is done a cancellation only ends the source, and anything else ends it and is
// part of what Run returns. A value returned together with an error does not exist.
//
// A Source may also be a Settler and a Limiter.
type Source[T any] interface {
	Next(ctx context.Context) (T, error)
}

// A Settler is a Source that is told how each of its values ended.
//
// Settle is called exactly once for each value that Next returned, with the very value, before Run returns. It may be
// called by several goroutines at once, and in any order. It must not block, nor call the pipeline: it is on the way
// of each value.
type Settler[T any] interface {
	Settle(v T, outcome Outcome)
}

// A Limiter is a Source that gives no more than so many values before one of them is settled. Zero means no limit. Run
// refuses a limit with which a batch could not fill.
type Limiter interface {
	InFlightLimit() int
}

// SourceFunc is a function as a Source.
type SourceFunc[T any] func(ctx context.Context) (T, error)

// Next calls f.
func (f SourceFunc[T]) Next(ctx context.Context) (T, error) { return f(ctx) }

// From adds a source to p. A pipeline may have several; it drains when all of them have ended.
func From[T any](p *Pipeline, name string, source Source[T]) *Flow[T] {
	s := p.add(&stage{name: name, source: true, queued: func() int { return 0 }},
		when(source == nil, "its source is nil"))
	if l, ok := source.(Limiter); ok {
		s.limit = max(l.InFlightLimit(), 0)
	}
	out := flow[T](s)
	o := &origin[T]{stage: s, source: source}
	o.settler, _ = source.(Settler[T])
	o.tally.stage = s
	s.start = func(ctx context.Context) {
		c := &crew{s, func() { close(out.ch); p.sourceEnded() }}
		c.start(1, func() { o.run(ctx, out.ch) })
	}
	return out
}

// sourceEnded is called once by each source.
func (p *Pipeline) sourceEnded() {
	if p.sources.Add(-1) == 0 {
		close(p.ended)
	}
}

// An origin is a source at work.
type origin[T any] struct {
	stage   *stage
	source  Source[T]
	settler Settler[T] // nil if the source does not want to be told
	tally   tally
	slab    []ticket[T] // made, and not yet given out
	made    int         // how many the last slab held
}

func (o *origin[T]) run(ctx context.Context, out chan<- packet[T]) {
	for ctx.Err() == nil {
		v, err := o.source.Next(ctx)
		if err != nil {
			o.end(ctx, err)
			return
		}
		o.stage.in.Add(1)
		out <- packet[T]{v, o.receipt(v)}
		o.stage.out.Add(1)
	}
}

// end deals with the error that ended the source.
func (o *origin[T]) end(ctx context.Context, err error) {
	p := o.stage.pipeline
	switch {
	case err == io.EOF:
	case ctx.Err() == nil:
		p.abort(o.stage, err)
	case !isCancellation(err):
		p.mu.Lock()
		defer p.mu.Unlock()
		p.late = append(p.late, fmt.Errorf("stage %s: when told to stop: %w", o.stage.name, err))
	}
}

// receipt makes the receipt of v. Tickets are made many at a time, at first few, because an allocation for each value
// would cost more than everything else on its way.
func (o *origin[T]) receipt(v T) receipt {
	if o.settler == nil {
		return &o.tally
	}
	if len(o.slab) == 0 {
		o.made = min(2*o.made+1, 63)
		o.slab = make([]ticket[T], o.made)
	}
	t := &o.slab[0]
	o.slab = o.slab[1:]
	t.origin, t.value = o, v
	return t
}
