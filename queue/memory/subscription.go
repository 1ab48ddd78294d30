package memory

import (
	"context"
	"fmt"
	"time"

	"github.com/monitorink/monitorink/queue"
)

// A Subscription hands out the messages of a Queue.
type Subscription struct {
	q      *Queue
	more   chan struct{} // tells Next that there may be a message
	closed chan struct{} // closed by Close
}

// Subscribe returns the queue's subscription; it wraps ErrSubscribed while there
// is another, and is ErrClosed after Close.
func (q *Queue) Subscribe() (*Subscription, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-q.closed:
		return nil, queue.ErrClosed
	default:
	}
	if q.sub != nil {
		return nil, fmt.Errorf("subscribe: %w", queue.ErrSubscribed)
	}
	q.sub = &Subscription{q: q, more: make(chan struct{}, 1), closed: make(chan struct{})}
	return q.sub, nil
}

// Next blocks until there is a message.
func (s *Subscription) Next(ctx context.Context) (queue.Message, error) {
	q := s.q
	for {
		if err := ctx.Err(); err != nil {
			return queue.Message{}, err
		}
		q.mu.Lock()
		if q.sub != s {
			q.mu.Unlock()
			return queue.Message{}, queue.ErrClosed
		}
		e := q.again.pop()
		if e == nil {
			e = q.ready.pop()
		}
		if e != nil {
			e.sub = s
			q.flying.push(e)
			q.mu.Unlock()
			return e.message, nil
		}
		ended := q.finished && q.flying.n == 0
		q.mu.Unlock()
		if ended {
			return queue.Message{}, queue.ErrClosed
		}
		select {
		case <-s.more:
		case <-s.closed:
		case <-ctx.Done():
		}
	}
}

// Settle records how m ended. A message that this subscription does not hold
// (any more) is left alone.
func (s *Subscription) Settle(m queue.Message, outcome queue.Outcome) {
	e, ok := m.Position.(*entry)
	if !ok {
		return
	}
	q := s.q
	q.mu.Lock()
	if e.sub != s {
		q.mu.Unlock()
		return
	}
	e.sub = nil
	q.flying.remove(e)
	var letter DeadLetter
	switch outcome.Verdict {
	case queue.Undecided:
		q.again.push(e)
	case queue.Refused:
		letter = DeadLetter{Message: e.message, Err: outcome.Err, At: time.Now()}
		letter.Message.Position = nil
		q.bury(letter)
		q.bytes -= e.size()
	default:
		q.bytes -= e.size()
	}
	if q.waiting > 0 && q.fits(q.need) {
		signal(q.room)
	}
	if outcome.Verdict == queue.Undecided || q.finished {
		q.wakeNext()
	}
	q.mu.Unlock()
	if outcome.Verdict == queue.Refused && q.o.OnDeadLetter != nil {
		q.o.OnDeadLetter(letter)
	}
}

// Close ends the subscription. What it holds unsettled goes to the next one, in
// the order in which it was handed out.
func (s *Subscription) Close() error {
	q := s.q
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.sub != s {
		return nil
	}
	q.sub = nil
	close(s.closed)
	given := fifo{}
	for e := q.flying.head; e != nil; e = q.flying.head {
		q.flying.remove(e)
		e.sub = nil
		given.push(e)
	}
	for e := q.again.pop(); e != nil; e = q.again.pop() {
		given.push(e)
	}
	q.again = given
	return nil
}
