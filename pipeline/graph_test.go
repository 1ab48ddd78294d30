package pipeline_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/pipeline"
)

// A limited source gives no more than so many values before one is settled.
type limited struct {
	*ledger
	tokens chan struct{} // never closed
}

func newLimited(n, limit int) limited {
	return limited{newLedger(n), make(chan struct{}, limit)}
}

func (l limited) InFlightLimit() int { return cap(l.tokens) }

func (l limited) Next(ctx context.Context) (int, error) {
	select {
	case l.tokens <- struct{}{}:
		return l.ledger.Next(ctx)
	case <-ctx.Done():
		return -1, ctx.Err()
	}
}

func (l limited) Settle(v int, o pipeline.Outcome) {
	l.ledger.Settle(v, o)
	<-l.tokens
}

// TestLimitThatIsJustEnoughNeverStalls would have to wait an hour for a batch that cannot fill.
func TestLimitThatIsJustEnoughNeverStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size, sinks, batches = 10, 3, 50
		source := newLimited(size*batches, 2*size*sinks)
		p := pipeline.New(pipeline.Options{})
		f := pipeline.Batch(pipeline.From(p, "source", source), "batch", size, time.Hour)
		pipeline.To(f, "sink", sinks, func(_ context.Context, vs []int) error {
			time.Sleep(time.Duration(1+vs[0]%7) * time.Second)
			return nil
		})
		start := time.Now()
		if err := p.Run(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > 10*time.Minute {
			t.Errorf("took %v", took)
		}
		source.want(t, all(pipeline.Accepted))
	})
}

func TestRunRefusesAGraphThatIsWrong(t *testing.T) {
	type (
		P = *pipeline.Pipeline
		F = *pipeline.Flow[int]
	)
	hour := time.Hour
	save := func(context.Context, []int) error { return nil }
	onMap := func(fn pipeline.Func[int, int], options ...pipeline.MapOption) func(P, F) {
		return func(_ P, f F) { pipeline.To(pipeline.Map(f, "map", fn, options...), "sink", 1, drop) }
	}
	tests := []struct {
		name  string
		build func(p P, f F) // f comes from the source "source", with a limit of 100
		want  string         // empty if nothing is wrong
	}{
		{"nothing wrong", func(_ P, f F) { pipeline.To(f, "sink", 1, drop) }, ""},
		{"flow without a sink", func(_ P, f F) { pipeline.Map(f, "map", same) }, "stage map: 1 of its flows go nowhere"},
		{"source without a sink", func(P, F) {}, "stage source: 1 of its flows go nowhere"},
		{"branch without a sink", func(_ P, f F) {
			pipeline.To(pipeline.Broadcast(f, "broadcast", 3)[1], "sink", 1, drop)
		}, "stage broadcast: 2 of its flows go nowhere"},
		{"flow used twice", func(_ P, f F) {
			pipeline.To(f, "one", 1, drop)
			pipeline.To(f, "two", 1, drop)
		}, "stage two: the flow of stage source already goes to stage one"},
		{"name used twice", func(_ P, f F) {
			pipeline.To(pipeline.Map(f, "same", same), "same", 1, drop)
		}, "stage same: another stage has that name"},
		{"no name", func(_ P, f F) { pipeline.To(f, "", 1, drop) }, "stage 2: it needs a name"},
		{"nil source", func(p P, f F) {
			pipeline.To(f, "sink", 1, drop)
			pipeline.To(pipeline.From[int](p, "other", nil), "other sink", 1, drop)
		}, "stage other: its source is nil"},
		{"nil function", onMap(nil), "stage map: its function is nil"},
		{"nil function recovered", onMap(pipeline.Recover[int, int](nil)), "stage map: its function is nil"},
		{"nil function composed", onMap(pipeline.Then(same, pipeline.Func[int, int](nil))), "stage map: its function is nil"},
		{"nil sink", func(_ P, f F) { pipeline.To(f, "sink", 1, nil) }, "stage sink: its function is nil"},
		{"nil batch sink", func(_ P, f F) {
			pipeline.ToBatch(pipeline.Batch(f, "batch", 1, hour), "sink", 1, nil)
		}, "stage sink: its function is nil"},
		{"no worker", onMap(same, pipeline.Workers(0)), "stage map: it has 0 workers"},
		{"negative pool", onMap(same, pipeline.UpTo(-1)), "stage map: it has -1 workers"},
		{"two pools", onMap(same, pipeline.UpTo(2), pipeline.Workers(2)), "stage map: more than one option"},
		{"ordered and keyed", onMap(same, pipeline.Workers(2), pipeline.Ordered(), pipeline.KeyedBy(func(v int) int { return v })),
			"stage map: it is both Ordered and KeyedBy"},
		{"key of another type", onMap(same, pipeline.Workers(2), pipeline.KeyedBy(func(s string) string { return s })),
			"stage map: its key function is func(string) string"},
		{"nil key function", onMap(same, pipeline.Workers(2), pipeline.KeyedBy[int, int](nil)), "stage map: its key function is nil"},
		{"no sink at once", func(_ P, f F) { pipeline.To(f, "sink", 0, drop) }, "stage sink: it has 0 sinks"},
		{"empty batch", func(_ P, f F) { pipeline.To(pipeline.Batch(f, "batch", 0, hour), "sink", 1, save) }, "stage batch: its size is 0"},
		{"negative wait", func(_ P, f F) { pipeline.To(pipeline.Batch(f, "batch", 1, -1), "sink", 1, save) }, "stage batch: its wait is -1ns"},
		{"no branch", func(_ P, f F) { pipeline.Broadcast(f, "broadcast", 0) }, "stage broadcast: it has 0 branches"},
		{"limit that is just enough", func(_ P, f F) { pipeline.To(pipeline.Batch(f, "batch", 25, hour), "sink", 2, save) }, ""},
		{"limit that is too low", func(_ P, f F) {
			f = pipeline.Map(pipeline.Broadcast(f, "broadcast", 1)[0], "map", same)
			pipeline.To(pipeline.Batch(f, "batch", 26, hour), "sink", 2, save)
		}, "stage sink: 2 at once with batches of 26 need 104 values in flight, but source source lets out only 100"},
		{"limit without a batch", func(_ P, f F) { pipeline.To(f, "sink", 1000, drop) }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			source := newLimited(1, 100)
			p := pipeline.New(pipeline.Options{})
			test.build(p, pipeline.From(p, "source", source))
			err := p.Run(t.Context())
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want %q in it", err, test.want)
			}
			if source.given > 0 {
				t.Error("it ran")
			}
		})
	}
}

func TestRunRefusesOptionsThatAreWrong(t *testing.T) {
	p := pipeline.New(pipeline.Options{Buffer: -1, Grace: -1})
	err := p.Run(t.Context())
	for _, want := range []string{"buffer is -1", "grace is -1ns", "no stage"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q in it", err, want)
		}
	}
}

func TestRunRunsOnce(t *testing.T) {
	source := newLedger(3)
	p := pipeline.New(pipeline.Options{})
	pipeline.To(pipeline.From(p, "source", source), "sink", 1, drop)
	if err := p.Run(t.Context()); err != nil {
		t.Error(err)
	}
	if err := p.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "Run was called before") {
		t.Errorf("got error %v the second time", err)
	}
	source.want(t, all(pipeline.Accepted))
	defer func() {
		if recover() == nil {
			t.Error("a stage could be added after Run")
		}
	}()
	pipeline.From(p, "late", source)
}
