package remote_test

import (
	"errors"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/memory"
	"github.com/monitorink/monitorink/queue/queuetest"
	"github.com/monitorink/monitorink/queue/remote"
	"github.com/monitorink/monitorink/queue/spool"
)

// across puts HTTP between a queue and its subscribers.
func across(t *testing.T, q *queuetest.Queue) *queuetest.Queue {
	server := remote.NewServer(q.Subscribe, remote.ServerOptions{Token: "secret"})
	listener := httptest.NewServer(server)
	var mu sync.Mutex
	var subs []*remote.Subscription
	closed := false
	end := func() error {
		mu.Lock()
		closed = true
		all := subs
		mu.Unlock()
		var errs []error
		for _, s := range all {
			errs = append(errs, s.Close())
		}
		errs = append(errs, server.Close(), q.Close())
		listener.Close()
		return errors.Join(errs...)
	}
	t.Cleanup(func() { _ = end() })
	far := &queuetest.Queue{Publisher: q.Publisher, DeadLetters: q.DeadLetters, Close: end}
	far.Subscribe = func() (queue.Subscription, error) {
		mu.Lock()
		defer mu.Unlock()
		if closed {
			return nil, queue.ErrClosed
		}
		s, err := remote.New(remote.Options{URL: listener.URL, Token: "secret"})
		if err == nil {
			subs = append(subs, s)
		}
		return s, err
	}
	if q.Reopen != nil {
		far.Reopen = func(t *testing.T) *queuetest.Queue { return across(t, q.Reopen(t)) }
	}
	return far
}

func TestContractOverMemory(t *testing.T) {
	queuetest.Run(t, queuetest.Implementation{Open: func(t *testing.T, small bool) *queuetest.Queue {
		var o memory.Options
		if small {
			o.Capacity = 10
		}
		q := memory.New(o)
		return across(t, &queuetest.Queue{Publisher: q, Close: q.Close, Subscribe: subscriber(q),
			DeadLetters: func() ([]queuetest.DeadLetter, error) {
				var all []queuetest.DeadLetter
				for _, d := range q.DeadLetters() {
					all = append(all, queuetest.DeadLetter{Message: d.Message, Reason: d.Err.Error()})
				}
				return all, nil
			}})
	}})
}

func overSpool(t *testing.T, o spool.Options) *queuetest.Queue {
	s, _, err := spool.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return across(t, &queuetest.Queue{
		Publisher: s, Close: s.Close,
		Subscribe: func() (queue.Subscription, error) {
			sub, err := s.Subscribe()
			if err != nil {
				return nil, err
			}
			return sub, nil
		},
		DeadLetters: func() (all []queuetest.DeadLetter, err error) {
			_, err = spool.DeadLetters(o.Dir, func(d spool.DeadLetter) error {
				all = append(all, queuetest.DeadLetter{Message: d.Message, Reason: d.Reason})
				return nil
			})
			return all, err
		},
		Reopen: func(t *testing.T) *queuetest.Queue { return overSpool(t, o) },
	})
}

func TestContractOverSpool(t *testing.T) {
	queuetest.Run(t, queuetest.Implementation{Open: func(t *testing.T, small bool) *queuetest.Queue {
		o := spool.Options{Dir: t.TempDir(), SegmentSize: 64 << 10}
		if small {
			o.Size = 1 << 20
		}
		return overSpool(t, o)
	}})
}
