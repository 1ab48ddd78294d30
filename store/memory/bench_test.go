package memory_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
)

// BenchmarkSave saves measurements in batches as a collector does: in order of
// time over so many monitors, or backwards, or again and again.
func BenchmarkSave(b *testing.B) {
	for _, c := range []struct {
		name     string
		monitors int
		step     time.Duration
	}{{"in order", 1000, time.Second}, {"backwards", 1000, -time.Second}, {"one monitor backwards", 1, -time.Second}, {"again", 1000, 0}, {"100000 monitors", 100_000, time.Second}} {
		b.Run(c.name, func(b *testing.B) {
			s := memory.New(memory.Options{})
			ids := make([]string, c.monitors)
			for i := range ids {
				ids[i] = fmt.Sprintf("monitor-%06d", i*7919%c.monitors)
			}
			at := time.Unix(1_790_000_000, 0).UTC()
			batch := make([]data.Event, 0, 1000)
			b.ReportAllocs()
			for i := range b.N {
				if i%c.monitors == 0 {
					at = at.Add(c.step)
				}
				if batch = append(batch, measurement(ids[i%c.monitors], at)); len(batch) == cap(batch) || i == b.N-1 {
					save(b, s, batch...)
					batch = batch[:0]
				}
			}
		})
	}
}

// full is a store of one monitor that holds n measurements and as many gaps as fit.
func full(b *testing.B, n int) *memory.Store {
	s := memory.New(memory.Options{})
	for i := range n {
		at := time.Unix(1_790_000_000+int64(i), 0).UTC()
		save(b, s, measurement("m", at), gap(at))
	}
	return s
}

func BenchmarkPage(b *testing.B) {
	s := full(b, 20_000)
	first, err := s.Measurements(b.Context(), store.Query{Monitor: "m", To: time.Unix(1_790_001_000, 0)})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Measurements(b.Context(), store.Query{Monitor: "m", After: first.Next}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSummary(b *testing.B) {
	s := full(b, 20_000)
	for b.Loop() {
		if _, err := s.Summary(b.Context(), store.Query{Monitor: "m"}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBytes says what a kept measurement takes.
func BenchmarkBytes(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := full(b, 20_000)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/20_000, "B/measurement")
		runtime.KeepAlive(s)
	}
}
