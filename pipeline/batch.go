package pipeline

import (
	"context"
	"slices"
	"time"
)

// Batch adds a stage that collects values into slices of size. A slice leaves when it is full, when wait has passed
// since its first value came, and when the flow ends: a lone value waits no longer than wait. With a wait of zero a
// slice leaves as soon as no further value is there, so that batches are as large as those behind are slow.
//
// Values keep their order. A slice is never empty, and belongs to whoever receives it. Whatever becomes of it becomes of
// each of its values, unless ToBatch says which of them it refused.
func Batch[T any](f *Flow[T], name string, size int, wait time.Duration) *Flow[[]T] {
	s := receive(f, &stage{name: name, size: size},
		when(size < 1, "its size is %d", size),
		when(wait < 0, "its wait is %v", wait))
	out := flowOf[[]T](s, 0) // a batch that nobody takes yet would grow no more
	b := &batcher[T]{stage: s, in: f.ch, out: out.ch, size: size, wait: wait}
	s.start = func(context.Context) {
		c := &crew{s, func() { close(out.ch) }}
		c.start(1, b.run)
	}
	return out
}

// A batcher collects into slices that it keeps, and sends copies of the right size: most batches that wait ends are far
// smaller than size.
type batcher[T any] struct {
	stage    *stage
	in       <-chan packet[T]
	out      chan<- packet[[]T]
	size     int
	wait     time.Duration
	timer    *time.Timer // reset by the first value; costs nothing while nobody waits for it
	values   []T
	receipts []receipt
}

func (b *batcher[T]) run() {
	b.timer = time.NewTimer(b.wait)
	for {
		pk, ok, late := b.next()
		if !late && !ok {
			b.flush()
			return
		}
		if ok {
			b.collect(pk)
		}
		if late || len(b.values) >= b.size {
			b.flush()
		}
	}
}

// next receives a value. It returns late when the batch has waited long enough, and neither late nor ok when the flow
// has ended. While nothing is collected there is nothing to be late for; and this is the only receiver, so that a
// value that is there need not be selected for.
func (b *batcher[T]) next() (pk packet[T], ok, late bool) {
	if len(b.values) == 0 || len(b.in) > 0 {
		pk, ok = <-b.in
		return pk, ok, false
	}
	if b.wait == 0 {
		return pk, false, true
	}
	select {
	case pk, ok = <-b.in:
		return pk, ok, false
	case <-b.timer.C:
		return pk, false, true
	}
}

func (b *batcher[T]) collect(pk packet[T]) {
	b.stage.in.Add(1)
	if cause := b.stage.pipeline.aborted(); cause != nil {
		b.stage.abandon(pk.receipt, cause)
		return
	}
	if len(b.values) == 0 && b.wait > 0 && b.size > 1 {
		b.timer.Reset(b.wait)
	}
	b.values = append(b.values, pk.value)
	b.receipts = append(b.receipts, pk.receipt)
}

func (b *batcher[T]) flush() {
	if len(b.values) == 0 {
		return
	}
	b.stage.out.Add(1)
	b.out <- packet[[]T]{slices.Clone(b.values), &bundle{slices.Clone(b.receipts)}}
	clear(b.values) // a value that has left must not be kept alive from here
	clear(b.receipts)
	b.values, b.receipts = b.values[:0], b.receipts[:0]
}
