package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/IBM/sarama"

	"github.com/monitorink/monitorink/queue"
)

// A sender owns one sarama producer: made when it is first needed, thrown away
// when it is no longer trusted, made anew by the next send.
type sender struct {
	brokers []string
	config  *sarama.Config
	quit    chan struct{}  // closed by close
	all     sync.WaitGroup // goroutines that open or end a producer

	mu      sync.Mutex
	closed  bool
	current *opening
}

// An opening is a producer, or the attempt to make one.
type opening struct {
	done     chan struct{} // closed when producer and err are set
	producer *producer
	err      error
}

func newSender(o Options, config *sarama.Config) *sender {
	return &sender{brokers: o.Brokers, config: config, quit: make(chan struct{})}
}

// send returns when each message has its answer, with those that were refused;
// or with an error when it has to give up before, and then nobody knows.
func (s *sender) send(ctx context.Context, records []record) ([]failure, error) {
	if len(records) == 0 {
		return nil, nil
	}
	for {
		o, err := s.open(ctx)
		if err != nil {
			return nil, err
		}
		failures, err := o.producer.send(ctx, records)
		if errors.Is(err, errRetired) { // somebody else has met a failure
			records = afresh(records)
			continue
		}
		if errors.Is(err, errNoAnswer) || anyFatal(failures) {
			s.retire(o)
		}
		return failures, err
	}
}

func (s *sender) open(ctx context.Context) (*opening, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, queue.ErrClosed
	}
	o := s.current
	if o == nil {
		o = &opening{done: make(chan struct{})}
		s.current = o
		s.all.Go(func() { s.dial(o) }) // waited for by close
	}
	s.mu.Unlock()
	select {
	case <-o.done:
		return o, o.err
	case <-s.quit:
		return nil, queue.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (s *sender) dial(o *opening) {
	defer close(o.done)
	// sarama.NewAsyncProducer would leave its client open when it gets no producer id.
	var async sarama.AsyncProducer
	client, err := sarama.NewClient(s.brokers, s.config)
	if err == nil {
		if async, err = sarama.NewAsyncProducerFromClient(client); err != nil {
			_ = client.Close()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		o.err = err
		s.current = nil
		return
	}
	o.producer = newProducer(client, async)
	if s.closed {
		s.all.Go(o.producer.end) // waited for by close
	}
}

// retire makes the next send use a new producer. What others have in the old one
// still gets its answers.
func (s *sender) retire(o *opening) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != o {
		return
	}
	s.current = nil
	s.all.Go(o.producer.end) // waited for by close
}

// close ends the sender, at the latest when ctx does.
func (s *sender) close(ctx context.Context) error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.quit)
		if o := s.current; o != nil {
			s.current = nil
			select {
			case <-o.done:
				s.all.Go(o.producer.end)
			default: // dial sees it
			}
		}
	}
	s.mu.Unlock()
	ended := make(chan struct{})
	go func() { s.all.Wait(); close(ended) }() // ends with the last producer
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("kafka: close the producer: %w", context.Cause(ctx))
	}
}

// deliver sends records in batches, and alone those that are large, or that are
// refused in a batch as too large: there nobody knows which one was. It returns those
// that are too large even alone; any other failure is an error, and then nobody knows
// of the rest.
func deliver(ctx context.Context, batches, singles *sender, all []record) ([]failure, error) {
	records := make([]record, 0, len(all))
	var single []record
	for _, r := range all {
		if r.message.ByteSize(2) < batchBytes {
			records = append(records, r)
		} else {
			single = append(single, r)
		}
	}
	failures, err := batches.send(ctx, records)
	if err != nil {
		return nil, err
	}
	for _, f := range failures {
		if !tooLarge(f.err) {
			return nil, f.err
		}
		single = append(single, afresh([]record{*f.record})...)
	}
	return alone(ctx, singles, single)
}

// alone sends each record in a request of its own, and returns those that are too
// large for that.
func alone(ctx context.Context, singles *sender, records []record) ([]failure, error) {
	failures, err := singles.send(ctx, records)
	if err != nil {
		return nil, err
	}
	for _, f := range failures {
		if !tooLarge(f.err) {
			return nil, f.err
		}
	}
	return failures, nil
}

// A record is a message on its way to the brokers. It has its own answer's place.
type record struct {
	message sarama.ProducerMessage
	index   int // in the caller's list
	call    *call
}

// afresh copies records for another producer: the one that was retired may still
// answer for some of them, and what it then says is of its own.
func afresh(records []record) []record {
	fresh := make([]record, len(records))
	for i := range records {
		m := &records[i].message
		fresh[i] = record{index: records[i].index, message: sarama.ProducerMessage{Topic: m.Topic, Key: m.Key, Value: m.Value, Headers: m.Headers}}
	}
	return fresh
}

// A call waits for the answers of its records.
type call struct {
	pending atomic.Int64
	done    chan struct{} // closed by the last answer

	mu       sync.Mutex
	failures []failure
}

// A failure is the answer to a record that the brokers do not have.
type failure struct {
	record *record
	err    error
}

func (c *call) answer(n int64) {
	if c.pending.Add(-n) == 0 {
		close(c.done)
	}
}

// A producer is sarama's, and the two goroutines that read its answers.
type producer struct {
	client sarama.Client
	async  sarama.AsyncProducer
	quit   chan struct{} // closed by end: nobody may send any more
	once   sync.Once
	gone   chan struct{}  // closed when sarama's is closed
	reads  sync.WaitGroup // the two goroutines

	sending sync.RWMutex // read-locked while Input is used: sarama closes it
}

func newProducer(client sarama.Client, async sarama.AsyncProducer) *producer {
	p := &producer{client: client, async: async, quit: make(chan struct{}), gone: make(chan struct{})}
	p.reads.Go(func() { // waited for by end
		for m := range async.Successes() {
			m.Metadata.(*record).call.answer(1)
		}
	})
	p.reads.Go(func() { // waited for by end
		for e := range async.Errors() {
			r := e.Msg.Metadata.(*record)
			r.call.mu.Lock()
			r.call.failures = append(r.call.failures, failure{r, e.Err})
			r.call.mu.Unlock()
			r.call.answer(1)
		}
	})
	return p
}

var errRetired = errors.New("the connection is being made anew")

// send never hangs on Input, which blocks while sarama has no broker.
func (p *producer) send(ctx context.Context, records []record) ([]failure, error) {
	c := &call{done: make(chan struct{})}
	c.pending.Store(int64(len(records)))
	if err := p.input(ctx, c, records); err != nil {
		return nil, err
	}
	select {
	case <-c.done:
		return c.failures, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-p.gone: // all answers have come, then
		select {
		case <-c.done:
			return c.failures, nil
		default:
			return nil, errRetired
		}
	}
}

func (p *producer) input(ctx context.Context, c *call, records []record) error {
	p.sending.RLock()
	defer p.sending.RUnlock()
	in := p.async.Input()
	for i := range records {
		r := &records[i]
		r.call = c
		r.message.Metadata = r
		select {
		case <-p.quit:
			return errRetired
		default:
		}
		select {
		case in <- &r.message:
		case <-p.quit:
			return errRetired
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// end returns when every message has its answer and the connections are closed.
func (p *producer) end() {
	p.once.Do(func() {
		close(p.quit)
		p.sending.Lock() // everybody has left Input
		p.async.AsyncClose()
		p.sending.Unlock()
		p.reads.Wait()
		_ = p.client.Close() // nothing is on its way any more
		close(p.gone)
	})
}

// anyFatal says whether the producer can be trusted no more. What a broker says
// of one message or of its replicas is no fault of the producer's. All else is:
// broken connections, a lost place in the sequence, and sarama's circuit breakers,
// which three errors about a topic open for ten seconds.
func anyFatal(failures []failure) bool {
	for _, f := range failures {
		var k sarama.KError
		if !errors.As(f.err, &k) {
			var c sarama.ConfigurationError // about this message: too large
			if !errors.As(f.err, &c) {
				return true
			}
			continue
		}
		switch k {
		case sarama.ErrMessageSizeTooLarge, sarama.ErrInvalidRecord, sarama.ErrPolicyViolation, sarama.ErrRequestTimedOut,
			sarama.ErrNotEnoughReplicas, sarama.ErrNotEnoughReplicasAfterAppend, sarama.ErrThrottlingQuotaExceeded:
		default:
			return true
		}
	}
	return false
}
