package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
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
	abortedBy  string
	refusals   int
	complaints []string
}

// A randomSource gives its values at random times, and knows what each has to come to.
type randomSource struct {
	*ledger
	fate  fate
	limit int
}

func (s *randomSource) InFlightLimit() int { return s.limit }

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
		OnAbort:   func(stage string, _ error) { w.mu.Lock(); w.abortedBy = stage; w.mu.Unlock() },
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
	pace := w.dawdler(3)
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

// dawdler returns a function that takes up to so many milliseconds, a different time for each value.
func (w *world) dawdler(most int) func(ctx context.Context, v int) {
	if !w.slow || w.rand.IntN(2) == 0 {
		return func(context.Context, int) {}
	}
	salt, ignores := w.rand.Uint64(), w.rand.IntN(3) == 0
	if ignores {
		w.longest = max(w.longest, time.Duration(most)*time.Millisecond)
	}
	return func(ctx context.Context, v int) {
		d := time.Duration(mix(salt, v)%uint64(most+1)) * time.Millisecond
		if ignores {
			time.Sleep(d)
			return
		}
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
	}
}

// mix is a hash of both.
func mix(salt uint64, v int) uint64 {
	x := (salt ^ uint64(v)) * 0x9e3779b97f4a7c15
	x = (x ^ x>>29) * 0xbf58476d1ce4e5b9
	return x ^ x>>32
}

// decider returns a function that ends values in all ways, and what it comes to: the second function is false for a
// value that goes on.
func (w *world) decider() (decide func(v int) error, ends func(v int) (pipeline.Verdict, bool)) {
	salt, aborts := w.rand.Uint64(), w.abort && w.rand.IntN(4) == 0
	decide = func(v int) error {
		switch n := mix(salt, v) % 100; {
		case n < 5:
			return pipeline.ErrSkip
		case n < 12:
			return pipeline.Reject(fmt.Errorf("refused %d", v))
		case n < 14 && aborts:
			return fmt.Errorf("aborted at %d: %w", v, errTest)
		}
		return nil
	}
	ends = func(v int) (pipeline.Verdict, bool) {
		switch err := decide(v); {
		case err == nil:
			return 0, false
		case err == pipeline.ErrSkip:
			return pipeline.Accepted, true
		case errors.Is(err, errTest):
			return pipeline.Undecided, true
		}
		return pipeline.Refused, true
	}
	return decide, ends
}

// grow adds random stages behind f, up to its sinks, and returns what a value comes to from here on.
func (w *world) grow(f *pipeline.Flow[int], o order, depth int) fate {
	if depth == 0 {
		return w.sink(f, o)
	}
	switch w.rand.IntN(6) {
	case 0:
		fates := []fate{}
		for _, branch := range pipeline.Broadcast(f, w.name("broadcast"), 1+w.rand.IntN(3)) {
			fates = append(fates, w.grow(branch, o, depth-1))
		}
		return worst(fates)
	case 1:
		return w.batch(f, o)
	case 2:
		return w.sink(f, o)
	default:
		return w.mapping(f, o, depth)
	}
}

func worst(fates []fate) fate {
	return func(v int) pipeline.Verdict {
		verdict := pipeline.Accepted
		for _, fate := range fates {
			verdict = min(verdict, fate(v))
		}
		return verdict
	}
}

func (w *world) mapping(f *pipeline.Flow[int], o order, depth int) fate {
	name, work := w.name("map"), w.dawdler(5)
	decide, ends := w.decider()
	fn := func(ctx context.Context, v int) (int, error) {
		work(ctx, v)
		return v, decide(v)
	}
	if w.rand.IntN(3) == 0 { // the same in two parts, of which the second panics where the first refuses
		salt := w.rand.Uint64()
		fn = pipeline.Recover(pipeline.Then(fn, func(_ context.Context, v int) (int, error) {
			if mix(salt, v)%50 == 0 {
				panic(v)
			}
			return v, nil
		}))
		before := ends
		ends = func(v int) (pipeline.Verdict, bool) {
			if verdict, ended := before(v); ended {
				return verdict, true
			}
			return pipeline.Refused, mix(salt, v)%50 == 0
		}
	}
	var options []pipeline.MapOption
	n := 1 + w.rand.IntN(5)
	switch w.rand.IntN(3) {
	case 0:
		n = 1
	case 1:
		options = append(options, pipeline.Workers(n))
	case 2:
		options = append(options, pipeline.UpTo(n))
	}
	switch w.rand.IntN(3) {
	case 0:
		options = append(options, pipeline.Ordered())
	case 1:
		options = append(options, pipeline.KeyedBy(keyOf))
		if n > 1 {
			o = min(o, perKey)
		}
	default:
		if n > 1 {
			o = lost
		}
	}
	next := w.grow(pipeline.Map(f, name, fn, options...), o, depth-1)
	return func(v int) pipeline.Verdict {
		if verdict, ended := ends(v); ended {
			return verdict
		}
		return next(v)
	}
}

// complain notes a breach; a stage's goroutine must not fail the test itself.
func (w *world) complain(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.complaints = append(w.complaints, fmt.Sprintf(format, args...))
}

// inspector returns a function that complains about values that come twice, or out of order.
func (w *world) inspector(name string, o order) func(v int) {
	var mu sync.Mutex
	seen, last := map[int]bool{}, map[int]int{}
	return func(v int) {
		mu.Lock()
		defer mu.Unlock()
		if seen[v] {
			w.complain("%s: %d came twice", name, v)
		}
		seen[v] = true
		key := 0
		if o == perKey {
			key = keyOf(v)
		}
		if before, ok := last[key]; ok && before > v && o != lost {
			w.complain("%s: %d came after %d", name, v, before)
		}
		last[key] = v
	}
}

func (w *world) sink(f *pipeline.Flow[int], o order) fate {
	name, work, n := w.name("sink"), w.dawdler(5), 1+w.rand.IntN(3)
	decide, ends := w.decider()
	if n > 1 {
		o = lost
	}
	inspect := w.inspector(name, o)
	pipeline.To(f, name, n, func(ctx context.Context, v int) error {
		inspect(v)
		work(ctx, v)
		return decide(v)
	})
	return func(v int) pipeline.Verdict {
		if verdict, ended := ends(v); ended {
			return verdict
		}
		return pipeline.Accepted
	}
}

// batch ends the flow in batches, which may be mapped and broadcast before they are sunk.
func (w *world) batch(f *pipeline.Flow[int], o order) fate {
	size, wait := 1+w.rand.IntN(9), time.Duration(w.rand.IntN(4)*w.rand.IntN(10))*time.Millisecond
	batches := pipeline.Batch(f, w.name("batch"), size, wait)
	if w.rand.IntN(2) == 0 {
		batches = pipeline.Map(batches, w.name("reverse twice"), func(_ context.Context, vs []int) ([]int, error) {
			vs = slices.Clone(vs)
			slices.Reverse(vs)
			slices.Reverse(vs)
			return vs, nil
		}, pipeline.Workers(1+w.rand.IntN(2)), pipeline.Ordered())
	}
	if w.rand.IntN(2) == 0 {
		return w.batchSink(batches, o, size)
	}
	fates := []fate{}
	for _, branch := range pipeline.Broadcast(batches, w.name("broadcast"), 1+w.rand.IntN(3)) {
		fates = append(fates, w.batchSink(branch, o, size))
	}
	return worst(fates)
}

func (w *world) batchSink(f *pipeline.Flow[[]int], o order, size int) fate {
	name, work, n := w.name("batch sink"), w.dawdler(9), 1+w.rand.IntN(3)
	if n > 1 {
		o = lost
	}
	inspect := w.inspector(name, o)
	begin := func(ctx context.Context, vs []int) {
		if len(vs) == 0 || len(vs) > size {
			w.complain("%s: a batch of %d, want 1 to %d", name, len(vs), size)
		}
		for _, v := range vs {
			inspect(v)
		}
		work(ctx, vs[0])
	}
	if w.rand.IntN(4) == 0 {
		pipeline.To(f, name, n, func(ctx context.Context, vs []int) error { begin(ctx, vs); return nil })
		return all(pipeline.Accepted)
	}
	decide, ends := w.decider()
	pipeline.ToBatch(f, name, n, func(ctx context.Context, vs []int) (refused []pipeline.Refusal, err error) {
		begin(ctx, vs)
		for i, v := range vs {
			switch verdict, _ := ends(v); verdict {
			case pipeline.Refused:
				refused = append(refused, pipeline.Refusal{Index: i, Err: decide(v)})
			case pipeline.Undecided:
				if decide(v) != nil {
					err = decide(v)
				}
			}
		}
		return refused, err
	})
	return func(v int) pipeline.Verdict {
		if verdict, ended := ends(v); ended {
			return verdict
		}
		return pipeline.Accepted
	}
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
	switch {
	case err == nil:
		return "drained"
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
