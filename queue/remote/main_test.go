package remote_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/memory"
	"github.com/monitorink/monitorink/queue/remote"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second // before a test gives up

// A place is a queue with a server in front of it.
type place struct {
	*memory.Queue
	*remote.Server
	url string
}

func subscriber(q *memory.Queue) func() (queue.Subscription, error) {
	return func() (queue.Subscription, error) {
		s, err := q.Subscribe()
		if err != nil {
			return nil, err
		}
		return s, nil
	}
}

func serve(t testing.TB, o remote.ServerOptions) *place {
	t.Helper()
	q := memory.New(memory.Options{})
	p := &place{Queue: q, Server: remote.NewServer(subscriber(q), o)}
	s := httptest.NewServer(p.Server)
	t.Cleanup(func() { p.Server.Close(); s.Close(); q.Close() })
	p.url = s.URL
	return p
}

func dial(t testing.TB, o remote.Options) *remote.Subscription {
	t.Helper()
	s, err := remote.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func (p *place) publish(t testing.TB, from, to int) {
	t.Helper()
	var list []queue.Message
	for i := from; i < to; i++ {
		list = append(list, queue.Message{Key: "a", Kind: data.KindGap, Value: fmt.Append(nil, i)})
	}
	if err := p.Queue.Publish(t.Context(), list); err != nil {
		t.Fatal(err)
	}
}

func next(t testing.TB, s queue.Subscription) queue.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	m, err := s.Next(ctx)
	if err != nil {
		t.Fatalf("next: %v", err)
	}
	return m
}

// drained waits until every message is settled at the queue itself.
func (p *place) drained(t testing.TB) {
	t.Helper()
	await(t, "the queue is empty", func() bool { return p.Queue.Stats().Depth == 0 })
}

func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick, enough := time.NewTicker(time.Millisecond), time.After(patience)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-enough:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

var (
	accepted = queue.Outcome{Verdict: queue.Accepted}
	again    = queue.Outcome{}
)

// A lines collects what is logged.
type lines struct {
	mu  sync.Mutex
	all []byte
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, b...)
	return len(b), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.all)
}

// A transport passes requests through a function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// plain returns a client that leaves no connection behind.
func plain(t testing.TB) *http.Transport {
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	return base
}
