package queuetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
)

func handsOut(t *testing.T, impl Implementation) {
	q := opened(t, impl, false)
	want := []queue.Message{
		{Key: "shop", Kind: data.KindMeasurement, Value: []byte(`{"a":1}`)},
		{Key: "größe/ ÷\n\"", Kind: data.KindGap, Value: []byte("{\"s\":\"a\\u2028b\"}\n\n")},
		{Key: strings.Repeat("k", 256), Kind: data.KindRegistration, Value: []byte(`{}`)},
		{Key: "large", Kind: data.KindMeasurement, Value: bytes.Repeat([]byte("0123456789abcdef"), impl.Large/16)},
		{Key: "shop", Kind: data.KindMeasurement, Value: []byte(`{"a":2}`)},
	}
	publish(t, q, want...)
	publish(t, q) // nothing is no message
	s := subscribe(t, q)
	for len(want) > 0 {
		got := next(t, s)
		s.Settle(got, accepted)
		found := false
		for i, w := range want {
			if got.Key == w.Key && got.Kind == w.Kind && bytes.Equal(got.Value, w.Value) {
				want = append(want[:i], want[i+1:]...)
				found = true
				break
			}
		}
		if !found && !impl.Repeats {
			t.Fatalf("got %s %q with %d bytes, which nobody published", got.Kind, got.Key, len(got.Value))
		}
	}
	nothing(t, s, impl)
}

func keepsOrder(t *testing.T, impl Implementation) {
	q := opened(t, impl, false)
	const n, keys = 500, 7
	all := numbered(keys, 0, n)
	for part := all; len(part) > 0; {
		k := min(len(part), 1+len(part)%13)
		publish(t, q, part[:k]...)
		part = part[k:]
	}
	s := subscribe(t, q)
	last := map[string]int{}
	for seen := 0; seen < n; {
		m := next(t, s)
		s.Settle(m, accepted)
		var i int
		if _, err := fmt.Sscanf(string(m.Value), `{"n":%d}`, &i); err != nil {
			t.Fatalf("%s: %v", m.Value, err)
		}
		prev, ok := last[m.Key]
		if impl.Repeats && ok && i <= prev {
			continue
		}
		if ok && i != prev+keys || !ok && i >= keys {
			t.Fatalf("key %s: got %d after %d", m.Key, i, prev)
		}
		last[m.Key] = i
		seen++
	}
}

func waits(t *testing.T, impl Implementation) {
	q := opened(t, impl, false)
	s := subscribe(t, q)
	ctx, cancel := context.WithTimeout(t.Context(), moment)
	defer cancel()
	if m, err := s.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %s, %v from an empty queue, want that the deadline is exceeded", m.Value, err)
	}
	got := make(chan queue.Message, 1)
	go func() { // ends with the test's context at the latest
		m, err := s.Next(t.Context())
		if err == nil {
			s.Settle(m, accepted)
			got <- m
		}
	}()
	if m, ok := soon(got, moment); ok {
		t.Fatalf("got %s from an empty queue", m.Value)
	}
	publish(t, q, message("a", `{"n":1}`))
	if m, ok := soon(got, patience); !ok || string(m.Value) != `{"n":1}` {
		t.Fatalf("got %s, %t while Next waited, want what was published", m.Value, ok)
	}
}

func undecided(t *testing.T, impl Implementation) {
	q := opened(t, impl, false)
	publish(t, q, numbered(3, 0, 10)...)
	s := subscribe(t, q)
	times := map[string]int{}
	for done := 0; done < 10; {
		m := next(t, s)
		v := string(m.Value)
		times[v]++
		if times[v] < 3 {
			s.Settle(m, again)
			continue
		}
		s.Settle(m, accepted)
		if times[v] == 3 {
			done++
		}
	}
	nothing(t, s, impl)
}

func notSettled(t *testing.T, impl Implementation) {
	q := opened(t, impl, false)
	publish(t, q, numbered(3, 0, 20)...)
	s := subscribe(t, q)
	left := map[string]bool{}
	for i := range 15 {
		m := next(t, s)
		if i%3 == 0 {
			s.Settle(m, accepted)
			delete(left, string(m.Value))
		} else {
			left[string(m.Value)] = true
		}
	}
	closeIt(t, s)
	closeIt(t, s)
	if m, err := s.Next(t.Context()); !errors.Is(err, queue.ErrClosed) {
		t.Errorf("got %s, %v after Close, want %v", m.Value, err, queue.ErrClosed)
	}
	s = subscribe(t, q)
	for i := 15; i < 20; i++ {
		left[fmt.Sprintf(`{"n":%d}`, i)] = true
	}
	for len(left) > 0 {
		m := next(t, s)
		s.Settle(m, accepted)
		if !left[string(m.Value)] && !impl.Repeats {
			t.Errorf("got %s again, though it had been settled", m.Value)
		}
		delete(left, string(m.Value))
	}
	nothing(t, s, impl)
}

func settledByMany(t *testing.T, impl Implementation) {
	q := opened(t, impl, false)
	const n = 400
	publish(t, q, numbered(5, 0, n)...)
	s := subscribe(t, q)
	var held []queue.Message
	for range n {
		held = append(held, next(t, s))
	}
	var all sync.WaitGroup // waited for below
	for w := range 8 {
		all.Go(func() {
			for i := n - 1 - w; i >= 0; i -= 8 {
				s.Settle(held[i], accepted)
			}
		})
	}
	all.Wait()
	closeIt(t, s)
	nothing(t, subscribe(t, q), impl)
}

func refused(t *testing.T, impl Implementation) {
	q := opened(t, impl, false)
	publish(t, q, numbered(2, 0, 10)...)
	s := subscribe(t, q)
	want := map[string]string{}
	for i := range 10 {
		m := next(t, s)
		if i%2 == 0 {
			s.Settle(m, accepted)
			continue
		}
		reason := fmt.Sprintf("it is \"wrong\"\n%d times", i)
		want[m.Key+string(m.Value)] = reason
		s.Settle(m, queue.Outcome{Verdict: queue.Refused, Err: errors.New(reason)})
	}
	awaitDead(t, q, want)
	closeIt(t, s)
	nothing(t, subscribe(t, q), impl)
}

// awaitDead waits until the dead letters hold want: keys with values, to reasons.
func awaitDead(t *testing.T, q *Queue, want map[string]string) {
	t.Helper()
	until(t, fmt.Sprintf("%d dead letters", len(want)), func() bool {
		letters, err := q.DeadLetters()
		if err != nil {
			t.Fatalf("list the dead letters: %v", err)
		}
		found := map[string]bool{}
		for _, d := range letters {
			id := d.Message.Key + string(d.Message.Value)
			reason, ok := want[id]
			if !ok {
				t.Fatalf("dead letter %s, which nobody refused", d.Message.Value)
			}
			if d.Reason != reason || d.Message.Kind != data.KindMeasurement {
				t.Fatalf("dead letter %s: got %s %q, want %s %q", d.Message.Value, d.Message.Kind, d.Reason, data.KindMeasurement, reason)
			}
			found[id] = true
		}
		return len(found) == len(want)
	})
}

func second(t *testing.T, impl Implementation) {
	q := opened(t, impl, false)
	s := subscribe(t, q)
	if other, err := q.Subscribe(); !errors.Is(err, queue.ErrSubscribed) {
		if err == nil {
			_ = other.Close()
		}
		t.Fatalf("got %v, want %v", err, queue.ErrSubscribed)
	}
	publish(t, q, message("a", `{}`))
	s.Settle(next(t, s), accepted)
	closeIt(t, s)
	subscribe(t, q)
}
