package remote

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/monitorink/monitorink/queue"
)

const (
	windowBytes = 64 << 20    // handed out and not settled
	comeBack    = time.Second // the lease after a connection broke
)

// A session is one subscriber's time with the subscription. Its pump takes
// messages from the queue and numbers them; they stay in out until settled.
type session struct {
	id, subscriber string
	o              ServerOptions
	sub            queue.Subscription
	cancel         context.CancelFunc // of the pump
	done           chan struct{}      // closed by the pump when it has ended
	gone           <-chan struct{}    // closed when the session ends
	once           sync.Once
	closeErr       error
	lease          *time.Timer

	mu        sync.Mutex
	ended     bool
	requests  int // under way; while there are any, the lease holds
	out       map[uint64]queue.Message
	bytes     int           // of values in out
	last      uint64        // newest serial
	confirmed uint64        // newest serial that is known to have arrived
	news      chan struct{} // closed when a message comes; nil: nobody waits
	room      chan struct{} // the same, when one is settled
}

func newSession(id, subscriber string, sub queue.Subscription, o ServerOptions, end func(*session, string) error) *session {
	ctx, cancel := context.WithCancel(context.Background())
	s := &session{
		id: id, subscriber: subscriber, o: o, sub: sub, cancel: cancel, gone: ctx.Done(),
		done: make(chan struct{}), out: map[uint64]queue.Message{},
	}
	s.lease = time.AfterFunc(o.Lease, func() {
		if s.idle() {
			_ = end(s, "nothing was heard of it") // logged there
		}
	})
	go func() { // close waits for the pump
		err := s.pump(ctx)
		close(s.done)
		if ctx.Err() == nil {
			o.Logger.Warn("the queue gives the collector no events; it subscribes again", "error", err)
			_ = end(s, fmt.Sprintf("the queue ended: %v", err)) // logged there
		}
	}()
	return s
}

// pump numbers what comes from the queue, as long as the window has room.
func (s *session) pump(ctx context.Context) error {
	for {
		m, err := s.sub.Next(ctx)
		if err != nil {
			return err
		}
		if len(m.Value)+len(m.Key)+len(m.Kind) > maxMessage {
			s.sub.Settle(m, queue.Outcome{Verdict: queue.Refused, Err: fmt.Errorf("message of %d bytes is too large", len(m.Value))})
			continue
		}
		s.mu.Lock()
		s.last++
		s.out[s.last] = m
		s.bytes += len(m.Value)
		wake(&s.news)
		for !s.ended && (len(s.out) >= s.o.Window || s.bytes >= windowBytes) {
			wait := waiter(&s.room)
			s.mu.Unlock()
			select {
			case <-wait:
			case <-ctx.Done():
				return ctx.Err()
			}
			s.mu.Lock()
		}
		s.mu.Unlock()
	}
}

// hold keeps the lease from running out; false when the session has ended.
func (s *session) hold() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.requests++
	return true
}

func (s *session) release(broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.requests--; s.requests > 0 || s.ended {
		return
	}
	if broken {
		s.lease.Reset(min(comeBack, s.o.Lease))
		return
	}
	s.lease.Reset(s.o.Lease)
}

func (s *session) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests == 0
}

// close ends the session once; later calls wait for the first.
func (s *session) close(tell func(unsettled int)) error {
	s.once.Do(func() {
		s.mu.Lock()
		s.ended = true
		unsettled := len(s.out)
		s.mu.Unlock()
		s.lease.Stop()
		s.cancel()
		<-s.done
		s.closeErr = s.sub.Close()
		tell(unsettled)
	})
	return s.closeErr
}

// since returns messages after serial in their wire form, if there are any.
func (s *session) since(after uint64, most int) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if after > s.last {
		return nil, fmt.Errorf("after is %d, and %d is the newest serial", after, s.last)
	}
	s.confirmed = max(s.confirmed, after)
	b := make([]byte, 0, min(s.bytes+s.bytes/4, batchBytes+batchBytes/8))
	for serial := s.confirmed + 1; serial <= s.last && most > 0 && len(b) < batchBytes; serial++ {
		if m, ok := s.out[serial]; ok {
			b = appendFrame(b, serial, m)
			most--
		}
	}
	return b, nil
}

// waitNews returns when there is a message after serial, the session has ended,
// or the time is up.
func (s *session) waitNews(ctx context.Context, after uint64, timeout <-chan time.Time) {
	for {
		s.mu.Lock()
		if s.last > max(after, s.confirmed) {
			s.mu.Unlock()
			return
		}
		news := waiter(&s.news)
		s.mu.Unlock()
		select {
		case <-news:
		case <-timeout:
			return
		case <-ctx.Done():
			return
		case <-s.gone:
			return
		}
	}
}

func (s *session) settle(in settlements) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	end := func(serial uint64, o queue.Outcome) {
		m, ok := s.out[serial]
		if !ok {
			return // told before
		}
		delete(s.out, serial)
		s.bytes -= len(m.Value)
		s.sub.Settle(m, o)
	}
	for _, serial := range in.Accepted {
		end(serial, queue.Outcome{Verdict: queue.Accepted})
	}
	for _, serial := range in.Undecided {
		end(serial, queue.Outcome{})
	}
	for _, r := range in.Refused {
		end(r.Serial, queue.Outcome{Verdict: queue.Refused, Err: errors.New(r.Reason)})
	}
	wake(&s.room)
	return true
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
