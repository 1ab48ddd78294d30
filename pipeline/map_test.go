package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/pipeline"
)

var errTest = errors.New("test error")

func TestMapDecidesByTheErrorOfItsFunction(t *testing.T) {
	tests := []struct {
		name    string
		err     error
		verdict pipeline.Verdict
		aborts  bool
	}{
		{"nil forwards", nil, pipeline.Accepted, false},
		{"skip accepts", pipeline.ErrSkip, pipeline.Accepted, false},
		{"rejection refuses", pipeline.Reject(errTest), pipeline.Refused, false},
		{"rejection of nothing forwards", pipeline.Reject(nil), pipeline.Accepted, false},
		{"other error aborts", errTest, pipeline.Undecided, true},
		{"wrapped skip aborts", fmt.Errorf("wrapped: %w", pipeline.ErrSkip), pipeline.Undecided, true},
		{"wrapped rejection aborts", fmt.Errorf("wrapped: %w", pipeline.Reject(errTest)), pipeline.Undecided, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			source, sunk := newLedger(1), recorder[int]{}
			p := pipeline.New(pipeline.Options{})
			f := pipeline.From(p, "source", source)
			f = pipeline.Map(f, "decide", func(_ context.Context, v int) (int, error) { return v, test.err })
			pipeline.To(f, "sink", 1, sunk.sink)
			err := p.Run(t.Context())
			if aborted := err != nil; aborted != test.aborts {
				t.Errorf("got error %v, want one: %v", err, test.aborts)
			}
			if test.aborts && (!errors.Is(err, test.err) || !strings.Contains(err.Error(), "stage decide")) {
				t.Errorf("got error %q, want %q with the stage's name", err, test.err)
			}
			source.want(t, all(test.verdict))
			if forwarded := len(sunk.seen) == 1; forwarded != (test.err == nil) {
				t.Errorf("forwarded: %v", forwarded)
			}
			if o := source.outcomes[0]; test.verdict == pipeline.Refused && o.Err != errTest {
				t.Errorf("got reason %v, want %v itself", o.Err, errTest)
			}
		})
	}
}

func TestMapKeepsTheOrder(t *testing.T) {
	jitter := func(_ context.Context, v int) (int, error) {
		time.Sleep(time.Duration(v*7919%13) * time.Millisecond)
		return v, nil
	}
	tests := []struct {
		name    string
		key     int // values that are equal modulo this keep their order
		options []pipeline.MapOption
	}{
		{"FIFO", 1, nil},
		{"fixed pool, ordered", 1, []pipeline.MapOption{pipeline.Workers(7), pipeline.Ordered()}},
		{"dynamic pool, ordered", 1, []pipeline.MapOption{pipeline.Ordered(), pipeline.UpTo(7)}},
		{"fixed pool, keyed", 5, []pipeline.MapOption{pipeline.Workers(7), pipeline.KeyedBy(func(v int) int { return v % 5 })}},
		{"dynamic pool, keyed", 5, []pipeline.MapOption{pipeline.KeyedBy(func(v int) int { return v % 5 }), pipeline.UpTo(3)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source, sunk := newLedger(300), recorder[int]{}
				p := pipeline.New(pipeline.Options{Buffer: 8})
				f := pipeline.Map(pipeline.From(p, "source", source), "jitter", jitter, test.options...)
				pipeline.To(f, "sink", 1, sunk.sink)
				if err := p.Run(t.Context()); err != nil {
					t.Error(err)
				}
				source.want(t, all(pipeline.Accepted))
				last := map[int]int{}
				for _, v := range sunk.seen {
					if before, ok := last[v%test.key]; ok && before > v {
						t.Errorf("%d came after %d", v, before)
					}
					last[v%test.key] = v
				}
			})
		})
	}
}

func TestOrderedSkipsThePlacesOfWhatEnded(t *testing.T) {
	source, sunk := newLedger(100), recorder[int]{}
	p := pipeline.New(pipeline.Options{})
	f := pipeline.Map(pipeline.From(p, "source", source), "thin out", func(_ context.Context, v int) (int, error) {
		switch v % 3 {
		case 1:
			return 0, pipeline.ErrSkip
		case 2:
			return 0, pipeline.Reject(errTest)
		}
		return v, nil
	}, pipeline.Workers(4), pipeline.Ordered())
	pipeline.To(f, "sink", 1, sunk.sink)
	if err := p.Run(t.Context()); err != nil {
		t.Error(err)
	}
	source.want(t, func(i int) pipeline.Verdict {
		if i%3 == 2 {
			return pipeline.Refused
		}
		return pipeline.Accepted
	})
	if len(sunk.seen) != 34 || !slices.IsSorted(sunk.seen) {
		t.Errorf("got %v, want the 34 multiples of 3 in order", sunk.seen)
	}
}

// TestOrderedGoesNoFurtherAheadThanItSays holds up the first value and sees how many others finish meanwhile.
func TestOrderedGoesNoFurtherAheadThanItSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const workers, buffer = 3, 5
		var begun atomic.Int64
		release := make(chan struct{})
		source := newLedger(100)
		p := pipeline.New(pipeline.Options{Buffer: buffer})
		f := pipeline.Map(pipeline.From(p, "source", source), "work", func(_ context.Context, v int) (int, error) {
			begun.Add(1)
			if v == 0 {
				<-release
			}
			return v, nil
		}, pipeline.Workers(workers), pipeline.Ordered())
		pipeline.To(f, "sink", 1, drop)
		go func() { // ends with the bubble
			synctest.Wait()
			if got := begun.Load(); got != workers+buffer {
				t.Errorf("%d values were begun, want %d", got, workers+buffer)
			}
			close(release)
		}()
		if err := p.Run(t.Context()); err != nil {
			t.Error(err)
		}
		source.want(t, all(pipeline.Accepted))
	})
}

func TestPoolsWorkOnAsManyValuesAtOnceAsTheySay(t *testing.T) {
	tests := []struct {
		name          string
		option        pipeline.MapOption
		values        int
		most, started int // workers at once, and started while everything is blocked
	}{
		{"fixed, busy", pipeline.Workers(4), 50, 4, 4},
		{"fixed, few values", pipeline.Workers(4), 2, 2, 4},
		{"dynamic, busy", pipeline.UpTo(4), 50, 4, 4},
		{"dynamic, few values", pipeline.UpTo(10), 2, 2, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var now atomic.Int64
				release := make(chan struct{})
				source := newLedger(test.values + 1)
				source.before = func(ctx context.Context, i int) error {
					if i == test.values {
						return untilDone(ctx)
					}
					return nil
				}
				p := pipeline.New(pipeline.Options{})
				f := pipeline.Map(pipeline.From(p, "source", source), "work", func(_ context.Context, v int) (int, error) {
					now.Add(1)
					<-release
					return v, nil
				}, test.option)
				pipeline.To(f, "sink", 1, drop)
				ctx, cancel := context.WithCancel(t.Context())
				go func() { // ends with the bubble
					synctest.Wait()
					if got := now.Load(); got != int64(test.most) {
						t.Errorf("%d values at once, want %d", got, test.most)
					}
					if got := p.Stats()[1].Workers; got != test.started {
						t.Errorf("%d workers, want %d", got, test.started)
					}
					close(release)
					cancel()
				}()
				if err := p.Run(ctx); err != nil {
					t.Error(err)
				}
				source.want(t, all(pipeline.Accepted))
			})
		})
	}
}

// TestDynamicPoolStartsAWorkerForAValueThatComesLate gives the second value only when the first is being worked on:
// a pool that decides by the length of its queue would let it wait.
func TestDynamicPoolStartsAWorkerForAValueThatComesLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const values = 5
		source := newLedger(values)
		source.before = func(context.Context, int) error { time.Sleep(time.Second); return nil }
		p := pipeline.New(pipeline.Options{})
		f := pipeline.Map(pipeline.From(p, "source", source), "work", func(_ context.Context, v int) (int, error) {
			time.Sleep(time.Minute)
			return v, nil
		}, pipeline.UpTo(values))
		pipeline.To(f, "sink", 1, drop)
		start := time.Now()
		if err := p.Run(t.Context()); err != nil {
			t.Error(err)
		}
		if got, want := time.Since(start), values*time.Second+time.Minute; got != want {
			t.Errorf("took %v, want %v", got, want)
		}
		source.want(t, all(pipeline.Accepted))
	})
}

// TestDynamicPoolStaysAtItsLimitWhileValuesWait has one long value, and short ones that fill the time beside it: a
// worker that left with none idle behind it would let them wait for the long one.
func TestDynamicPoolStaysAtItsLimitWhileValuesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newLedger(61)
		p := pipeline.New(pipeline.Options{})
		f := pipeline.Map(pipeline.From(p, "source", source), "work", func(_ context.Context, v int) (int, error) {
			if v == 0 {
				time.Sleep(time.Minute)
			} else {
				time.Sleep(time.Second)
			}
			return v, nil
		}, pipeline.UpTo(2))
		pipeline.To(f, "sink", 1, drop)
		start := time.Now()
		if err := p.Run(t.Context()); err != nil {
			t.Error(err)
		}
		if got, want := time.Since(start), time.Minute; got != want {
			t.Errorf("took %v, want %v", got, want)
		}
		source.want(t, all(pipeline.Accepted))
	})
}

// TestDynamicPoolShrinksWhenLessComes first gives a hundred values at once, then one after another: the next
// hundred would find the workers still there, and two thousand values later they are gone.
func TestDynamicPoolShrinksWhenLessComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const burst, trickle = 100, 2200
		var peak, soon, end int
		var p *pipeline.Pipeline
		source := newLedger(burst + trickle)
		source.before = func(_ context.Context, i int) error {
			if i == burst {
				synctest.Wait()
				peak = p.Stats()[1].Workers
			}
			if i >= burst {
				time.Sleep(time.Minute)
			}
			if i == burst+trickle/4 {
				soon = p.Stats()[1].Workers
			}
			if i == burst+trickle-1 {
				end = p.Stats()[1].Workers
			}
			return nil
		}
		p = pipeline.New(pipeline.Options{})
		f := pipeline.Map(pipeline.From(p, "source", source), "work", func(_ context.Context, v int) (int, error) {
			time.Sleep(time.Second)
			return v, nil
		}, pipeline.UpTo(1000))
		pipeline.To(f, "sink", 1, drop)
		if err := p.Run(t.Context()); err != nil {
			t.Error(err)
		}
		if peak != burst+1 || soon != peak || end < 1 || end > 2 {
			t.Errorf("%d workers at the peak, %d soon after, %d at the end; want %d twice, and 1 or 2", peak, soon, end, burst+1)
		}
		source.want(t, all(pipeline.Accepted))
	})
}

func TestThenStopsAtTheFirstError(t *testing.T) {
	for _, err := range []error{nil, pipeline.ErrSkip, pipeline.Reject(errTest), errTest} {
		reached := false
		fn := pipeline.Then(
			func(_ context.Context, v int) (string, error) { return strings.Repeat("x", v), err },
			func(_ context.Context, s string) (int, error) { reached = true; return len(s), nil })
		v, got := fn(t.Context(), 3)
		if got != err || reached != (err == nil) {
			t.Errorf("%v: got error %v, reached the second function: %v", err, got, reached)
		}
		if want := 3; err == nil && v != want {
			t.Errorf("got %d, want %d", v, want)
		}
	}
}
