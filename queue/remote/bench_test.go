package remote_test

import (
	"testing"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/remote"
)

// BenchmarkLoopback moves messages of 400 bytes from Publish to Settle, all in
// one process.
func BenchmarkLoopback(b *testing.B) {
	p := serve(b, remote.ServerOptions{})
	s := dial(b, remote.Options{URL: p.url})
	batch := make([]queue.Message, 500)
	for i := range batch {
		batch[i] = queue.Message{Key: "shop", Kind: data.KindMeasurement, Value: make([]byte, 400)}
	}
	go func() { // ends with b's context
		for p.Queue.Publish(b.Context(), batch) == nil {
		}
	}()
	next(b, s)
	b.ReportAllocs()
	for b.Loop() {
		m, err := s.Next(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		s.Settle(m, accepted)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
