package spool_test

import (
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/queuetest"
	"github.com/monitorink/monitorink/queue/spool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func mustOpen(t testing.TB, o spool.Options) (*spool.Spool, spool.Recovery) {
	t.Helper()
	s, found, err := spool.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s, found
}

func contract(t *testing.T, o spool.Options) *queuetest.Queue {
	s, _ := mustOpen(t, o)
	return &queuetest.Queue{
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
		Reopen: func(t *testing.T) *queuetest.Queue { return contract(t, o) },
	}
}

func TestContract(t *testing.T) {
	for _, checkpoints := range []bool{false, true} {
		t.Run(fmt.Sprintf("Checkpoints=%t", checkpoints), func(t *testing.T) {
			queuetest.Run(t, queuetest.Implementation{
				Exclusive: true, Large: 8 << 20,
				Open: func(t *testing.T, small bool) *queuetest.Queue {
					o := spool.Options{Dir: t.TempDir(), SegmentSize: 64 << 10}
					if small {
						o.Size = 1 << 20
					}
					q := contract(t, o)
					if checkpoints {
						if err := q.Publisher.(*spool.Spool).Checkpoint(t.Context(), time.Unix(0, 0)); err != nil {
							t.Fatal(err)
						}
					}
					return q
				},
			})
		})
	}
}

func numbered(from, to int) []queue.Message {
	var all []queue.Message
	for i := from; i < to; i++ {
		all = append(all, queue.Message{Key: fmt.Sprintf("k%d", i%3), Kind: data.KindMeasurement, Value: fmt.Appendf(nil, `{"n":%d}`, i)})
	}
	return all
}

func publish(t testing.TB, s *spool.Spool, messages ...queue.Message) {
	t.Helper()
	if err := s.Publish(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
}
