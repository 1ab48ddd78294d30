package pipeline

import (
	"context"
	"fmt"
	"hash/maphash"
)

// A Func is the work of a stage on one value. Its error decides what becomes of the value:
//
//   - nil forwards out;
//   - ErrSkip ends the value here, as accepted;
//   - Reject(err) ends it as refused, and nothing else stops;
//   - any other error aborts the pipeline, with the value undecided.
//
// Only the error itself decides, never its chain. Retries belong inside the function.
//
// ctx has the values of Run's ctx, but is done only when the pipeline aborts or Grace has run out. A function that
// ignores it delays Run. A panic crashes the program, except under Recover. With more than one worker a Func is called
// by several goroutines at once.
type Func[In, Out any] func(ctx context.Context, in In) (Out, error)

// Then returns a function that does a and then b, in one worker: nothing crosses a channel between them. What a skips,
// refuses or aborts with does not reach b.
func Then[A, B, C any](a Func[A, B], b Func[B, C]) Func[A, C] {
	if a == nil || b == nil {
		return nil // which Map reports with the stage's name
	}
	return func(ctx context.Context, in A) (C, error) {
		v, err := a(ctx, in)
		if err != nil {
			var zero C
			return zero, err
		}
		return b(ctx, v)
	}
}

// A MapOption says how many workers a Map has, and what order it keeps.
type MapOption func(*mapping)

type mapping struct {
	fixed, upTo int
	counts      int // options that say how many workers there are
	ordered     bool
	hash        any    // func(In) uint64, nil if not keyed
	key         string // the type of the key function
}

// Workers makes a fixed pool of n workers. The order of values is lost, unless n is 1.
func Workers(n int) MapOption {
	return func(m *mapping) { m.fixed, m.counts = n, m.counts+1 }
}

// UpTo makes a dynamic pool: workers are started when a value would otherwise wait for one, up to n, and leave again
// when more than half of them are idle, and no burst of the last thousand values or two has needed them. The order of
// values is lost, unless n is 1.
func UpTo(n int) MapOption {
	return func(m *mapping) { m.upTo, m.counts = n, m.counts+1 }
}

// Ordered makes values leave in the order in which they came, however many workers there are. One slow value holds up
// those behind it, of which at most as many as the stage has workers and Options.Buffer has room are finished early.
func Ordered() MapOption {
	return func(m *mapping) { m.ordered = true }
}

// KeyedBy gives values of one key to one worker: they are worked on one after another and leave in the order in which
// they came, while other keys go on. A worker that is slow holds up the keys that share it, and, once its share of
// Options.Buffer is full, the stage. With UpTo a worker starts with the first value of its keys, and stays. key is
// called by one goroutine, at most once for each value, and must be cheap. KeyedBy and Ordered exclude each other.
func KeyedBy[In any, K comparable](key func(In) K) MapOption {
	return func(m *mapping) {
		m.key = fmt.Sprintf("%T", key)
		if key == nil {
			m.hash = (func(In) uint64)(nil)
			return
		}
		seed := maphash.MakeSeed()
		m.hash = func(v In) uint64 { return maphash.Comparable(seed, key(v)) }
	}
}

// Map adds a stage that applies fn to each value. Without options it has one worker and keeps the order (FIFO).
func Map[In, Out any](f *Flow[In], name string, fn Func[In, Out], options ...MapOption) *Flow[Out] {
	var m mapping
	for _, option := range options {
		option(&m)
	}
	if m.counts == 0 {
		m.fixed = 1
	}
	hash, hashable := m.hash.(func(In) uint64)
	n := max(m.fixed+m.upTo, 1)
	s := &stage{name: name}
	w := &worker[In, Out]{stage: s, fn: fn, in: f.ch}
	switch {
	case hash != nil:
		k := newKeyed(w, n, f.stage.pipeline.buffer(), hash)
		s.start = func(ctx context.Context) { k.start(ctx, m) }
	case m.ordered && n > 1:
		o := newOrdered(w, n, f.stage.pipeline.buffer())
		s.start = func(ctx context.Context) { o.start(ctx, m) }
	default:
		s.start = func(ctx context.Context) {
			c := &crew{s, func() { close(w.out) }}
			startPool(c, m, w.in, func(pk packet[In]) { w.forward(ctx, pk) })
		}
	}
	receive(f, s,
		when(fn == nil, "its function is nil"),
		when(m.counts == 1 && m.fixed+m.upTo < 1, "it has %d workers", m.fixed+m.upTo),
		when(m.counts > 1, "more than one option says how many workers it has"),
		when(m.ordered && m.hash != nil, "it is both Ordered and KeyedBy"),
		when(m.hash != nil && !hashable, "its key function is %s, which does not take what it receives", m.key),
		when(hashable && hash == nil, "its key function is nil"))
	out := flow[Out](s)
	w.out = out.ch
	return out
}

// A worker is what all workers of a Map share.
type worker[In, Out any] struct {
	stage *stage
	fn    Func[In, Out]
	in    <-chan packet[In]
	out   chan<- packet[Out]
}

// apply works on one value. If it returns false, the value has ended here.
func (w *worker[In, Out]) apply(ctx context.Context, pk packet[In]) (packet[Out], bool) {
	w.stage.in.Add(1)
	if cause := w.stage.pipeline.aborted(); cause != nil {
		w.stage.abandon(pk.receipt, cause)
		return packet[Out]{}, false
	}
	v, err := w.fn(ctx, pk.value)
	if err != nil {
		w.stage.end(pk.receipt, err)
		return packet[Out]{}, false
	}
	return packet[Out]{v, pk.receipt}, true
}

func (w *worker[In, Out]) forward(ctx context.Context, pk packet[In]) {
	if o, ok := w.apply(ctx, pk); ok {
		w.stage.out.Add(1)
		w.out <- o
	}
}
