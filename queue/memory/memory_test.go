package memory_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/memory"
	"github.com/monitorink/monitorink/queue/queuetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	queuetest.Run(t, queuetest.Implementation{Exclusive: true, Open: func(_ *testing.T, small bool) *queuetest.Queue {
		var o memory.Options
		if small {
			o.Capacity = 10
		}
		q := memory.New(o)
		return &queuetest.Queue{
			Publisher: q, Close: q.Close,
			Subscribe: func() (queue.Subscription, error) {
				s, err := q.Subscribe()
				if err != nil {
					return nil, err
				}
				return s, nil
			},
			DeadLetters: func() ([]queuetest.DeadLetter, error) {
				var all []queuetest.DeadLetter
				for _, d := range q.DeadLetters() {
					all = append(all, queuetest.DeadLetter{Message: d.Message, Reason: d.Err.Error()})
				}
				return all, nil
			},
		}
	}})
}

func messages(n int) []queue.Message {
	all := make([]queue.Message, n)
	for i := range all {
		all[i] = queue.Message{Key: "a", Kind: data.KindMeasurement, Value: []byte{byte(i)}}
	}
	return all
}

func TestFinishLetsTheSubscriberEnd(t *testing.T) {
	q := memory.New(memory.Options{})
	s, err := q.Subscribe()
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Publish(t.Context(), messages(2)); err != nil {
		t.Fatal(err)
	}
	q.Finish()
	if err := q.Publish(t.Context(), messages(1)); !errors.Is(err, queue.ErrClosed) {
		t.Errorf("publish: got %v, want %v", err, queue.ErrClosed)
	}
	a, _ := s.Next(t.Context())
	b, _ := s.Next(t.Context())
	s.Settle(a, queue.Outcome{})
	s.Settle(b, queue.Outcome{Verdict: queue.Accepted})
	ended := make(chan error, 1)
	c, err := s.Next(t.Context())
	if err != nil {
		t.Fatalf("what was undecided does not come again: %v", err)
	}
	go func() { // awaited below
		_, err := s.Next(t.Context())
		ended <- err
	}()
	s.Settle(c, queue.Outcome{Verdict: queue.Accepted})
	if err := <-ended; !errors.Is(err, queue.ErrClosed) {
		t.Errorf("next: got %v, want %v", err, queue.ErrClosed)
	}
}

func TestInFlightTakesRoom(t *testing.T) {
	q := memory.New(memory.Options{Capacity: 2})
	s, _ := q.Subscribe()
	if err := q.Publish(t.Context(), messages(2)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := q.Publish(ctx, messages(1)); !errors.Is(err, queue.ErrFull) {
		t.Errorf("got %v with all room in flight, want %v", err, queue.ErrFull)
	}
}

func TestLargePublishGetsInAlone(t *testing.T) {
	q := memory.New(memory.Options{Capacity: 4})
	if err := q.Publish(t.Context(), messages(100)); err != nil {
		t.Fatal(err)
	}
	if s := q.Stats(); s.Depth != 100 || s.Bytes != 200 || s.Capacity != 4 {
		t.Errorf("got %+v", s)
	}
}

func TestDeadLettersKeepsTheNewest(t *testing.T) {
	told := 0
	q := memory.New(memory.Options{DeadLetters: 3, OnDeadLetter: func(memory.DeadLetter) { told++ }})
	s, _ := q.Subscribe()
	if err := q.Publish(t.Context(), messages(5)); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		m, _ := s.Next(t.Context())
		s.Settle(m, queue.Outcome{Verdict: queue.Refused, Err: errors.New("no")})
		s.Settle(m, queue.Outcome{Verdict: queue.Refused, Err: errors.New("twice")})
	}
	kept := q.DeadLetters()
	if len(kept) != 3 || kept[0].Message.Value[0] != 2 || kept[2].Message.Value[0] != 4 {
		t.Errorf("got %v, want the messages 2 to 4", kept)
	}
	if s := q.Stats(); told != 5 || s.DeadLetters != 5 || s.Depth != 0 || s.Bytes != 0 {
		t.Errorf("told of %d; got %+v", told, s)
	}
}

func BenchmarkQueue(b *testing.B) {
	q := memory.New(memory.Options{})
	s, _ := q.Subscribe()
	batch := messages(500)
	b.ReportAllocs()
	go func() { // ends with b's context
		for q.Publish(b.Context(), batch) == nil {
		}
	}()
	for b.Loop() {
		m, err := s.Next(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		s.Settle(m, queue.Outcome{Verdict: queue.Accepted})
	}
}
