package memory

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/monitorink/monitorink/queue"
)

// Options bound a Queue. The zero value is useful.
type Options struct {
	// Capacity is how many messages may be unsettled, those in flight included;
	// 0: 65,536. A larger Publish gets in alone, once the queue is empty.
	Capacity int
	// DeadLetters is how many refused messages are kept to be looked at, the
	// newest ones; 0: 1,024.
	DeadLetters int
	// OnDeadLetter, unless nil, is told of each refused message by Settle.
	OnDeadLetter func(DeadLetter)
}

// A DeadLetter is a message that was refused, and why.
type DeadLetter struct {
	Message queue.Message
	Err     error
	At      time.Time
}

// A Queue is a [queue.Publisher] that has one Subscription at a time.
type Queue struct {
	o      Options
	turn   chan struct{} // held by the one Publish that may wait for room
	room   chan struct{} // tells it that there may be some
	closed chan struct{} // closed by Close

	mu       sync.Mutex
	finished bool
	need     int  // messages that the Publish with the turn waits to add
	waiting  int  // Publish calls that are not in the fast path
	ready    fifo // in the order of Publish
	again    fifo // given back; they go first
	flying   list // handed out and not settled
	sub      *Subscription
	bytes    int64
	dead     []DeadLetter // a ring once it is full
	refused  int64
}

// New returns an empty queue.
func New(o Options) *Queue {
	if o.Capacity <= 0 {
		o.Capacity = 1 << 16
	}
	if o.DeadLetters <= 0 {
		o.DeadLetters = 1 << 10
	}
	return &Queue{
		o: o, turn: make(chan struct{}, 1), room: make(chan struct{}, 1),
		closed: make(chan struct{}),
	}
}

// Publish takes all messages at once, or none.
func (q *Queue) Publish(ctx context.Context, messages []queue.Message) error {
	if len(messages) == 0 {
		return nil
	}
	q.mu.Lock()
	if q.waiting == 0 && q.fits(len(messages)) {
		err := q.add(messages)
		q.mu.Unlock()
		return err
	}
	q.waiting++
	q.mu.Unlock()
	defer func() {
		q.mu.Lock()
		q.waiting--
		q.mu.Unlock()
	}()
	select {
	case q.turn <- struct{}{}:
		defer func() { <-q.turn }()
	case <-q.closed:
		return queue.ErrClosed
	case <-ctx.Done():
		return q.full(ctx, messages)
	}
	for {
		q.mu.Lock()
		if q.fits(len(messages)) {
			err := q.add(messages)
			q.mu.Unlock()
			return err
		}
		q.need = len(messages)
		q.mu.Unlock()
		select {
		case <-q.room:
		case <-q.closed:
			return queue.ErrClosed
		case <-ctx.Done():
			return q.full(ctx, messages)
		}
	}
}

func (q *Queue) full(ctx context.Context, messages []queue.Message) error {
	return fmt.Errorf("publish %d messages: %w, it holds %d: %w", len(messages), queue.ErrFull, q.o.Capacity, ctx.Err())
}

// fits also says yes when the queue no longer takes anything: add then tells.
func (q *Queue) fits(n int) bool {
	depth := q.depth()
	return depth == 0 || depth+n <= q.o.Capacity || q.finished
}

func (q *Queue) depth() int { return q.ready.n + q.again.n + q.flying.n }

func (q *Queue) add(messages []queue.Message) error {
	if q.finished {
		return queue.ErrClosed
	}
	now := time.Now()
	entries := make([]entry, len(messages))
	for i := range messages {
		e := &entries[i]
		e.message, e.at = messages[i], now
		e.message.Position = e
		q.bytes += e.size()
		q.ready.push(e)
	}
	q.wakeNext()
	return nil
}

// Finish ends publishing: Publish returns ErrClosed from now on, and Next once
// every message has been settled. It is how a drain lets the subscriber end.
func (q *Queue) Finish() {
	q.mu.Lock()
	q.finished = true
	q.wakeNext()
	q.mu.Unlock()
	signal(q.room)
}

// Close ends the queue and its subscription at once; what is in it is lost.
// Close twice is harmless.
func (q *Queue) Close() error {
	q.mu.Lock()
	sub := q.sub
	q.finished = true
	select {
	case <-q.closed:
	default:
		close(q.closed)
	}
	q.mu.Unlock()
	if sub != nil {
		return sub.Close()
	}
	return nil
}

// DeadLetters returns the refused messages that are kept, oldest first.
func (q *Queue) DeadLetters() []DeadLetter {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.dead) < q.o.DeadLetters {
		return append([]DeadLetter(nil), q.dead...)
	}
	next := int(q.refused % int64(len(q.dead)))
	return append(append([]DeadLetter(nil), q.dead[next:]...), q.dead[:next]...)
}

// Stats may be called at any time, by several goroutines.
func (q *Queue) Stats() queue.Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := queue.Stats{
		Depth: int64(q.depth()), Bytes: q.bytes, Capacity: int64(q.o.Capacity),
		Full: q.waiting > 0, DeadLetters: q.refused,
	}
	for _, e := range []*entry{q.flying.head, q.again.peek(), q.ready.peek()} {
		if e != nil {
			s.Oldest = max(s.Oldest, time.Since(e.at))
		}
	}
	return s
}

func (q *Queue) bury(d DeadLetter) {
	if len(q.dead) < q.o.DeadLetters {
		q.dead = append(q.dead, d)
	} else {
		q.dead[q.refused%int64(len(q.dead))] = d
	}
	q.refused++
}

func (q *Queue) wakeNext() {
	if q.sub != nil {
		signal(q.sub.more)
	}
}

// signal leaves a note for a goroutine that looks at the state after reading it.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
