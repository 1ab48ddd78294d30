package pipeline

import (
	"context"
	"errors"
	"fmt"
)

// To adds a sink, of which n work at once, and ends the flow.
//
// A sink is synchronous, and its nil is a promise: the value is safe, and its source may forget it. Its error decides
// as that of a Func does: ErrSkip and Reject end this value, any other error aborts the pipeline. What a Func may rely
// on holds for ctx, too. With n of 1 the sink sees the values in the order in which they come.
func To[T any](f *Flow[T], name string, n int, sink func(ctx context.Context, v T) error) {
	s := receive(f, &stage{name: name, sinks: n},
		when(n < 1, "it has %d sinks", n),
		when(sink == nil, "its function is nil"))
	s.start = func(ctx context.Context) {
		startPool(&crew{stage: s}, mapping{fixed: n}, f.ch, func(pk packet[T]) {
			s.in.Add(1)
			if cause := s.pipeline.aborted(); cause != nil {
				s.abandon(pk.receipt, cause)
				return
			}
			if err := sink(ctx, pk.value); err != nil {
				s.end(pk.receipt, err)
				return
			}
			s.accepted.Add(1)
			pk.receipt.settle(accepted)
		})
	}
}

// A Refusal says that a batch sink refuses one element of its batch, and why.
type Refusal struct {
	Index int
	Err   error
}

// ToBatch adds a sink for batches, of which n work at once, and ends the flow.
//
// The sink returns the elements that it refuses, and says with its error what became of all others, as the sink of To
// does: nil promises that they are safe; Reject(err) refuses them, too; any other error leaves them undecided and
// aborts the pipeline. Of two refusals of one element the first counts.
//
// A Map between Batch and ToBatch must keep the number of elements and their order, otherwise refusals cannot be told
// apart: a refusal in a batch that has changed its length, like one out of range, aborts. A slice that no Batch made
// is one value, and refused as a whole when any element is.
func ToBatch[T any](f *Flow[[]T], name string, n int, sink func(ctx context.Context, batch []T) ([]Refusal, error)) {
	s := receive(f, &stage{name: name, sinks: n},
		when(n < 1, "it has %d sinks", n),
		when(sink == nil, "its function is nil"))
	s.start = func(ctx context.Context) {
		startPool(&crew{stage: s}, mapping{fixed: n}, f.ch, func(pk packet[[]T]) {
			elements := int64(1)
			b, ok := pk.receipt.(*bundle)
			if ok {
				elements = int64(len(b.receipts))
			}
			s.in.Add(elements)
			if cause := s.pipeline.aborted(); cause != nil {
				s.undecided.Add(elements)
				pk.receipt.settle(Outcome{Undecided, cause})
				return
			}
			refused, err := sink(ctx, pk.value)
			switch {
			case len(refused) == 0:
				pk.receipt.settle(s.rest(err, elements))
			case ok:
				s.settleEach(b.receipts, len(pk.value), refused, err)
			default:
				s.settleWhole(pk.receipt, len(pk.value), refused, err)
			}
		})
	}
}

// rest returns the outcome of the n elements of which the error of a batch sink speaks.
func (s *stage) rest(err error, n int64) Outcome {
	if err == nil {
		s.accepted.Add(n)
		return accepted
	}
	return s.judge(err, n)
}

// settleEach settles the elements of a batch: some are refused, the others end as err says.
func (s *stage) settleEach(receipts []receipt, length int, refused []Refusal, err error) {
	reasons := make([]error, len(receipts))
	left := int64(len(receipts))
	for _, r := range refused {
		if length != len(receipts) {
			err = fmt.Errorf("it refused element %d of %d, but the batch had %d", r.Index, length, len(receipts))
			break
		}
		if r.Index < 0 || r.Index >= length {
			err = fmt.Errorf("it refused element %d of %d", r.Index, length)
			continue
		}
		if reasons[r.Index] == nil {
			reasons[r.Index] = reason(r)
			left--
		}
	}
	var others Outcome
	if left > 0 {
		others = s.rest(err, left)
	} else if err != nil {
		s.judge(err, 0)
	}
	for i, r := range receipts {
		if reasons[i] != nil {
			r.settle(s.refuse(reasons[i], 1))
		} else {
			r.settle(others)
		}
	}
}

// settleWhole settles a slice that is one value.
func (s *stage) settleWhole(r receipt, length int, refused []Refusal, err error) {
	if err == nil {
		reasons := make([]error, len(refused))
		for i, r := range refused {
			reasons[i] = fmt.Errorf("element %d of %d: %w", r.Index, length, reason(r))
		}
		err = Reject(errors.Join(reasons...))
	}
	r.settle(s.judge(err, 1))
}

// reason returns why r was refused: a refusal without a reason is still one.
func reason(r Refusal) error {
	if r.Err == nil {
		return errors.New("refused")
	}
	return r.Err
}
