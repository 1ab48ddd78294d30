package kafka_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/monitorink/monitorink/queue/kafka"
)

// model is the tracker that nobody can get wrong.
type model struct {
	offsets []int64
	done    []bool
}

func (m *model) next() (next int64, open int) {
	for i, d := range m.done {
		if !d {
			return next, len(m.done) - i
		}
		next = m.offsets[i] + 1
	}
	return next, 0
}

func TestTrackerAgreesWithModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for round := range 200 {
		var got kafka.Tracker
		var want model
		offset := rng.Int64N(10)
		window := 1 + rng.IntN(600)
		for step := range 2000 {
			if rng.IntN(2) == 0 && got.Open() < window {
				offset += 1 + rng.Int64N(3)*rng.Int64N(1000) // control records, deleted ones
				if n := got.Add(offset); n != uint64(len(want.offsets)) {
					t.Fatalf("number %d, want %d", n, len(want.offsets))
				}
				want.offsets, want.done = append(want.offsets, offset), append(want.done, false)
			} else if n := len(want.done); n > 0 {
				i := max(0, n-1-rng.IntN(window))
				if first := got.Finish(uint64(i)); first == want.done[i] {
					t.Fatalf("round %d, step %d: finish %d says %t, though it was finished: %t", round, step, i, first, want.done[i])
				}
				want.done[i] = true
			}
			if step%50 == 0 || step > 1900 {
				next, open := want.next()
				if got.Next() != next || got.Open() != open {
					t.Fatalf("round %d, step %d: next %d, open %d, want %d, %d", round, step, got.Next(), got.Open(), next, open)
				}
			}
		}
		if got.Finish(1 << 40) {
			t.Fatal("a number that was never given is finished")
		}
	}
}

func BenchmarkTracker(b *testing.B) {
	var t kafka.Tracker
	b.ReportAllocs()
	const window = 20_000
	var held [window]uint64
	for i := range window {
		held[i] = t.Add(int64(i))
	}
	offset := int64(window)
	for b.Loop() {
		i := int(offset*7919) % window // far from the order of arrival
		t.Finish(held[i])
		held[i] = t.Add(offset)
		offset++
	}
}
