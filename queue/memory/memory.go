// Package memory is the queue that lives in the process: bounded, ordered, and
// gone when the process ends. It hands out again what was not accepted, like any
// other queue, so that what works with it works with those that last.
package memory

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/monitorink/monitorink/queue"
)

// ErrSubscribed is returned while another subscription is open.
var ErrSubscribed = errors.New("there is a subscription already")

// Options are the settings of a Queue. The zero value is useful.
type Options struct {
	// Capacity is how many messages the queue holds, those that are handed out
	// and not settled included; 0: 65,536.
	Capacity int
	// DeadLetters is how many dead letters are kept, the newest; 0: 1,000.
	DeadLetters int
}

// A DeadLetter is a message that was refused, and why.
type DeadLetter struct {
	Message queue.Message
	Err     error
}

// A Queue is a queue.Publisher, and gives one subscription at a time.
type Queue struct {
	o Options

	mu      sync.Mutex
	ready   ring                    // waiting to be handed out
	out     map[int64]queue.Message // handed out, not settled
	serial  int64
	sub     *subscription
	closed  bool
	letters []DeadLetter
	refused int64
	room    chan struct{} // closed and made anew when there is room; nil: nobody waits
	news    chan struct{} // the same, when there is a message
}

// New returns an empty queue.
func New(o Options) *Queue {
	if o.Capacity <= 0 {
		o.Capacity = 65536
	}
	if o.DeadLetters <= 0 {
		o.DeadLetters = 1000
	}
	return &Queue{o: o, out: map[int64]queue.Message{}}
}

// Publish puts messages into the queue, all of them or, with an error, none. A
// batch larger than the capacity goes in once the queue is empty.
func (q *Queue) Publish(ctx context.Context, messages []queue.Message) error {
	for {
		q.mu.Lock()
		if q.closed {
			q.mu.Unlock()
			return queue.ErrClosed
		}
		held := q.ready.n + len(q.out)
		if held == 0 || held+len(messages) <= q.o.Capacity {
			for _, m := range messages {
				m.Position = nil
				q.ready.push(m)
			}
			wake(&q.news)
			q.mu.Unlock()
			return nil
		}
		wait := waiter(&q.room)
		q.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return fmt.Errorf("%w: %d of %d messages are not settled: %w", queue.ErrFull, held, q.o.Capacity, context.Cause(ctx))
		}
	}
}

// Subscribe opens the subscription.
func (q *Queue) Subscribe() (queue.Subscription, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return nil, queue.ErrClosed
	case q.sub != nil:
		return nil, ErrSubscribed
	}
	q.sub = &subscription{q: q}
	return q.sub, nil
}

// Close ends the queue: what is blocked in Publish or Next returns ErrClosed.
func (q *Queue) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	wake(&q.room)
	wake(&q.news)
	return nil
}

// Stats are the figures of a Queue.
type Stats struct {
	Depth       int // not settled
	Capacity    int
	Full        bool
	DeadLetters int64 // since the start
}

// Stats may be called at any time.
func (q *Queue) Stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	depth := q.ready.n + len(q.out)
	return Stats{Depth: depth, Capacity: q.o.Capacity, Full: depth >= q.o.Capacity, DeadLetters: q.refused}
}

// DeadLetters returns those that are kept, the oldest first.
func (q *Queue) DeadLetters() []DeadLetter {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]DeadLetter(nil), q.letters...)
}

type subscription struct {
	q      *Queue
	closed bool // guarded by q.mu
}

// Next hands out the next message.
func (s *subscription) Next(ctx context.Context) (queue.Message, error) {
	q := s.q
	for {
		q.mu.Lock()
		if s.closed || q.closed {
			q.mu.Unlock()
			return queue.Message{}, queue.ErrClosed
		}
		if err := ctx.Err(); err != nil {
			q.mu.Unlock()
			return queue.Message{}, err
		}
		if q.ready.n > 0 {
			m := q.ready.pop()
			q.serial++
			m.Position = q.serial
			q.out[q.serial] = m
			q.mu.Unlock()
			return m, nil
		}
		wait := waiter(&q.news)
		q.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
		}
	}
}

// Settle ends a message, or puts it back.
func (s *subscription) Settle(m queue.Message, outcome queue.Outcome) {
	q := s.q
	serial, _ := m.Position.(int64)
	q.mu.Lock()
	defer q.mu.Unlock()
	held, ok := q.out[serial]
	if !ok { // put back by Close meanwhile
		return
	}
	delete(q.out, serial)
	switch outcome.Verdict {
	case queue.Undecided:
		held.Position = nil
		q.ready.push(held)
		wake(&q.news)
		return
	case queue.Refused:
		q.refused++
		q.letters = append(q.letters, DeadLetter{held, outcome.Err})
		if len(q.letters) > q.o.DeadLetters {
			q.letters = append(q.letters[:0], q.letters[1:]...)
		}
	}
	wake(&q.room)
}

// Close puts back what was not settled, in its order.
func (s *subscription) Close() error {
	q := s.q
	q.mu.Lock()
	defer q.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	q.sub = nil
	back := make([]queue.Message, 0, len(q.out))
	for serial := q.serial; len(q.out) > 0; serial-- {
		if m, ok := q.out[serial]; ok {
			delete(q.out, serial)
			m.Position = nil
			back = append(back, m)
		}
	}
	for _, m := range back { // the newest first
		q.ready.unshift(m)
	}
	wake(&q.news)
	return nil
}

func waiter(c *chan struct{}) <-chan struct{} {
	if *c == nil {
		*c = make(chan struct{}) // closed by wake
	}
	return *c
}

func wake(c *chan struct{}) {
	if *c != nil {
		close(*c)
		*c = nil
	}
}
