package pipeline

import (
	"context"
	"sync"
)

// A keyed stage has a lane for each worker, and one goroutine that puts each value into the lane of its key.
type keyed[In, Out any] struct {
	*worker[In, Out]
	hash  func(In) uint64
	lanes []chan packet[In]
}

func newKeyed[In, Out any](w *worker[In, Out], workers, buffer int, hash func(In) uint64) *keyed[In, Out] {
	k := &keyed[In, Out]{worker: w, hash: hash, lanes: make([]chan packet[In], workers)}
	for i := range k.lanes {
		k.lanes[i] = make(chan packet[In], max(buffer/workers, 1)) // closed by sort
	}
	w.stage.inner = func() int {
		n := 0
		for _, lane := range k.lanes {
			n += len(lane)
		}
		return n
	}
	return k
}

// start starts the sorting goroutine, which starts the workers: all at once, or in a dynamic pool each with the first
// value of its lane. Run waits for all of them.
func (k *keyed[In, Out]) start(ctx context.Context, m mapping) {
	k.stage.pipeline.stages.Go(func() {
		k.stage.guard(func() { k.sort(ctx, m.upTo > 0) })
	})
}

func (k *keyed[In, Out]) sort(ctx context.Context, lazy bool) {
	var workers sync.WaitGroup
	c := &crew{stage: k.stage}
	begin := func(lane <-chan packet[In]) {
		workers.Add(1)
		c.start(1, func() {
			defer workers.Done()
			for pk := range lane {
				k.forward(ctx, pk)
			}
		})
	}
	started := make([]bool, len(k.lanes))
	if !lazy {
		for i, lane := range k.lanes {
			started[i] = true
			begin(lane)
		}
	}
	for pk := range k.in {
		if cause := k.stage.pipeline.aborted(); cause != nil {
			k.stage.in.Add(1)
			k.stage.abandon(pk.receipt, cause)
			continue
		}
		i := k.hash(pk.value) % uint64(len(k.lanes))
		if !started[i] {
			started[i] = true
			begin(k.lanes[i])
		}
		k.lanes[i] <- pk
	}
	for _, lane := range k.lanes {
		close(lane)
	}
	workers.Wait()
	close(k.out)
}
