package queue_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/memory"
)

// What is published is handed out until it is settled as accepted, or as refused.
func Example() {
	ctx := context.Background()
	q := memory.New(memory.Options{})
	at := time.Date(2026, 11, 23, 21, 48, 50, 120e6, time.UTC)
	for _, reason := range []data.Reason{data.Overlap, data.Stopped, data.Clock} {
		m, err := queue.Encode(&data.Gap{
			Monitor: "shop", Location: "ber1", Instance: "hb-0", Version: "9f2c41d0", First: at, Last: at, Slots: 1, Reason: reason,
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := q.Publish(ctx, []queue.Message{m}); err != nil {
			fmt.Println(err)
			return
		}
	}
	q.Finish() // nothing more will come, so that Next has an end

	s, err := q.Subscribe()
	if err != nil {
		fmt.Println(err)
		return
	}
	for times := 1; ; times++ {
		m, err := s.Next(ctx)
		if errors.Is(err, queue.ErrClosed) {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		e, err := data.Decode(m.Value)
		switch gap, ok := e.(*data.Gap); {
		case err != nil || !ok || gap.Reason == data.Stopped:
			s.Settle(m, queue.Outcome{Verdict: queue.Refused, Err: errors.New("nobody wants that")})
		case times == 1: // nobody can say yet: it comes again
			s.Settle(m, queue.Outcome{})
		default:
			fmt.Println(m.Kind, "of", m.Key, "-", gap.Reason)
			s.Settle(m, queue.Outcome{Verdict: queue.Accepted})
		}
	}
	for _, d := range q.DeadLetters() {
		fmt.Println("dead letter:", d.Err)
	}
	// Output:
	// gap of shop - overlap
	// gap of shop - clock
	// dead letter: nobody wants that
}

// A queue that is full makes Publish wait, for as long as its context allows.
func ExamplePublisher() {
	var p queue.Publisher = memory.New(memory.Options{Capacity: 1})
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	for range 2 {
		err := p.Publish(ctx, []queue.Message{{Key: "shop", Kind: data.KindGap, Value: []byte(`{}`)}})
		fmt.Println(errors.Is(err, queue.ErrFull), err)
	}
	// Output:
	// false <nil>
	// true publish 1 messages: queue is full, it holds 1: context deadline exceeded
}
