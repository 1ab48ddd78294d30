package kafka

import (
	"sync"
	"sync/atomic"
	"time"
)

// A redelivery holds what was undecided, and gives it out again after a while
// that grows with the number of tries. It is bounded by the budget, which its
// messages keep.
type redelivery struct {
	more chan struct{} // a note: something was added
	n    atomic.Int64  // spares Next the mutex

	mu    sync.Mutex
	queue []waiter
}

type waiter struct {
	position *position
	due      time.Time
}

func (r *redelivery) push(p *position) {
	p.tries++
	wait := min(10*time.Millisecond<<min(p.tries-1, 8), time.Second)
	r.mu.Lock()
	r.queue = append(r.queue, waiter{p, time.Now().Add(wait)})
	r.n.Store(int64(len(r.queue)))
	r.mu.Unlock()
	signal(r.more)
}

// pop returns the first that is due, or how long until it will be.
func (r *redelivery) pop() (*position, time.Duration) {
	if r.n.Load() == 0 {
		return nil, 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) == 0 {
		return nil, 0
	}
	if wait := time.Until(r.queue[0].due); wait > 0 {
		return nil, wait
	}
	p := r.queue[0].position
	r.queue = r.queue[1:]
	if len(r.queue) == 0 {
		r.queue = nil
	}
	r.n.Store(int64(len(r.queue)))
	return p, 0
}
