package pipeline

import "context"

// A place is where a worker of an ordered stage leaves its result. Places are used again and again.
type place[Out any] struct {
	result packet[Out]
	ok     bool          // there is a result to forward
	filled chan struct{} // holds one token while the place is filled
}

// A seated value has its place in the order.
type seated[In, Out any] struct {
	packet packet[In]
	place  *place[Out]
}

// An ordered stage has three parts: one goroutine gives each value its place, the workers of the pool fill the places
// in any order, and one goroutine empties them in theirs. The number of places bounds how far the pool gets ahead.
type ordered[In, Out any] struct {
	*worker[In, Out]
	free  chan *place[Out]
	taken chan *place[Out]
	jobs  chan seated[In, Out]
}

func newOrdered[In, Out any](w *worker[In, Out], workers, ahead int) *ordered[In, Out] {
	places := workers + ahead
	o := &ordered[In, Out]{
		worker: w,
		free:   make(chan *place[Out], places),      // never closed
		taken:  make(chan *place[Out], places),      // closed by seat
		jobs:   make(chan seated[In, Out], workers), // closed by seat
	}
	for range places {
		o.free <- &place[Out]{filled: make(chan struct{}, 1)} // never closed
	}
	w.stage.inner = func() int { return len(o.jobs) }
	return o
}

// start starts all parts; Run waits for them.
func (o *ordered[In, Out]) start(ctx context.Context, m mapping) {
	o.stage.pipeline.stages.Go(o.seat)
	startPool(&crew{stage: o.stage}, m, o.jobs, func(s seated[In, Out]) {
		s.place.result, s.place.ok = o.apply(ctx, s.packet)
		s.place.filled <- struct{}{}
	})
	o.stage.pipeline.stages.Go(o.leave)
}

func (o *ordered[In, Out]) seat() {
	for pk := range o.in {
		place := <-o.free
		o.taken <- place
		o.jobs <- seated[In, Out]{pk, place}
	}
	close(o.jobs)
	close(o.taken)
}

func (o *ordered[In, Out]) leave() {
	for place := range o.taken {
		<-place.filled
		if place.ok {
			o.stage.out.Add(1)
			o.out <- place.result
		}
		place.result = packet[Out]{} // a free place keeps nothing alive
		o.free <- place
	}
	close(o.out)
}
