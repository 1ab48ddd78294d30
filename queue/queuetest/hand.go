package queuetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
)

// patience is how long the suite waits for what must happen, and a moment how
// long for what must not.
const (
	patience = 20 * time.Second
	moment   = 20 * time.Millisecond
)

var (
	accepted = queue.Outcome{Verdict: queue.Accepted}
	again    = queue.Outcome{}
)

func opened(t *testing.T, impl Implementation, small bool) *Queue {
	t.Helper()
	q := impl.Open(t, small)
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return q
}

func subscribe(t *testing.T, q *Queue) queue.Subscription {
	t.Helper()
	s, err := q.Subscribe()
	if err != nil {
		t.Fatalf("subscribe: %v", err)
	}
	t.Cleanup(func() { closeIt(t, s) })
	return s
}

func closeIt(t *testing.T, s queue.Subscription) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("close the subscription: %v", err)
	}
}

func publish(t *testing.T, q queue.Publisher, messages ...queue.Message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := q.Publish(ctx, messages); err != nil {
		t.Fatalf("publish: %v", err)
	}
}

func next(t *testing.T, s queue.Subscription) queue.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	m, err := s.Next(ctx)
	if err != nil {
		t.Fatalf("next: %v", err)
	}
	return m
}

// nothing fails the test when s hands anything out.
func nothing(t *testing.T, s queue.Subscription, impl Implementation) {
	t.Helper()
	if impl.Repeats {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), moment)
	defer cancel()
	if m, err := s.Next(ctx); err == nil {
		t.Errorf("got %s again, want nothing more", m.Value)
	}
}

// numbered returns the messages from up to to, of as many keys as are asked for.
func numbered(keys, from, to int) []queue.Message {
	var all []queue.Message
	for i := from; i < to; i++ {
		all = append(all, message(fmt.Sprintf("k%d", i%keys), fmt.Sprintf(`{"n":%d}`, i)))
	}
	return all
}

func message(key, value string) queue.Message {
	return queue.Message{Key: key, Kind: data.KindMeasurement, Value: []byte(value)}
}

// soon waits for a result, and says false when none comes.
func soon[T any](c <-chan T, wait time.Duration) (T, bool) {
	select {
	case v := <-c:
		return v, true
	case <-time.After(wait):
		var zero T
		return zero, false
	}
}

// until asks again until ok, and fails the test when it never is.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	end := time.After(patience)
	for !ok() {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-end:
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}
