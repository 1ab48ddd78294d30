package pipeline_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/pipeline"
)

// TestBatchLeavesWhenFullLateOrLast gives values at certain times, and sees when which batches leave.
func TestBatchLeavesWhenFullLateOrLast(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name string
		wait time.Duration
		at   []time.Duration // when a value comes; the source ends a minute after the last
		want string
	}{
		{"full", time.Second, []time.Duration{0, 0, 0, 0, 0, 0}, "0s:[0 1 2] 0s:[3 4 5]"},
		{"late", time.Second, []time.Duration{0, 300 * ms}, "1s:[0 1]"},
		{"the wait counts from the first value", time.Second, []time.Duration{500 * ms, 1400 * ms, 1600 * ms}, "1.5s:[0 1] 2.6s:[2]"},
		{"a full batch takes its timer along", time.Second, []time.Duration{0, 0, 0, 900 * ms}, "0s:[0 1 2] 1.9s:[3]"},
		{"last", time.Hour, []time.Duration{0, 0, 0, 0}, "0s:[0 1 2] 1m0s:[3]"},
		{"nothing waits for company when the wait is zero", 0, []time.Duration{0, ms, 2 * ms}, "0s:[0] 1ms:[1] 2ms:[2]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				source := newLedger(len(test.at) + 1)
				source.before = func(ctx context.Context, i int) error {
					if i == len(test.at) {
						time.Sleep(time.Minute)
						return io.EOF
					}
					time.Sleep(test.at[i] - time.Since(start))
					return nil
				}
				var got []string
				p := pipeline.New(pipeline.Options{})
				f := pipeline.Batch(pipeline.From(p, "source", source), "batch", 3, test.wait)
				pipeline.To(f, "sink", 1, func(_ context.Context, vs []int) error {
					got = append(got, fmt.Sprintf("%v:%v", time.Since(start), vs))
					return nil
				})
				if err := p.Run(t.Context()); err != nil {
					t.Error(err)
				}
				if got := fmt.Sprint(got); got != "["+test.want+"]" {
					t.Errorf("got %v, want [%v]", got, test.want)
				}
				source.want(t, all(pipeline.Accepted))
			})
		})
	}
}

func TestBatchKeepsNothingWhenItsReceiverWritesToIt(t *testing.T) {
	source, sum := newLedger(1000), 0
	p := pipeline.New(pipeline.Options{})
	f := pipeline.Batch(pipeline.From(p, "source", source), "batch", 7, time.Hour)
	f = pipeline.Map(f, "scribble", func(_ context.Context, vs []int) ([]int, error) {
		kept := slices.Clone(vs)
		clear(append(vs, -1))
		return kept, nil
	})
	pipeline.To(f, "sink", 1, func(_ context.Context, vs []int) error {
		for _, v := range vs {
			sum += v
		}
		return nil
	})
	if err := p.Run(t.Context()); err != nil {
		t.Error(err)
	}
	if want := 1000 * 999 / 2; sum != want {
		t.Errorf("got a sum of %d, want %d", sum, want)
	}
	source.want(t, all(pipeline.Accepted))
}

// TestBatchTakesItsOutcomeToItsOwnValues refuses whole batches while several sinks work at once and finish in any
// order: no batch may end as another one did.
func TestBatchTakesItsOutcomeToItsOwnValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 4
		source := newLedger(400)
		p := pipeline.New(pipeline.Options{})
		f := pipeline.Batch(pipeline.From(p, "source", source), "batch", size, time.Hour)
		pipeline.To(f, "sink", 5, func(_ context.Context, vs []int) error {
			batch := vs[0] / size
			time.Sleep(time.Duration(batch*7919%11) * time.Millisecond)
			if batch%3 == 1 {
				return pipeline.Reject(fmt.Errorf("batch %d", batch))
			}
			return nil
		})
		if err := p.Run(t.Context()); err != nil {
			t.Error(err)
		}
		source.want(t, func(i int) pipeline.Verdict {
			if i/size%3 == 1 {
				return pipeline.Refused
			}
			return pipeline.Accepted
		})
		for i, o := range source.outcomes {
			if want := fmt.Sprintf("batch %d", i/size); o.Err != nil && o.Err.Error() != want {
				t.Errorf("%d was refused because of %v, want %v", i, o.Err, want)
			}
		}
	})
}

// TestBatchGrowsWhileTheSinkIsBusy gives a value every millisecond to a sink that takes 100 ms for a batch, whatever its
// size: batches that waited in a buffer instead of growing would fall ever further behind.
func TestBatchGrowsWhileTheSinkIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 1000
		start := time.Now()
		source := newLedger(n)
		source.before = func(context.Context, int) error {
			time.Sleep(time.Millisecond)
			return nil
		}
		p := pipeline.New(pipeline.Options{Buffer: n})
		f := pipeline.Batch(pipeline.From(p, "source", source), "batch", n, 0)
		batches := 0
		pipeline.ToBatch(f, "sink", 1, func(context.Context, []int) ([]pipeline.Refusal, error) {
			batches++
			time.Sleep(100 * time.Millisecond)
			return nil, nil
		})
		if err := p.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		source.want(t, all(pipeline.Accepted))
		if took := time.Since(start); batches > 20 || took > 2*time.Second {
			t.Errorf("%d batches in %s; want about one every 100 ms of a second", batches, took)
		}
	})
}
