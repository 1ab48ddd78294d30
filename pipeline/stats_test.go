package pipeline_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/pipeline"
)

// TestStatsSayWhereTheValuesAre looks at a pipeline while its sink is held up, and again after it has ended.
func TestStatsSayWhereTheValuesAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const values = 11
		release := make(chan struct{})
		source := newLedger(values + 1)
		source.before = func(ctx context.Context, i int) error {
			if i == values {
				return untilDone(ctx)
			}
			return nil
		}
		p := pipeline.New(pipeline.Options{Buffer: 4})
		f := pipeline.Map(pipeline.From(p, "source", source), "map", func(_ context.Context, v int) (int, error) {
			switch v {
			case 0:
				return 0, pipeline.ErrSkip
			case 1:
				return 0, pipeline.Reject(errTest)
			}
			return v, nil
		})
		pipeline.To(f, "sink", 2, func(context.Context, int) error { <-release; return nil })
		ctx, cancel := context.WithCancel(t.Context())
		check := func(wanted ...pipeline.StageStats) {
			for i, got := range p.Stats() {
				if got != wanted[i] {
					t.Errorf("got  %+v\nwant %+v", got, wanted[i])
				}
			}
		}
		check(pipeline.StageStats{Stage: "source"}, pipeline.StageStats{Stage: "map"}, pipeline.StageStats{Stage: "sink"})
		go func() { // ends with the bubble
			time.Sleep(time.Second)
			check(
				pipeline.StageStats{Stage: "source", In: 11, Out: 11, Accepted: 1, Refused: 1, Workers: 1},
				pipeline.StageStats{Stage: "map", In: 9, Out: 7, Skipped: 1, Refused: 1, Workers: 1, Queued: 2},
				pipeline.StageStats{Stage: "sink", In: 2, Workers: 2, Queued: 4})
			close(release)
			cancel()
		}()
		if err := p.Run(ctx); err != nil {
			t.Error(err)
		}
		check(
			pipeline.StageStats{Stage: "source", In: 11, Out: 11, Accepted: 10, Refused: 1},
			pipeline.StageStats{Stage: "map", In: 11, Out: 9, Skipped: 1, Refused: 1},
			pipeline.StageStats{Stage: "sink", In: 9, Accepted: 9})
	})
}

// TestStatsCountWhatWaitsInsideAStage holds up the only key of a keyed stage, and the first value of an ordered one.
func TestStatsCountWhatWaitsInsideAStage(t *testing.T) {
	for name, option := range map[string]pipeline.MapOption{
		"keyed":   pipeline.KeyedBy(func(int) int { return 0 }),
		"ordered": pipeline.Ordered(),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const values = 7
				release := make(chan struct{})
				p := pipeline.New(pipeline.Options{Buffer: 8})
				f := pipeline.Map(pipeline.From(p, "source", &counter{end: values}), "map", func(_ context.Context, v int) (int, error) {
					<-release
					return v, nil
				}, pipeline.Workers(2), option)
				pipeline.To(f, "sink", 1, drop)
				go func() { // ends with the bubble
					synctest.Wait()
					s := p.Stats()[1]
					busy := map[string]int{"keyed": 1, "ordered": 2}[name]
					// One more may be in the hand of the goroutine that passes values on.
					if hand := values - busy - s.Queued; hand < 0 || hand > 1 {
						t.Errorf("got %+v with %d values, of which %d are worked on", s, values, busy)
					}
					close(release)
				}()
				if err := p.Run(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestOutcomesAndVerdictsPrintAsWords(t *testing.T) {
	for want, o := range map[string]pipeline.Outcome{
		"undecided":           {},
		"accepted":            {Verdict: pipeline.Accepted},
		"refused: test error": {Verdict: pipeline.Refused, Err: errTest},
		"unknown verdict":     {Verdict: 9},
	} {
		if got := o.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got, want := pipeline.Reject(errTest).Error(), "rejected: test error"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
