package queuetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/monitorink/monitorink/queue"
)

// random publishes from several goroutines, and ends messages in every way, with
// subscriptions that come and go.
func random(t *testing.T, impl Implementation) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	q := opened(t, impl, false)
	const publishers, each = 4, 150
	var all sync.WaitGroup // waited for below
	for p := range publishers {
		step := 1 + rng.IntN(9)
		all.Go(func() {
			for i := 0; i < each; i += step {
				if err := q.Publish(t.Context(), numbered(11, p*each+i, p*each+min(i+step, each))); err != nil {
					t.Errorf("publish: %v", err)
				}
			}
		})
	}
	w := newWitness(publishers * each)
	w.consume(t, q, rng, impl)
	all.Wait()
	awaitDead(t, q, w.dead)
	if q.Reopen != nil {
		reopen(t, q)
		awaitDead(t, q, w.dead)
	}
}

func reopen(t *testing.T, q *Queue) {
	t.Helper()
	if err := q.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	*q = *q.Reopen(t)
}

// A witness knows what must still come.
type witness struct {
	left map[string]bool
	done map[string]bool
	dead map[string]string
}

func newWitness(n int) *witness {
	w := &witness{left: map[string]bool{}, done: map[string]bool{}, dead: map[string]string{}}
	for _, m := range numbered(11, 0, n) {
		w.left[m.Key+string(m.Value)] = true
	}
	return w
}

func (w *witness) consume(t *testing.T, q *Queue, rng *rand.Rand, impl Implementation) {
	s := subscribe(t, q)
	var held []queue.Message
	for len(w.left) > 0 {
		if len(held) < 40 && len(held) < len(w.left) {
			m := next(t, s)
			id := m.Key + string(m.Value)
			if !w.left[id] && !w.done[id] {
				t.Fatalf("got %s, which nobody published", id)
			}
			if w.done[id] && !impl.Repeats {
				t.Fatalf("got %s again, though it had been settled", id)
			}
			held = append(held, m)
		}
		for len(held) > 0 && (len(held) >= min(40, len(w.left)) || rng.IntN(3) == 0) {
			i := rng.IntN(len(held))
			w.settle(s, held[i], rng.IntN(10))
			held = append(held[:i], held[i+1:]...)
		}
		if rng.IntN(100) == 0 {
			closeIt(t, s)
			s = subscribe(t, q)
			held = nil
		}
	}
	closeIt(t, s)
	nothing(t, subscribe(t, q), impl)
}

func (w *witness) settle(s queue.Subscription, m queue.Message, dice int) {
	id := m.Key + string(m.Value)
	if _, dead := w.dead[id]; dead && dice == 1 || w.done[id] {
		dice = 9
	}
	switch dice {
	case 0:
		s.Settle(m, again)
		return
	case 1:
		w.dead[id] = "refused " + id
		s.Settle(m, queue.Outcome{Verdict: queue.Refused, Err: errors.New(w.dead[id])})
	default:
		s.Settle(m, accepted)
	}
	w.done[id] = true
	delete(w.left, id)
}

func outlives(t *testing.T, impl Implementation) {
	q := opened(t, impl, false)
	if q.Reopen == nil {
		t.Skip("the queue ends with its process")
	}
	const n = 60
	publish(t, q, numbered(3, 0, n)...)
	left := map[string]bool{}
	for i := range n {
		left[fmt.Sprintf(`{"n":%d}`, i)] = true
	}
	settled := map[string]bool{}
	for round := range 3 {
		s := subscribe(t, q)
		for i := range n / 4 {
			m := next(t, s)
			v := string(m.Value)
			if !left[v] && !settled[v] {
				t.Fatalf("got %s, which nobody published", v)
			}
			if i%2 == round%2 {
				s.Settle(m, accepted)
				delete(left, v)
				settled[v] = true
			}
		}
		closeIt(t, s)
		reopen(t, q)
	}
	s := subscribe(t, q)
	for len(left) > 0 {
		m := next(t, s)
		s.Settle(m, accepted)
		delete(left, string(m.Value))
	}
}
