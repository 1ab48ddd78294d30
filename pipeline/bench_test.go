package pipeline_test

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/monitorink/monitorink/pipeline"
)

// A counter gives the numbers below end, and does not want to know what became of them.
type counter struct{ next, end int }

func (c *counter) Next(context.Context) (int, error) {
	if c.next == c.end {
		return 0, io.EOF
	}
	c.next++
	return c.next - 1, nil
}

// An acknowledged counter is told.
type acknowledged struct {
	counter
	settled int // by one sink only
}

func (a *acknowledged) Settle(int, pipeline.Outcome) { a.settled++ }

func same(_ context.Context, v int) (int, error) { return v, nil }
func drop(context.Context, int) error            { return nil }

// perHop reports the time for each channel that a value has passed.
func perHop(b *testing.B, hops int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(hops), "ns/hop")
}

// run runs p with the clock on.
func run(b *testing.B, p *pipeline.Pipeline) {
	b.Helper()
	b.ResetTimer()
	if err := p.Run(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
}

func BenchmarkFIFOHop(b *testing.B) {
	for _, stages := range []int{1, 3, 8} {
		b.Run(fmt.Sprintf("stages=%d", stages), func(b *testing.B) {
			b.ReportAllocs()
			p := pipeline.New(pipeline.Options{})
			f := pipeline.From(p, "source", &counter{end: b.N})
			for i := range stages {
				f = pipeline.Map(f, fmt.Sprint("hop ", i), same)
			}
			pipeline.To(f, "sink", 1, drop)
			run(b, p)
			perHop(b, stages+1)
		})
	}
}

// BenchmarkClassicStage is the stage that BenchmarkFIFOHop stands beside: a channel of interface values without a
// buffer, as chapter 7 of Hands-On Software Engineering with Golang has it, or with the buffer that is our default, and
// a select round each receive and each send.
func BenchmarkClassicStage(b *testing.B) {
	for _, buffer := range []int{0, 64} {
		for _, stages := range []int{1, 3, 8} {
			b.Run(fmt.Sprintf("buffer=%d/stages=%d", buffer, stages), func(b *testing.B) {
				b.ReportAllocs()
				classic(b, buffer, stages)
				perHop(b, stages+1)
			})
		}
	}
}

func classic(b *testing.B, buffer, stages int) {
	ctx := b.Context()
	source := make(chan any, buffer) // closed by its only sender, as each channel here
	go func() {                      // the range below waits for it, and for all stages
		defer close(source)
		for i := range b.N {
			select {
			case source <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	in := source
	for range stages {
		out := make(chan any, buffer)
		go classicStage(ctx, in, out)
		in = out
	}
	n := 0
	for {
		select {
		case _, ok := <-in:
			if !ok {
				if n != b.N {
					b.Fatalf("%d of %d values came through", n, b.N)
				}
				return
			}
			n++
		case <-ctx.Done():
			return
		}
	}
}

func classicStage(ctx context.Context, in <-chan any, out chan<- any) {
	defer close(out)
	for {
		select {
		case v, ok := <-in:
			if !ok {
				return
			}
			select {
			case out <- v:
			case <-ctx.Done():
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func BenchmarkSourceAckSink(b *testing.B) {
	b.ReportAllocs()
	p := pipeline.New(pipeline.Options{})
	source := &acknowledged{counter: counter{end: b.N}}
	pipeline.To(pipeline.From(p, "source", source), "sink", 1, drop)
	run(b, p)
	if source.settled != b.N {
		b.Fatalf("%d of %d values settled", source.settled, b.N)
	}
}

// BenchmarkAckBatch has each value acknowledged through a batch.
func BenchmarkAckBatch(b *testing.B) {
	b.ReportAllocs()
	p := pipeline.New(pipeline.Options{})
	source := &acknowledged{counter: counter{end: b.N}}
	f := pipeline.Batch(pipeline.From(p, "source", source), "batch", 1000, 100*time.Millisecond)
	pipeline.ToBatch(f, "sink", 1, func(context.Context, []int) ([]pipeline.Refusal, error) { return nil, nil })
	run(b, p)
	if source.settled != b.N {
		b.Fatalf("%d of %d values settled", source.settled, b.N)
	}
}

// BenchmarkAckBroadcast has each value acknowledged by two branches.
func BenchmarkAckBroadcast(b *testing.B) {
	b.ReportAllocs()
	p := pipeline.New(pipeline.Options{})
	branches := pipeline.Broadcast(pipeline.From(p, "source", &counter{end: b.N}), "broadcast", 2)
	pipeline.To(branches[0], "one", 1, drop)
	pipeline.To(branches[1], "two", 1, drop)
	run(b, p)
}

// BenchmarkPool compares the pools, with functions that do nothing: this is what the engine costs by itself.
func BenchmarkPool(b *testing.B) {
	key := pipeline.KeyedBy(func(v int) int { return v & 63 })
	for _, pool := range []struct {
		name    string
		options []pipeline.MapOption
	}{
		{"fixed", []pipeline.MapOption{pipeline.Workers(4)}},
		{"dynamic", []pipeline.MapOption{pipeline.UpTo(4)}},
		{"ordered", []pipeline.MapOption{pipeline.Workers(4), pipeline.Ordered()}},
		{"keyed", []pipeline.MapOption{pipeline.Workers(4), key}},
	} {
		b.Run(pool.name, func(b *testing.B) {
			b.ReportAllocs()
			p := pipeline.New(pipeline.Options{})
			f := pipeline.Map(pipeline.From(p, "source", &counter{end: b.N}), "pool", same, pool.options...)
			pipeline.To(f, "sink", 1, drop)
			run(b, p)
		})
	}
}

// BenchmarkSlices has slices as values, from a source to an acknowledgement: b.N counts the elements.
func BenchmarkSlices(b *testing.B) {
	b.ReportAllocs()
	const size = 100
	elements := make([]int, size)
	given, sum := 0, 0
	p := pipeline.New(pipeline.Options{})
	f := pipeline.From(p, "source", pipeline.SourceFunc[[]int](func(context.Context) ([]int, error) {
		if given >= b.N {
			return nil, io.EOF
		}
		given += size
		return elements, nil
	}))
	f = pipeline.Map(f, "hop", func(_ context.Context, vs []int) ([]int, error) { return vs, nil })
	pipeline.To(f, "sink", 1, func(_ context.Context, vs []int) error {
		for _, v := range vs {
			sum += v
		}
		return nil
	})
	run(b, p)
}
