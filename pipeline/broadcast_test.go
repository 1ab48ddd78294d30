package pipeline_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/pipeline"
)

// TestBroadcastSettlesWithTheWorstOutcome has two branches end one value in each pair of ways, in both orders of time.
func TestBroadcastSettlesWithTheWorstOutcome(t *testing.T) {
	ways := []struct {
		name    string
		err     error
		verdict pipeline.Verdict
	}{
		{"accepts", nil, pipeline.Accepted},
		{"skips", pipeline.ErrSkip, pipeline.Accepted},
		{"refuses", pipeline.Reject(errTest), pipeline.Refused},
		{"aborts", errTest, pipeline.Undecided},
	}
	for _, first := range ways {
		for _, second := range ways {
			t.Run("first "+first.name+" then "+second.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					// The second branch begins before an abort, and ends after the first has settled.
					begun, done := make(chan struct{}), make(chan struct{})
					source := newLedger(1)
					p := pipeline.New(pipeline.Options{})
					branches := pipeline.Broadcast(pipeline.From(p, "source", source), "broadcast", 2)
					pipeline.To(branches[0], "first", 1, func(context.Context, int) error { <-begun; return first.err })
					pipeline.To(branches[1], "second", 1, func(context.Context, int) error { close(begun); <-done; return second.err })
					go func() { // ends when the first branch has settled
						synctest.Wait()
						if len(source.outcomes) > 0 {
							t.Error("settled before both branches had ended")
						}
						close(done)
					}()
					err := p.Run(t.Context())
					want := min(first.verdict, second.verdict)
					if (err != nil) != (want == pipeline.Undecided) {
						t.Errorf("got error %v", err)
					}
					source.want(t, all(want))
				})
			})
		}
	}
}

func TestBroadcastOfABatchSettlesElementByElement(t *testing.T) {
	source := newLedger(6)
	p := pipeline.New(pipeline.Options{})
	batches := pipeline.Batch(pipeline.From(p, "source", source), "batch", 3, time.Hour)
	branches := pipeline.Broadcast(batches, "broadcast", 3)
	refuse := func(v int) func(context.Context, []int) ([]pipeline.Refusal, error) {
		return func(_ context.Context, vs []int) ([]pipeline.Refusal, error) {
			if i := slices.Index(vs, v); i >= 0 {
				return []pipeline.Refusal{{Index: i, Err: errTest}}, nil
			}
			return nil, nil
		}
	}
	pipeline.ToBatch(branches[0], "refuse 1", 1, refuse(1))
	pipeline.ToBatch(branches[1], "refuse 5", 1, refuse(5))
	pipeline.To(branches[2], "accept", 1, func(context.Context, []int) error { return nil })
	if err := p.Run(t.Context()); err != nil {
		t.Error(err)
	}
	source.check(t)
	if got, want := verdicts(source), "araaar"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestBroadcastKeepsTheOrderInEachBranch(t *testing.T) {
	source, left, right := newLedger(1000), recorder[int]{}, recorder[int]{}
	p := pipeline.New(pipeline.Options{Buffer: 3})
	branches := pipeline.Broadcast(pipeline.From(p, "source", source), "broadcast", 2)
	pipeline.To(branches[0], "left", 1, left.sink)
	pipeline.To(branches[1], "right", 1, right.sink)
	if err := p.Run(t.Context()); err != nil {
		t.Error(err)
	}
	source.want(t, all(pipeline.Accepted))
	for _, seen := range [][]int{left.seen, right.seen} {
		if len(seen) != 1000 || !slices.IsSorted(seen) {
			t.Errorf("a branch got %d values, sorted: %v", len(seen), slices.IsSorted(seen))
		}
	}
}

func TestBroadcastOfTwoRefusalsReportsTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, first := newLedger(1), make(chan struct{})
		p := pipeline.New(pipeline.Options{})
		branches := pipeline.Broadcast(pipeline.From(p, "source", source), "broadcast", 2)
		pipeline.To(branches[0], "first", 1, func(context.Context, int) error { return pipeline.Reject(errTest) })
		pipeline.To(branches[1], "second", 1, func(context.Context, int) error {
			<-first
			return pipeline.Reject(errors.New("second"))
		})
		go func() { // ends when the first branch has settled
			synctest.Wait()
			close(first)
		}()
		if err := p.Run(t.Context()); err != nil {
			t.Error(err)
		}
		source.want(t, all(pipeline.Refused))
		if got := source.outcomes[0].Err; got != errTest {
			t.Errorf("got reason %v, want %v", got, errTest)
		}
	})
}
