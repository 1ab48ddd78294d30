package pipeline_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/monitorink/monitorink/pipeline"
)

func TestMain(m *testing.M) {
	if stage := os.Getenv("PIPELINE_TEST_CRASH"); stage != "" {
		crash(stage)
		return
	}
	goleak.VerifyTestMain(m)
}

// A ledger is a source of the numbers below n that writes down how each of them ended.
type ledger struct {
	n      int
	before func(ctx context.Context, i int) error // called before i is given, if not nil

	mu       sync.Mutex // guards what follows
	given    int
	outcomes map[int]pipeline.Outcome
	faults   []string
	closed   bool
}

func newLedger(n int) *ledger {
	return &ledger{n: n, outcomes: map[int]pipeline.Outcome{}}
}

func (l *ledger) Next(ctx context.Context) (int, error) {
	if l.given == l.n {
		return -1, io.EOF
	}
	if l.before != nil {
		if err := l.before(ctx, l.given); err != nil {
			return -1, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.given++
	return l.given - 1, nil
}

func (l *ledger) Settle(v int, o pipeline.Outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fault := func(format string, args ...any) { l.faults = append(l.faults, fmt.Sprintf(format, args...)) }
	if v < 0 || v >= l.given {
		fault("%d was settled, but never given", v)
	}
	if before, ok := l.outcomes[v]; ok {
		fault("%d was settled twice: %v, then %v", v, before, o)
	}
	if l.closed {
		fault("%d was settled after Run had returned", v)
	}
	if (o.Verdict == pipeline.Accepted) != (o.Err == nil) {
		fault("%d was settled as %v with error %v", v, o.Verdict, o.Err)
	}
	l.outcomes[v] = o
}

// check closes the ledger after Run and reports whatever must not be in one. It returns how many ended in which way.
func (l *ledger) check(t testing.TB) map[pipeline.Verdict]int {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for _, fault := range l.faults {
		t.Error(fault)
	}
	counts := map[pipeline.Verdict]int{}
	for i := range l.given {
		o, ok := l.outcomes[i]
		if !ok {
			t.Errorf("%d was given, but is not settled", i)
		}
		counts[o.Verdict]++
	}
	return counts
}

// want reports values that did not end as verdict says.
func (l *ledger) want(t testing.TB, verdict func(i int) pipeline.Verdict) {
	t.Helper()
	l.check(t)
	for i := range l.given {
		if got, want := l.outcomes[i].Verdict, verdict(i); got != want {
			t.Errorf("%d: got %v, want %v", i, l.outcomes[i], want)
		}
	}
}

func all(v pipeline.Verdict) func(int) pipeline.Verdict {
	return func(int) pipeline.Verdict { return v }
}

// untilDone blocks until ctx is done, as a source does that has nothing to give.
func untilDone(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// a recorder is a sink that keeps what it sees.
type recorder[T any] struct {
	mu   sync.Mutex
	seen []T
}

func (r *recorder[T]) sink(_ context.Context, v T) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, v)
	return nil
}
