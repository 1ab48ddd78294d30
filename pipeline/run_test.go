package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/pipeline"
)

// TestRunDrainsWhenItsContextIsDone has values in each kind of stage at that moment: all of them end well, and the
// contexts of the stages do not.
func TestRunDrainsWhenItsContextIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		ctx, cancel := context.WithCancelCause(context.WithValue(t.Context(), key{}, "value"))
		reason := errors.New("reason to drain")
		source := newLedger(1000)
		source.before = func(ctx context.Context, i int) error {
			if i == 100 {
				cancel(reason)
			}
			return nil // it does not notice at once that ctx is done
		}
		var drained error
		work := func(ctx context.Context, v int) (int, error) {
			time.Sleep(time.Second)
			if ctx.Err() != nil || ctx.Value(key{}) != "value" {
				t.Errorf("%d: context error %v, value %v", v, ctx.Err(), ctx.Value(key{}))
			}
			return v, nil
		}
		p := pipeline.New(pipeline.Options{
			Grace: time.Hour,
			Hooks: pipeline.Hooks{OnDrain: func(reason error) { drained = reason }},
		})
		f := pipeline.From(p, "source", source)
		f = pipeline.Map(f, "fifo", work)
		f = pipeline.Map(f, "ordered", work, pipeline.Workers(3), pipeline.Ordered())
		f = pipeline.Map(f, "keyed", work, pipeline.UpTo(3), pipeline.KeyedBy(func(v int) int { return v % 7 }))
		branches := pipeline.Broadcast(f, "broadcast", 2)
		pipeline.To(branches[0], "sink", 1, drop)
		batches := pipeline.Batch(branches[1], "batch", 64, 24*time.Hour)
		pipeline.To(batches, "batch sink", 1, func(context.Context, []int) error { return nil })
		if err := p.Run(ctx); err != nil {
			t.Error(err)
		}
		source.want(t, all(pipeline.Accepted))
		if source.given != 101 {
			t.Errorf("Next gave %d values, want none after the 101st", source.given)
		}
		if drained != reason {
			t.Errorf("OnDrain was told %v, want %v", drained, reason)
		}
	})
}

func TestRunEndsWhenAllSourcesHaveEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const grace = 10 * time.Second
		var drained []error
		var drainedAt time.Time
		start := time.Now()
		p := pipeline.New(pipeline.Options{Grace: grace, Hooks: pipeline.Hooks{OnDrain: func(reason error) {
			drained, drainedAt = append(drained, reason), time.Now()
		}}})
		short, long := newLedger(1), newLedger(2)
		long.before = func(context.Context, int) error { time.Sleep(time.Minute); return nil }
		// The work on the short source's value takes longer than Grace, which does not run before both have ended.
		pipeline.To(pipeline.From(p, "short", short), "slow sink", 1, func(ctx context.Context, _ int) error {
			time.Sleep(2*time.Minute + grace/2)
			return ctx.Err()
		})
		pipeline.To(pipeline.From(p, "long", long), "sink", 1, drop)
		if err := p.Run(t.Context()); err != nil {
			t.Error(err)
		}
		short.want(t, all(pipeline.Accepted))
		long.want(t, all(pipeline.Accepted))
		if len(drained) != 1 || drained[0] != nil || drainedAt.Sub(start) != 2*time.Minute {
			t.Errorf("OnDrain was told %v after %v, want nil once after 2m0s", drained, drainedAt.Sub(start))
		}
	})
}

func TestRunWithADoneContextStartsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	source := newLedger(1)
	p := pipeline.New(pipeline.Options{})
	pipeline.To(pipeline.From(p, "source", source), "sink", 1, drop)
	if err := p.Run(ctx); err != nil || source.given != 0 {
		t.Errorf("got error %v and %d values, want neither", err, source.given)
	}
}

func TestRunCancelsTheStagesWhenGraceRunsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const grace = 5 * time.Second
		var aborted []string
		source := newLedger(100)
		source.before = func(ctx context.Context, i int) error {
			if i == 10 {
				return untilDone(ctx)
			}
			return nil
		}
		p := pipeline.New(pipeline.Options{Grace: grace, Hooks: pipeline.Hooks{OnAbort: func(stage string, err error) {
			aborted = append(aborted, fmt.Sprintf("%q %v", stage, errors.Is(err, pipeline.ErrGrace)))
		}}})
		f := pipeline.Map(pipeline.From(p, "source", source), "work", func(ctx context.Context, v int) (int, error) {
			if v < 4 {
				return v, nil
			}
			<-ctx.Done()
			if cause := context.Cause(ctx); !errors.Is(cause, pipeline.ErrGrace) {
				t.Errorf("the cause is %v, want %v", cause, pipeline.ErrGrace)
			}
			return v, ctx.Err()
		})
		pipeline.To(f, "sink", 1, drop)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		err := p.Run(ctx)
		if got, want := time.Since(start), time.Minute+grace; got != want {
			t.Errorf("Run took %v, want %v", got, want)
		}
		if !errors.Is(err, pipeline.ErrGrace) || !strings.Contains(err.Error(), "left undecided: 6") {
			t.Errorf("got error %v, want %v with 6 values", err, pipeline.ErrGrace)
		}
		if fmt.Sprint(aborted) != `["" true]` {
			t.Errorf("OnAbort was told %v", aborted)
		}
		source.want(t, func(i int) pipeline.Verdict {
			if i < 4 {
				return pipeline.Accepted
			}
			return pipeline.Undecided
		})
		for i := 4; i < 10; i++ {
			if o := source.outcomes[i]; !errors.Is(o.Err, pipeline.ErrGrace) {
				t.Errorf("%d: got %v, want %v", i, o, pipeline.ErrGrace)
			}
		}
	})
}

// TestRunReturnsWhatBecameOfTheValuesWhenGraceRunsOutAtTheSameTime lets the last work end in the very instant in which
// Grace runs out: whichever comes first, the error and the outcome agree.
func TestRunReturnsWhatBecameOfTheValuesWhenGraceRunsOutAtTheSameTime(t *testing.T) {
	ended := map[pipeline.Verdict]int{}
	for range 2000 {
		synctest.Test(t, func(t *testing.T) {
			source := newLedger(1)
			p := pipeline.New(pipeline.Options{Grace: time.Second})
			f := pipeline.Map(pipeline.From(p, "source", source), "work", func(_ context.Context, v int) (int, error) {
				time.Sleep(time.Second)
				return v, nil
			})
			pipeline.To(f, "sink", 1, drop)
			err := p.Run(t.Context())
			counts := source.check(t)
			if (err == nil) != (counts[pipeline.Undecided] == 0) {
				t.Errorf("got error %v with %v", err, counts)
			}
			ended[source.outcomes[0].Verdict]++
		})
	}
	t.Log(ended)
}

func TestRunAbortsWithTheErrorOfASource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing, waiting := newLedger(10), newLedger(10)
		failing.before = func(_ context.Context, i int) error {
			if i == 3 {
				time.Sleep(time.Second)
				return errTest
			}
			return nil
		}
		waiting.before = func(ctx context.Context, i int) error {
			if i < 2 {
				return nil
			}
			<-ctx.Done()
			if !errors.Is(context.Cause(ctx), errTest) {
				t.Errorf("the cause is %v, want %v", context.Cause(ctx), errTest)
			}
			return ctx.Err()
		}
		var aborted []string
		p := pipeline.New(pipeline.Options{Hooks: pipeline.Hooks{
			OnAbort: func(stage string, err error) { aborted = append(aborted, stage) },
			OnDrain: func(error) { t.Error("OnDrain was called") },
		}})
		pipeline.To(pipeline.From(p, "failing", failing), "sink", 1, drop)
		pipeline.To(pipeline.From(p, "waiting", waiting), "stuck", 1, func(ctx context.Context, _ int) error {
			<-ctx.Done()
			return ctx.Err()
		})
		err := p.Run(t.Context())
		if !errors.Is(err, errTest) || !strings.HasPrefix(err.Error(), "stage failing: test error") {
			t.Errorf("got error %v", err)
		}
		if fmt.Sprint(aborted) != "[failing]" {
			t.Errorf("OnAbort was told %v", aborted)
		}
		failing.want(t, all(pipeline.Accepted))
		waiting.want(t, all(pipeline.Undecided))
		for _, o := range waiting.outcomes {
			if !errors.Is(o.Err, errTest) {
				t.Errorf("got reason %v, want the cause of the abort", o.Err)
			}
		}
	})
}

// TestRunReportsWhatASourceReturnsAfterItWasToldToStop: a cancellation is an answer, anything else is news; neither
// keeps the drain from going well.
func TestRunReportsWhatASourceReturnsAfterItWasToldToStop(t *testing.T) {
	for _, test := range []struct {
		err  error
		want bool
	}{
		{context.Canceled, false}, {fmt.Errorf("next: %w", context.Canceled), false}, {context.DeadlineExceeded, false},
		{io.EOF, false}, {errTest, true},
	} {
		source := newLedger(10)
		ctx, cancel := context.WithCancel(t.Context())
		source.before = func(_ context.Context, i int) error {
			if i == 5 {
				cancel()
				return test.err
			}
			return nil
		}
		p := pipeline.New(pipeline.Options{})
		pipeline.To(pipeline.From(p, "source", source), "sink", 1, drop)
		err := p.Run(ctx)
		if test.want != errors.Is(err, test.err) || test.want != (err != nil) {
			t.Errorf("%v: got error %v, want it: %v", test.err, err, test.want)
		}
		source.want(t, all(pipeline.Accepted))
	}
}

// TestRunAbortsWhenASourceGivesUpByItself: a cancellation that nobody asked for is an error as any other.
func TestRunAbortsWhenASourceGivesUpByItself(t *testing.T) {
	for _, given := range []error{
		context.Canceled,
		fmt.Errorf("header: %w", io.EOF),
		fmt.Errorf("another pipeline: %w", pipeline.ErrGrace),
	} {
		source := newLedger(10)
		source.before = func(context.Context, int) error { return given }
		p := pipeline.New(pipeline.Options{})
		pipeline.To(pipeline.From(p, "source", source), "sink", 1, drop)
		if err := p.Run(t.Context()); !errors.Is(err, given) {
			t.Errorf("got error %v, want %v", err, given)
		}
	}
}

// TestRunKeepsWorkingNoMoreAfterAnAbort has a long queue behind the value that aborts.
func TestRunKeepsWorkingNoMoreAfterAnAbort(t *testing.T) {
	options := map[string][]pipeline.MapOption{
		"fifo":    nil,
		"fixed":   {pipeline.Workers(1)},
		"dynamic": {pipeline.UpTo(1)},
		"ordered": {pipeline.Workers(2), pipeline.Ordered()},
		"keyed":   {pipeline.Workers(2), pipeline.KeyedBy(func(int) int { return 0 })},
	}
	for name, options := range options {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var worked, sunk atomic.Int64
				source := newLedger(500)
				p := pipeline.New(pipeline.Options{})
				f := pipeline.Map(pipeline.From(p, "source", source), "work", func(ctx context.Context, v int) (int, error) {
					worked.Add(1)
					if v == 0 {
						time.Sleep(time.Second) // until everything behind is full
						return 0, errTest
					}
					<-ctx.Done()
					return v, nil
				}, options...)
				pipeline.To(f, "sink", 1, func(context.Context, int) error { sunk.Add(1); return nil })
				if err := p.Run(t.Context()); !errors.Is(err, errTest) {
					t.Errorf("got error %v", err)
				}
				source.want(t, all(pipeline.Undecided))
				if worked.Load() > 2 || sunk.Load() > 0 {
					t.Errorf("%d values were worked on and %d sunk after the abort", worked.Load()-1, sunk.Load())
				}
			})
		})
	}
}

// TestRunKeepsThePromiseOfASinkThatEndsAfterAnAbort: what a sink says counts whenever it says so.
func TestRunKeepsThePromiseOfASinkThatEndsAfterAnAbort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newLedger(3)
		p := pipeline.New(pipeline.Options{})
		pipeline.To(pipeline.From(p, "source", source), "sink", 3, func(ctx context.Context, v int) error {
			if v == 2 {
				time.Sleep(time.Second)
				return errTest
			}
			<-ctx.Done()
			if v == 1 {
				return pipeline.Reject(errTest)
			}
			return nil
		})
		if err := p.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "left undecided: 1") {
			t.Errorf("got error %v, want one value undecided", err)
		}
		source.check(t)
		if got, want := verdicts(source), "aru"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// TestRunWorksWithoutASettler: the count of what is undecided does not depend on who wants to know.
func TestRunWorksWithoutASettler(t *testing.T) {
	p := pipeline.New(pipeline.Options{})
	branches := pipeline.Broadcast(pipeline.From(p, "source", &counter{end: 10}), "broadcast", 2)
	decided := make(chan struct{}) // closed by the first sink when it has accepted all below 8
	pipeline.To(branches[0], "sink", 1, func(_ context.Context, v int) error {
		if v == 8 {
			close(decided)
		}
		return nil
	})
	pipeline.To(branches[1], "failing", 1, func(_ context.Context, v int) error {
		switch {
		case v < 7:
			return nil
		case v == 7:
			return pipeline.Reject(errTest)
		}
		<-decided
		return errTest
	})
	err := p.Run(t.Context())
	s := p.Stats()[0]
	if s.Accepted != 7 || s.Refused != 1 || s.Undecided != s.In-8 || s.Undecided == 0 {
		t.Errorf("got %+v, want 7 accepted, 1 refused, the others undecided", s)
	}
	if want := fmt.Sprintf("left undecided: %d", s.Undecided); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want %s", err, want)
	}
}
