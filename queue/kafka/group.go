package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

const (
	retryFirst = 250 * time.Millisecond
	retryMost  = 2 * time.Second
	// commitEvery is how often offsets are committed. A commit costs the broker a
	// record and us one request, whatever the number of messages.
	commitEvery = time.Second
)

// run keeps a session of the group until ctx ends.
func (s *Subscription) run(ctx context.Context) {
	defer close(s.group)
	var burial sync.WaitGroup
	burying, stop := context.WithCancel(context.Background())
	defer burial.Wait()
	defer stop()
	burial.Go(func() { s.burial.run(burying) }) // waited for above
	wait := patience{}
	for ctx.Err() == nil {
		if err := s.consume(ctx, &wait); err != nil && ctx.Err() == nil {
			s.failed(err)
			wait.sleep(ctx)
		}
	}
}

func (s *Subscription) failed(err error) {
	s.trouble.connect(fmt.Errorf("kafka: consume topic %s as group %s: %w", s.o.Topic, s.o.Group, Diagnose(err)))
}

// A patience waits between attempts: longer and longer, until a while has gone by
// without one.
type patience struct {
	wait time.Duration
	last time.Time
}

func (p *patience) sleep(ctx context.Context) {
	p.wait = min(2*p.wait, retryMost)
	if time.Since(p.last) > 5*retryMost {
		p.wait = retryFirst
	}
	select {
	case <-time.After(p.wait):
	case <-ctx.Done():
	}
	p.last = time.Now()
}

// consume makes a member of the group and lets it live through rebalances and
// outages, until ctx ends. It stays the same member, so that a broker that comes
// back need not wait for the old one to time out.
func (s *Subscription) consume(ctx context.Context, wait *patience) error {
	client, err := sarama.NewClient(s.o.Brokers, s.config)
	if err != nil {
		return err
	}
	group, err := sarama.NewConsumerGroupFromClient(s.o.Group, client)
	if err != nil {
		_ = client.Close() // nothing has come of it
		return err
	}
	var errs sync.WaitGroup
	errs.Go(func() { // ends with Close
		for err := range group.Errors() {
			if ctx.Err() == nil {
				s.trouble.pass(Diagnose(err))
			}
		}
	})
	measuring, stop := context.WithCancel(ctx)
	errs.Go(func() { s.lag.measure(measuring, client) }) // what it asks ends with the client
	for ctx.Err() == nil && !errors.Is(err, sarama.ErrClosedConsumerGroup) {
		if err = group.Consume(ctx, []string{s.o.Topic}, &session{s: s, client: client}); err != nil && ctx.Err() == nil {
			s.failed(err)
			wait.sleep(ctx)
		}
	}
	stop()
	_ = group.Close()  // whoever does not hear that we leave notices after the session timeout
	_ = client.Close() // the group, which is closed then, has committed
	errs.Wait()
	return err
}

// A session is one generation of the group; sarama calls it.
type session struct {
	s      *Subscription
	client sarama.Client // the group's
	stop   chan struct{} // closed by Cleanup
	done   chan struct{} // closed when the committing goroutine has ended

	mu     sync.Mutex
	claims []*claim
}

// Setup implements sarama.ConsumerGroupHandler.
func (h *session) Setup(sess sarama.ConsumerGroupSession) error {
	h.s.trouble.connect(nil)
	h.s.rebalances.Add(1)
	h.s.o.logger().Info("kafka: the group gave us partitions", "group", h.s.o.Group, "partitions", len(sess.Claims()[h.s.o.Topic]), "generation", sess.GenerationID())
	h.stop, h.done = make(chan struct{}), make(chan struct{})
	go func() { // Cleanup waits for it
		defer close(h.done)
		tick := time.NewTicker(commitEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				h.mark(sess)
				sess.Commit()
			case <-h.stop:
				return
			}
		}
	}()
	return nil
}

// mark tells sarama the offsets after the finished prefixes.
func (h *session) mark(sess sarama.ConsumerGroupSession) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.claims {
		if next := c.next(); next > 0 {
			sess.MarkOffset(c.topic, c.partition, next, "")
		}
	}
}

// Cleanup implements sarama.ConsumerGroupHandler. The claims have ended.
func (h *session) Cleanup(sess sarama.ConsumerGroupSession) error {
	close(h.stop)
	<-h.done
	h.mark(sess)
	for range 3 { // sarama keeps the error; where the first went well the others do nothing
		sess.Commit()
	}
	return nil
}

// ConsumeClaim implements sarama.ConsumerGroupHandler: it hands a partition over
// until the group takes it away, and then waits for what it handed out.
func (h *session) ConsumeClaim(sess sarama.ConsumerGroupSession, cc sarama.ConsumerGroupClaim) error {
	s := h.s
	c := &claim{
		topic: cc.Topic(), partition: cc.Partition(),
		chunk: max(1, min(chunkCount, s.limit/4)), moved: make(chan struct{}, 1),
	}
	h.mu.Lock()
	h.claims = append(h.claims, c)
	h.mu.Unlock()
	s.claims.Add(1)
	defer s.claims.Add(-1)
	c.from = h.begin(sess, cc)
	s.lag.add(c)
	defer s.lag.remove(c)
	ctx := sess.Context()
	for c.room(ctx) {
		chunk, sizes := c.take(ctx, cc.Messages())
		if chunk == nil {
			break
		}
		c.offered.Store(time.Now().UnixNano())
		taken := s.offer(ctx, chunk, sizes)
		c.offered.Store(0)
		if !taken {
			break
		}
		s.trouble.flows()
	}
	c.stop()
	deadline := time.NewTimer(s.config.Consumer.Group.Rebalance.Timeout / 2)
	defer deadline.Stop()
	c.drain(deadline.C, s.closed)
	c.leave()
	return nil
}

// offer gives a chunk to Next, in as many parts as the budget has room for.
func (s *Subscription) offer(ctx context.Context, chunk []*position, sizes []int) bool {
	for len(chunk) > 0 {
		n, bytes, err := s.budget.take(ctx, sizes)
		if err != nil {
			return false
		}
		select {
		case s.out <- chunk[:n]:
		case <-ctx.Done():
			s.budget.give(n, bytes)
			return false
		}
		chunk, sizes = chunk[n:], sizes[n:]
	}
	return true
}
