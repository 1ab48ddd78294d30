package queuetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/monitorink/monitorink/queue"
)

func manyPublishers(t *testing.T, impl Implementation) {
	q := opened(t, impl, false)
	const publishers, each = 8, 100
	s := subscribe(t, q)
	var all sync.WaitGroup // waited for below
	for p := range publishers {
		all.Go(func() {
			for i := 0; i < each; i += 4 {
				if err := q.Publish(t.Context(), numbered(1, p*each+i, p*each+i+4)); err != nil {
					t.Errorf("publish: %v", err)
					return
				}
			}
		})
	}
	seen := map[string]bool{}
	for len(seen) < publishers*each {
		m := next(t, s)
		s.Settle(m, accepted)
		if seen[string(m.Value)] && !impl.Repeats {
			t.Errorf("got %s twice", m.Value)
		}
		seen[string(m.Value)] = true
	}
	all.Wait()
	nothing(t, s, impl)
}

// fill publishes until the queue is full, and returns how many messages it took.
func fill(t *testing.T, q *Queue) int {
	t.Helper()
	step := 3
	for n := 0; n < 1<<20; {
		ctx, cancel := context.WithTimeout(t.Context(), 5*moment)
		err := q.Publish(ctx, bulky(n, n+step))
		cancel()
		switch {
		case err == nil:
			n += step
			continue
		case !errors.Is(err, queue.ErrFull):
			t.Fatalf("publish into a queue with room: %v", err)
		case !errors.Is(err, context.DeadlineExceeded):
			t.Errorf("got %v, want that it wraps the context's error", err)
		case step == 1:
			return n
		}
		step = 1
	}
	t.Fatal("it is never full")
	return 0
}

func bulky(from, to int) []queue.Message {
	messages := numbered(1, from, to)
	for i := range messages {
		messages[i].Value = fmt.Appendf(nil, `{"n":%d,"s":"%s"}`, from+i, strings.Repeat("x", 1024))
	}
	return messages
}

func blocksWhileFull(t *testing.T, impl Implementation) {
	q := opened(t, impl, true)
	n := fill(t, q)
	if n == 0 {
		t.Fatal("an empty queue takes nothing")
	}
	results := make(chan error, 2)
	for i := range 2 {
		go func() { results <- q.Publish(t.Context(), bulky(n+100*(i+1), n+100*(i+1)+1)) }() // awaited below
	}
	if err, ok := soon(results, moment); ok {
		t.Fatalf("got %v while the queue was full, want that Publish waits", err)
	}
	s := subscribe(t, q)
	seen := map[int]bool{}
	for len(seen) < n+2 {
		m := next(t, s)
		s.Settle(m, accepted)
		var i int
		if _, err := fmt.Sscanf(string(m.Value), `{"n":%d`, &i); err != nil {
			t.Fatalf("%.20s: %v", m.Value, err)
		}
		if i >= n && i != n+100 && i != n+200 {
			t.Errorf("got %d of a Publish that ended with ErrFull", i)
		}
		seen[i] = true
	}
	for range 2 {
		if err, ok := soon(results, patience); !ok || err != nil {
			t.Errorf("got %v, %t after everything was settled, want that Publish goes on", err, ok)
		}
	}
}

func closeInNext(t *testing.T, impl Implementation) {
	for what, end := range map[string]func(*Queue, queue.Subscription) error{
		"Subscription": func(_ *Queue, s queue.Subscription) error { return s.Close() },
		"Queue":        func(q *Queue, _ queue.Subscription) error { return q.Close() },
	} {
		t.Run(what, func(t *testing.T) {
			q := opened(t, impl, false)
			s := subscribe(t, q)
			result := make(chan error, 1)
			go func() { // awaited below
				_, err := s.Next(t.Context())
				result <- err
			}()
			if err, ok := soon(result, moment); ok {
				t.Fatalf("got %v from an empty queue, want that Next waits", err)
			}
			if err := end(q, s); err != nil {
				t.Errorf("close: %v", err)
			}
			if err, ok := soon(result, patience); !ok || !errors.Is(err, queue.ErrClosed) {
				t.Errorf("got %v, %t, want %v", err, ok, queue.ErrClosed)
			}
		})
	}
}

func closeInPublish(t *testing.T, impl Implementation) {
	q := opened(t, impl, true)
	n := fill(t, q)
	results := make(chan error, 3)
	for range 3 {
		go func() { results <- q.Publish(t.Context(), bulky(n, n+1)) }() // awaited below
	}
	if err, ok := soon(results, moment); ok {
		t.Fatalf("got %v while the queue was full, want that Publish waits", err)
	}
	if err := q.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	for range 3 {
		if err, ok := soon(results, patience); !ok || !errors.Is(err, queue.ErrClosed) {
			t.Errorf("got %v, %t, want %v", err, ok, queue.ErrClosed)
		}
	}
}

func closedIsClosed(t *testing.T, impl Implementation) {
	q := opened(t, impl, false)
	publish(t, q, numbered(1, 0, 3)...)
	s := subscribe(t, q)
	m := next(t, s)
	for range 2 {
		if err := q.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if err := q.Publish(t.Context(), numbered(1, 3, 4)); !errors.Is(err, queue.ErrClosed) {
		t.Errorf("publish: got %v, want %v", err, queue.ErrClosed)
	}
	if _, err := s.Next(t.Context()); !errors.Is(err, queue.ErrClosed) {
		t.Errorf("next: got %v, want %v", err, queue.ErrClosed)
	}
	s.Settle(m, accepted) // comes too late, and does no harm
	if _, err := q.Subscribe(); !errors.Is(err, queue.ErrClosed) {
		t.Errorf("subscribe: got %v, want %v", err, queue.ErrClosed)
	}
}
