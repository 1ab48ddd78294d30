package queuetest_test

import (
	"testing"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/memory"
	"github.com/monitorink/monitorink/queue/queuetest"
)

// The test of a queue of one's own has an Open like this, and one call.
func Example() {
	open := func(_ *testing.T, small bool) *queuetest.Queue {
		capacity := 1 << 16
		if small {
			capacity = 10 // soon full
		}
		q := memory.New(memory.Options{Capacity: capacity})
		return &queuetest.Queue{
			Publisher: q,
			Subscribe: func() (queue.Subscription, error) { return q.Subscribe() },
			DeadLetters: func() (all []queuetest.DeadLetter, err error) {
				for _, d := range q.DeadLetters() {
					all = append(all, queuetest.DeadLetter{Message: d.Message, Reason: d.Err.Error()})
				}
				return all, nil
			},
			Close: q.Close,
			// Reopen stays nil, because what is in memory does not outlive Close.
		}
	}
	_ = func(t *testing.T) { // func TestContract(t *testing.T)
		queuetest.Run(t, queuetest.Implementation{Open: open, Exclusive: true})
	}
}
