package pipeline_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/pipeline"
)

func TestRecoverRefusesTheValueWithTheStack(t *testing.T) {
	source := newLedger(10)
	p := pipeline.New(pipeline.Options{})
	f := pipeline.From(p, "source", source)
	f = pipeline.Map(f, "divide", pipeline.Recover(func(_ context.Context, v int) (int, error) { return 10 / (v % 4), nil }))
	pipeline.To(f, "sink", 1, drop)
	if err := p.Run(t.Context()); err != nil {
		t.Error(err)
	}
	source.want(t, func(i int) pipeline.Verdict {
		if i%4 == 0 {
			return pipeline.Refused
		}
		return pipeline.Accepted
	})
	e, ok := source.outcomes[4].Err.(*pipeline.PanicError)
	if !ok {
		t.Fatalf("got reason %v, want a *PanicError", source.outcomes[4].Err)
	}
	var runtimeError runtime.Error
	if !errors.As(e, &runtimeError) || !strings.Contains(e.Error(), "divide by zero") {
		t.Errorf("got %v, want it to wrap the division by zero", e)
	}
	if !strings.Contains(string(e.Stack), "TestRecoverRefusesTheValueWithTheStack") {
		t.Errorf("the stack does not name the function that panicked:\n%s", e.Stack)
	}
}

func TestRecoverPassesOnWhatTheFunctionReturns(t *testing.T) {
	for _, want := range []error{nil, pipeline.ErrSkip, errTest} {
		v, err := pipeline.Recover(func(context.Context, int) (int, error) { return 7, want })(t.Context(), 1)
		if v != 7 || err != want {
			t.Errorf("got %d, %v; want 7, %v", v, err, want)
		}
	}
}

// crash runs a pipeline whose stage of that name does not return. It is what TestPanicCrashes runs in its own process.
func crash(stage string) {
	fail := func(name string) {
		switch {
		case name != stage:
		case name == "exits":
			runtime.Goexit()
		default:
			panic("the value is at fault")
		}
	}
	p := pipeline.New(pipeline.Options{})
	f := pipeline.From(p, "source", pipeline.SourceFunc[int](func(context.Context) (int, error) { fail("source"); return 1, nil }))
	f = pipeline.Map(f, "exits", func(_ context.Context, v int) (int, error) { fail("exits"); return v, nil })
	f = pipeline.Map(f, "map", func(_ context.Context, v int) (int, error) { fail("map"); return v, nil })
	f = pipeline.Map(f, "key", same, pipeline.Workers(2), pipeline.KeyedBy(func(v int) int { fail("key"); return v }))
	pipeline.To(f, "sink", 1, func(context.Context, int) error { fail("sink"); return nil })
	if err := p.Run(context.Background()); err != nil {
		panic(err)
	}
}

func TestPanicCrashesWithTheNameOfTheStage(t *testing.T) {
	for _, stage := range []string{"source", "exits", "map", "key", "sink"} {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), "PIPELINE_TEST_CRASH="+stage)
			output, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 2 {
				t.Fatalf("got %v, want exit code 2; output:\n%s", err, output)
			}
			wanted := []string{"stage " + stage + ":", "pipeline_test.crash"}
			if stage != "exits" {
				wanted = append(wanted, "the value is at fault")
			}
			for _, want := range wanted {
				if !strings.Contains(string(output), want) {
					t.Errorf("the crash does not say %q:\n%s", want, output)
				}
			}
		})
	}
}
