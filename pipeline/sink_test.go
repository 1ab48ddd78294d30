package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/pipeline"
)

// verdicts writes a verdict as a letter for each value.
func verdicts(l *ledger) string {
	var s strings.Builder
	for i := range l.given {
		s.WriteByte(l.outcomes[i].Verdict.String()[0])
	}
	return s.String()
}

func TestToBatchSettlesEachElement(t *testing.T) {
	other := errors.New("other error")
	refuse := func(indices ...int) (rs []pipeline.Refusal) {
		for _, i := range indices {
			rs = append(rs, pipeline.Refusal{Index: i, Err: errTest})
		}
		return rs
	}
	tests := []struct {
		name    string
		refused []pipeline.Refusal
		err     error
		want    string
		aborts  bool
	}{
		{"all accepted", nil, nil, "aaaa", false},
		{"some refused", refuse(2, 0), nil, "rara", false},
		{"refused twice", refuse(1, 1), nil, "araa", false},
		{"all refused one by one", refuse(0, 1, 2, 3), nil, "rrrr", false},
		{"all refused", nil, pipeline.Reject(other), "rrrr", false},
		{"some refused, and the rest for another reason", refuse(1), pipeline.Reject(other), "rrrr", false},
		{"skipped", nil, pipeline.ErrSkip, "aaaa", false},
		{"aborted", nil, other, "uuuu", true},
		{"some refused, the rest aborted", refuse(3), other, "uuur", true},
		{"all refused, and aborted", refuse(0, 1, 2, 3), other, "rrrr", true},
		{"out of range", refuse(0, 4), nil, "ruuu", true},
		{"negative", refuse(-1), nil, "uuuu", true},
		{"refused without a reason", []pipeline.Refusal{{Index: 1}}, nil, "araa", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			source := newLedger(4)
			var hooked int
			p := pipeline.New(pipeline.Options{Hooks: pipeline.Hooks{OnRefused: func(string, error) { hooked++ }}})
			f := pipeline.Batch(pipeline.From(p, "source", source), "batch", 4, time.Hour)
			pipeline.ToBatch(f, "sink", 1, func(context.Context, []int) ([]pipeline.Refusal, error) {
				return test.refused, test.err
			})
			err := p.Run(t.Context())
			if aborted := err != nil; aborted != test.aborts {
				t.Errorf("got error %v, want one: %v", err, test.aborts)
			}
			counts := source.check(t)
			if got := verdicts(source); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			s := p.Stats()[2]
			if s.In != 4 || s.Accepted+s.Skipped != int64(counts[pipeline.Accepted]) ||
				s.Refused != int64(counts[pipeline.Refused]) || s.Undecided != int64(counts[pipeline.Undecided]) {
				t.Errorf("got %+v, want the counts of %s", s, test.want)
			}
			if hooked != counts[pipeline.Refused] {
				t.Errorf("OnRefused was called %d times, want %d", hooked, counts[pipeline.Refused])
			}
		})
	}
}

// TestToBatchRefusesTheVeryElements has several sinks refuse some elements of batches that finish in any order.
func TestToBatchRefusesTheVeryElements(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newLedger(500)
		p := pipeline.New(pipeline.Options{})
		f := pipeline.Batch(pipeline.From(p, "source", source), "batch", 6, time.Hour)
		pipeline.ToBatch(f, "sink", 4, func(_ context.Context, vs []int) (refused []pipeline.Refusal, err error) {
			time.Sleep(time.Duration(vs[0]*7919%11) * time.Millisecond)
			for i, v := range vs {
				if v%5 == 2 {
					refused = append(refused, pipeline.Refusal{Index: i, Err: fmt.Errorf("refused %d", v)})
				}
			}
			return refused, nil
		})
		if err := p.Run(t.Context()); err != nil {
			t.Error(err)
		}
		source.want(t, func(i int) pipeline.Verdict {
			if i%5 == 2 {
				return pipeline.Refused
			}
			return pipeline.Accepted
		})
		for i, o := range source.outcomes {
			if want := fmt.Sprintf("refused %d", i); o.Err != nil && o.Err.Error() != want {
				t.Errorf("%d: got reason %q, want %q", i, o.Err, want)
			}
		}
	})
}

func TestToBatchAbortsWhenRefusalsCannotBeToldApart(t *testing.T) {
	source := newLedger(4)
	p := pipeline.New(pipeline.Options{})
	f := pipeline.Batch(pipeline.From(p, "source", source), "batch", 4, time.Hour)
	f = pipeline.Map(f, "shorten", func(_ context.Context, vs []int) ([]int, error) { return vs[1:], nil })
	pipeline.ToBatch(f, "sink", 1, func(context.Context, []int) ([]pipeline.Refusal, error) {
		return []pipeline.Refusal{{Index: 0, Err: errTest}}, nil
	})
	if err := p.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "element 0 of 3, but the batch had 4") {
		t.Errorf("got error %v, want one that gives both lengths", err)
	}
	source.want(t, all(pipeline.Undecided))
}

// A sliceSource gives one slice, which is one value.
type sliceSource struct {
	given    bool
	outcomes []pipeline.Outcome
}

func (s *sliceSource) Next(ctx context.Context) ([]int, error) {
	if s.given {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	s.given = true
	return []int{1, 2, 3}, nil
}

func (s *sliceSource) Settle(_ []int, o pipeline.Outcome) { s.outcomes = append(s.outcomes, o) }

func TestToBatchRefusesASliceThatNoBatchMadeAsAWhole(t *testing.T) {
	for _, test := range []struct {
		err  error
		want pipeline.Verdict
	}{{nil, pipeline.Refused}, {pipeline.Reject(errors.New("all")), pipeline.Refused}, {errTest, pipeline.Undecided}} {
		source := &sliceSource{}
		ctx, cancel := context.WithCancel(t.Context())
		p := pipeline.New(pipeline.Options{})
		pipeline.ToBatch(pipeline.From(p, "source", source), "sink", 1, func(context.Context, []int) ([]pipeline.Refusal, error) {
			defer cancel()
			return []pipeline.Refusal{{Index: 1, Err: errTest}}, test.err
		})
		if err := p.Run(ctx); (err != nil) != (test.want == pipeline.Undecided) {
			t.Errorf("with %v: got error %v", test.err, err)
		}
		if len(source.outcomes) != 1 || source.outcomes[0].Verdict != test.want {
			t.Errorf("with %v: got %v, want it %v once", test.err, source.outcomes, test.want)
		}
		if o := source.outcomes[0]; test.err == nil && (!errors.Is(o.Err, errTest) || !strings.Contains(o.Err.Error(), "element 1 of 3")) {
			t.Errorf("got reason %v, want %v with its element", o.Err, errTest)
		}
	}
}
