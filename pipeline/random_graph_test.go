package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/monitorink/monitorink/pipeline"
)

// dawdler returns a function that takes up to so many milliseconds, a different time for each value. Its context may
// end for one of the causes only.
func (w *world) dawdler(most int, causes ...error) func(ctx context.Context, v int) {
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
			cause := context.Cause(ctx)
			if !slices.ContainsFunc(causes, func(err error) bool { return errors.Is(cause, err) }) {
				w.complain("a context ended because of %v", cause)
			}
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
	name, work := w.name("map"), w.dawdler(5, errTest, pipeline.ErrGrace)
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
	name, work, n := w.name("sink"), w.dawdler(5, errTest, pipeline.ErrGrace), 1+w.rand.IntN(3)
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
	name, work, n := w.name("batch sink"), w.dawdler(9, errTest, pipeline.ErrGrace), 1+w.rand.IntN(3)
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
