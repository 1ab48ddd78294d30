package pipeline_test

import (
	"context"
	"io"
	"testing"

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

// hops is how many stages stand between source and sink where the cost of one of them is measured.
const hops = 8

func BenchmarkFIFOHop(b *testing.B) {
	b.ReportAllocs()
	p := pipeline.New(pipeline.Options{})
	f := pipeline.From(p, "source", &counter{end: b.N})
	for i := range hops {
		f = pipeline.Map(f, "hop "+string(rune('a'+i)), same)
	}
	pipeline.To(f, "sink", 1, drop)
	b.ResetTimer()
	if err := p.Run(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(hops+1), "ns/hop")
}

func BenchmarkSourceAckSink(b *testing.B) {
	b.ReportAllocs()
	p := pipeline.New(pipeline.Options{})
	source := &acknowledged{counter: counter{end: b.N}}
	pipeline.To(pipeline.From(p, "source", source), "sink", 1, drop)
	b.ResetTimer()
	if err := p.Run(b.Context()); err != nil {
		b.Fatal(err)
	}
	if source.settled != b.N {
		b.Fatalf("%d of %d values settled", source.settled, b.N)
	}
}
