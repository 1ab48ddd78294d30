package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/pipeline"
)

// TestRandomGraphsKeepTheInvariants builds random graphs whose functions skip, refuse, panic, abort, dawdle and ignore
// their contexts, and ends them in random ways. Each value carries its fate with it: what it must come to is known
// before, whatever the graph does at once. So a value either ended as it had to, or it is undecided and Run says so.
//
// The run is told by PIPELINE_SEED and PIPELINE_GRAPHS; a failure prints what repeats it.
func TestRandomGraphsKeepTheInvariants(t *testing.T) {
	seed, graphs := uint64(time.Now().UnixNano()), 1000
	if s := os.Getenv("PIPELINE_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("PIPELINE_SEED: %v", err)
		}
	}
	if s := os.Getenv("PIPELINE_GRAPHS"); s != "" {
		var err error
		if graphs, err = strconv.Atoi(s); err != nil {
			t.Fatalf("PIPELINE_GRAPHS: %v", err)
		}
	}
	t.Logf("PIPELINE_SEED=%d", seed)
	endings := map[string]int{}
	for i := range uint64(graphs) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, rand.New(rand.NewPCG(seed, i)))
			endings[w.run()]++
		})
		if t.Failed() {
			t.Fatalf("graph %d of PIPELINE_SEED=%d", i, seed)
		}
	}
	t.Logf("endings: %v", endings)
	for _, ending := range []string{"drained", "aborted", "grace ran out"} {
		if graphs >= 1000 && endings[ending] < graphs/50 {
			t.Errorf("only %d of %d graphs %s: this tests too little", endings[ending], graphs, ending)
		}
	}
}

// A world is one random graph with what is known of it.
type world struct {
	t       *testing.T
	rand    *rand.Rand
	p       *pipeline.Pipeline
	sources []*randomSource
	stages  int
	slow    bool          // stages and sources take time
	longest time.Duration // that a function dawdles without regard to its context
	options pipeline.Options
	cancel  time.Duration // when ctx is done; 0 if never
	abort   bool          // some function aborts

	mu         sync.Mutex // guards what follows
	drained    time.Time
	aborts     int
	abortedBy  string
	aborted    time.Time
	refusals   int
	complaints []string
}

// A randomSource gives its values at random times, and knows what each has to come to.
type randomSource struct {
	*ledger
	fate fate
}

// A fate says how a value has to end, if nothing leaves it undecided.
type fate func(v int) pipeline.Verdict

// An order is what is known of the order of the values in a flow.
type order int

const (
	lost   order = iota
	perKey       // values of one key are in order
	total
)

const keys = 5

func keyOf(v int) int { return v % keys }

func newWorld(t *testing.T, r *rand.Rand) *world {
	w := &world{t: t, rand: r, slow: r.IntN(4) > 0, abort: r.IntN(3) == 0}
	w.options.Buffer = r.IntN(6)
	if w.slow && r.IntN(2) == 0 {
		w.options.Grace = time.Duration(1+r.IntN(60)) * time.Millisecond
	}
	if w.slow && r.IntN(2) == 0 {
		w.cancel = time.Duration(1+r.IntN(100)) * time.Millisecond
	}
	w.options.Hooks = pipeline.Hooks{
		OnRefused: func(string, error) { w.mu.Lock(); w.refusals++; w.mu.Unlock() },
		OnDrain:   func(error) { w.mu.Lock(); w.drained = time.Now(); w.mu.Unlock() },
		OnAbort: func(stage string, _ error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.aborts, w.abortedBy, w.aborted = w.aborts+1, stage, time.Now()
		},
	}
	w.p = pipeline.New(w.options)
	for range 1 + r.IntN(2) {
		w.addSource()
	}
	return w
}

func (w *world) name(kind string) string {
	w.stages++
	return fmt.Sprintf("%s-%d", kind, w.stages)
}

func (w *world) addSource() {
	s := &randomSource{ledger: newLedger(w.rand.IntN(120))}
	pace := w.dawdler(3, errTest, pipeline.ErrGrace, context.DeadlineExceeded)
	fails, endless := -1, w.cancel > 0 && w.rand.IntN(2) == 0
	if w.abort && w.rand.IntN(3) == 0 && s.n > 0 {
		fails = w.rand.IntN(s.n)
	}
	if endless {
		s.n++ // the last one never comes
	}
	s.before = func(ctx context.Context, i int) error {
		pace(ctx, i)
		switch {
		case i == fails:
			return errTest
		case endless && i == s.n-1:
			return untilDone(ctx)
		}
		return nil
	}
	w.sources = append(w.sources, s)
	f := pipeline.From(w.p, w.name("source"), s)
	s.fate = w.grow(f, total, 1+w.rand.IntN(4))
}

// run runs the graph, reports each breach of the invariants, and returns how it ended.
func (w *world) run() (ending string) {
	ctx := w.t.Context()
	if w.cancel > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, w.cancel)
		defer cancel()
	}
	stop := make(chan struct{})
	go func() { // reads statistics while the graph runs, for the race detector; ends after Run
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				w.p.Stats()
			}
		}
	}()
	err := w.p.Run(ctx)
	close(stop)
	ended := time.Now()

	undecided := w.checkFates(err)
	w.checkStats()
	for _, complaint := range w.complaints {
		w.t.Error(complaint)
	}
	if end := w.drained.Add(w.options.Grace + w.longest); !w.drained.IsZero() && w.options.Grace > 0 && ended.After(end) {
		w.t.Errorf("the drain took %v with a grace of %v and functions that ignore it for %v",
			ended.Sub(w.drained), w.options.Grace, w.longest)
	}
	if !w.aborted.IsZero() && ended.After(w.aborted.Add(w.longest)) {
		w.t.Errorf("the abort took %v with functions that ignore their contexts for %v", ended.Sub(w.aborted), w.longest)
	}
	if w.aborts > 1 {
		w.t.Errorf("OnAbort was called %d times", w.aborts)
	}
	switch {
	case err == nil:
		return "drained"
	case undecided == 0 && strings.Contains(err.Error(), "when told to stop: "+errTest.Error()):
		return "drained, and a source complained"
	case !strings.Contains(err.Error(), fmt.Sprintf("left undecided: %d)", undecided)):
		w.t.Errorf("%d values are undecided, but Run says: %v", undecided, err)
	case errors.Is(err, pipeline.ErrGrace):
		return "grace ran out"
	case !errors.Is(err, errTest) || !strings.HasPrefix(err.Error(), "stage "+w.abortedBy+": "):
		w.t.Errorf("stage %q aborted, but Run says: %v", w.abortedBy, err)
	}
	return "aborted"
}

// checkFates reports each value that ended otherwise than it had to, and returns how many are undecided.
func (w *world) checkFates(err error) (undecided int) {
	for i, s := range w.sources {
		undecided += s.check(w.t)[pipeline.Undecided]
		for v := range s.given {
			got, want := s.outcomes[v], s.fate(v)
			if got.Verdict != want && (err == nil || got.Verdict != pipeline.Undecided) {
				w.t.Errorf("source %d: %d ended as %v, want %v", i, v, got, want)
			}
		}
		if err == nil && w.cancel == 0 && s.given != s.n {
			w.t.Errorf("source %d gave %d values, want %d", i, s.given, s.n)
		}
	}
	if err == nil && undecided > 0 {
		w.t.Errorf("Run returned nil with %d values undecided", undecided)
	}
	if errors.Is(err, pipeline.ErrGrace) && undecided == 0 {
		w.t.Errorf("nothing is undecided, but Run says: %v", err)
	}
	if err != nil && !w.abort && w.options.Grace == 0 {
		w.t.Errorf("nothing could go wrong, but Run says: %v", err)
	}
	return undecided
}

// checkStats reports counts that do not add up after Run.
func (w *world) checkStats() {
	refusals := 0
	for _, s := range w.p.Stats() {
		kind, _, _ := strings.Cut(s.Stage, "-")
		ended := s.Accepted + s.Skipped + s.Refused + s.Undecided
		switch {
		case s.Workers != 0 || s.Queued != 0:
			w.t.Errorf("something goes on after Run: %+v", s)
		case kind == "source" && (s.In != s.Out || s.In != ended):
			w.t.Errorf("a source lost something: %+v", s)
		case kind != "source" && kind != "batch" && kind != "broadcast" && s.In != s.Out+ended:
			w.t.Errorf("a stage lost something: %+v", s)
		}
		if kind != "source" {
			refusals += int(s.Refused)
		}
	}
	if refusals != w.refusals {
		w.t.Errorf("OnRefused was called %d times for %d refusals", w.refusals, refusals)
	}
}
