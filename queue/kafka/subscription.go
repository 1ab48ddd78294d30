package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/IBM/sarama"

	"github.com/monitorink/monitorink/queue"
)

// SubscribeOptions bound a Subscription. The zero value is useful.
type SubscribeOptions struct {
	// InFlight is how many messages may be handed out and not settled, those that
	// wait to be handed out included; 0: 20,480. A pipeline that saves in batches
	// needs at least two batches for each of its savers.
	InFlight int
	// InFlightBytes bounds the same by size; 0: 32 MiB. A larger message passes alone.
	InFlightBytes int

	tune func(*sarama.Config) // tests are in a hurry
}

// A Subscription hands out what the topic's partitions hold that the group gives
// to it. It implements [queue.Subscription].
type Subscription struct {
	o       Options
	config  *sarama.Config
	limit   int
	budget  budget
	burial  *burial
	trouble trouble

	out    chan []*position // from the claims to Next
	chunk  []*position      // of Next alone
	again  redelivery
	closed chan struct{} // closed by Close
	once   sync.Once
	ended  chan error // what Close returns, once

	cancel      context.CancelFunc // ends the group
	group       chan struct{}      // closed when the group's goroutine has ended
	handedOut   atomic.Int64
	accepted    atomic.Int64
	deadLetters atomic.Int64
	skipped     atomic.Int64
	rebalances  atomic.Int64
	claims      atomic.Int64
	lag         lag
}

// SubscriptionStats are what a Subscription has done, and holds.
type SubscriptionStats struct {
	HandedOut   int64 // redelivered ones included
	Accepted    int64
	DeadLetters int64 // safe in the dead-letter topic
	Waiting     int   // refused, and not safe there yet
	Skipped     int64 // deleted by the topic before they were collected
	InFlight    int   // messages that it holds: handed out, or waiting to be
	Bytes       int   // their size, about
	Partitions  int   // that the group has given to it now
	Paused      int   // of these, those that are not read, because what is in flight is not settled
	Lag         int64 // messages of these that are not settled, as of the last seconds
	Rebalances  int64 // since the start, the first included
	Err         error // as Problem says
}

// Subscribe checks the options and begins. It connects in its own goroutine,
// and keeps trying while there is no broker or no topic: Problem says so.
func Subscribe(o Options, so SubscribeOptions) (*Subscription, error) {
	config, err := o.config()
	if o.Group == "" {
		err = errors.Join(err, errors.New("kafka: no consumer group is given"))
	}
	if o.DeadLetterTopic == "" {
		err = errors.Join(err, errors.New("kafka: no dead-letter topic is given"))
	}
	if so.InFlight < 0 || so.InFlightBytes < 0 {
		err = errors.Join(err, fmt.Errorf("kafka: in flight %d messages, %d bytes: want more than 0", so.InFlight, so.InFlightBytes))
	}
	if err != nil {
		return nil, err
	}
	if so.InFlight == 0 {
		so.InFlight = 20_480
	}
	if so.InFlightBytes == 0 {
		so.InFlightBytes = 32 << 20
	}
	letters := *config
	single := *config
	letters.Producer.MaxMessageBytes = batchBytes
	single.Producer.MaxMessageBytes = messageBytes
	single.Producer.Flush.MaxMessages = 1
	consuming(config)
	if so.tune != nil {
		so.tune(config)
	}
	s := &Subscription{
		o: o, config: config, limit: so.InFlight,
		budget: budget{maxCount: so.InFlight, maxBytes: so.InFlightBytes},
		out:    make(chan []*position, 1), // never closed: many claims send
		again:  redelivery{more: make(chan struct{}, 1)},
		closed: make(chan struct{}), ended: make(chan error, 1), group: make(chan struct{}),
	}
	s.trouble.log = o.logger().With("topic", o.Topic, "group", o.Group)
	s.trouble.group = errJoining
	s.burial = &burial{
		topic: o.DeadLetterTopic, batches: newSender(o, &letters), singles: newSender(o, &single),
		buried: s.buried, trouble: s.trouble.letters,
		more: make(chan struct{}, 1), idle: make(chan struct{}, 1),
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	go s.run(ctx) // Close waits for it
	return s, nil
}

// consuming are the settings of the group. The fetches are small enough for the
// memory that is promised: what is fetched is held compressed and unpacked.
func consuming(c *sarama.Config) {
	c.ChannelBufferSize = 64
	c.Consumer.Fetch.Min = 1
	c.Consumer.Fetch.Default = 128 << 10 // of one partition; raised by sarama for a larger message
	c.Consumer.Fetch.MaxBytes = 1 << 20  // of one answer, compressed
	c.Consumer.MaxWaitTime = 250 * time.Millisecond
	c.Consumer.MaxProcessingTime = time.Second // a partition that waits longer for room is set aside, and comes back
	c.Consumer.Retry.Backoff = time.Second
	c.Consumer.Group.Session.Timeout = 10 * time.Second
	c.Consumer.Group.Heartbeat.Interval = time.Second // so soon is a rebalance seen
	// A claim waits for half of it, and meanwhile whoever joins waits for one answer of
	// the broker: it must come within Net.ReadTimeout, or the broker would be blamed.
	c.Consumer.Group.Rebalance.Timeout = 30 * time.Second
	c.Consumer.Group.Rebalance.Retry.Backoff = time.Second
}

// InFlightLimit is how many messages may be in flight.
func (s *Subscription) InFlightLimit() int { return s.limit }

// Next blocks until there is a message. What a reader cannot decode is handed
// out as it is: a tombstone has no value, and a message without headers no kind.
func (s *Subscription) Next(ctx context.Context) (queue.Message, error) {
	for {
		select {
		case <-s.closed:
			return queue.Message{}, queue.ErrClosed
		default:
		}
		if err := ctx.Err(); err != nil {
			return queue.Message{}, err
		}
		p, wait := s.again.pop()
		switch {
		case p != nil:
		case len(s.chunk) > 0:
			p = s.chunk[0]
			s.chunk = s.chunk[1:]
		default:
			if err := s.await(ctx, wait); err != nil {
				return queue.Message{}, err
			}
			continue
		}
		if p.claim.hand(p) {
			s.handedOut.Add(1)
			return p.message(), nil
		}
		s.budget.give(1, p.bytes())
	}
}

// await returns when there may be something: a chunk, or one to be handed out again.
func (s *Subscription) await(ctx context.Context, wait time.Duration) error {
	var due <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		due = t.C
	}
	select {
	case s.chunk = <-s.out:
	case <-due:
	case <-s.again.more:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return queue.ErrClosed
	}
	return nil
}

// Settle says how a message ended. One whose partition has gone to another
// member meanwhile is not ours any more: it will be handed out there.
func (s *Subscription) Settle(m queue.Message, outcome queue.Outcome) {
	p, ok := m.Position.(*position)
	if !ok {
		return
	}
	if outcome.Verdict == queue.Accepted {
		if p.claim.accept(p) {
			s.accepted.Add(1)
			s.budget.give(1, p.bytes())
		}
		return
	}
	first, gone := p.claim.settled(p)
	switch {
	case !first:
	case gone:
		p.claim.giveBack()
		s.budget.give(1, p.bytes())
	case outcome.Verdict == queue.Refused:
		reason := "refused, without a reason"
		if outcome.Err != nil {
			reason = outcome.Err.Error()
		}
		s.burial.add(p, reason)
	default:
		p.claim.giveBack()
		s.again.push(p)
	}
}

// buried is told of what is safe among the dead letters.
func (s *Subscription) buried(p *position) {
	if !p.claim.isGone() {
		s.deadLetters.Add(1)
	}
	p.claim.finish(p)
	s.budget.give(1, p.bytes())
}

// errJoining holds until the group's first answer. It takes up to the session
// timeout where a member has died, whose partitions wait for it that long.
var errJoining = errors.New("kafka: joining the consumer group")

// Problem says what the Subscription waits for, such as a broker, a topic or its
// partitions; nil while all is well.
func (s *Subscription) Problem() error { return s.trouble.err() }

// Stats may be called at any time, by several goroutines.
func (s *Subscription) Stats() SubscriptionStats {
	n, bytes := s.budget.used()
	paused, behind := s.lag.load()
	return SubscriptionStats{
		HandedOut: s.handedOut.Load(), Accepted: s.accepted.Load(), DeadLetters: s.deadLetters.Load(),
		Waiting: s.burial.left(), Skipped: s.skipped.Load(), InFlight: n, Bytes: bytes,
		Partitions: int(s.claims.Load()), Paused: paused, Lag: behind, Rebalances: s.rebalances.Load(), Err: s.Problem(),
	}
}

// Close commits what is settled and leaves the group. Refused messages get some
// seconds to become safe; what is not settled goes to the next subscription.
// It does not wait for a broker that does not answer longer than ten seconds.
func (s *Subscription) Close() error {
	s.once.Do(func() {
		close(s.closed)
		s.ended <- s.end()
	})
	err := <-s.ended
	s.ended <- err
	return err
}

func (s *Subscription) end() error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), closeWithin, errNotClosed)
	defer cancel()
	patience := time.NewTimer(closeWithin / 2)
	defer patience.Stop()
	for waiting := s.Problem() == nil; waiting && s.burial.left() > 0; {
		select {
		case <-s.burial.idle:
		case <-patience.C:
			waiting = false
		}
	}
	s.cancel()
	select {
	case <-s.group:
	case <-ctx.Done():
		return fmt.Errorf("kafka: leave group %s: %w", s.o.Group, errNotClosed)
	}
	return errors.Join(s.burial.batches.close(ctx), s.burial.singles.close(ctx))
}
