//go:build integration

package kafka_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/kafka"
)

const rateEvents = 500_000

// BenchmarkConsume reads a backlog from a real broker as a pipeline does, and says
// how fast, and what the most memory was. With -benchtime 1x. (The Publisher's rate
// is bench/baseline/publisher's matter.)
func BenchmarkConsume(b *testing.B) {
	value, err := os.ReadFile("../../data/testdata/golden/measurement.json")
	if err != nil {
		b.Fatal(err)
	}
	o := realOptions(b, 12)
	p, err := kafka.NewPublisher(o)
	if err != nil {
		b.Fatal(err)
	}
	publishMany(b, p, bytes.TrimSpace(value))
	if err := p.Close(); err != nil {
		b.Fatal(err)
	}
	debug.FreeOSMemory()
	before := peakRSS()
	for b.Loop() {
		o.Group = fmt.Sprintf("rate-%d", time.Now().UnixNano())
		b.ReportMetric(readAll(b, o, rateEvents), "consumed/s")
	}
	b.ReportMetric(float64(before)/(1<<20), "MiB-before")
	b.ReportMetric(float64(peakRSS())/(1<<20), "MiB")
}

func keyOf(i int) string { return fmt.Sprintf("monitor-%d", i%1000) }

// varied has other digits: the golden event as it is would compress as no real ones do.
func varied(value []byte) []byte {
	v := bytes.Clone(value)
	for i, c := range v {
		if '0' <= c && c <= '9' && i > 24 {
			v[i] = byte('0' + rand.IntN(10))
		}
	}
	return v
}

func publishMany(b *testing.B, p *kafka.Publisher, value []byte) {
	var all sync.WaitGroup
	var at atomic.Int64
	for range 4 {
		all.Go(func() {
			batch := make([]queue.Message, 1000)
			for {
				from := int(at.Add(int64(len(batch)))) - len(batch)
				if from >= rateEvents {
					return
				}
				for i := range batch {
					batch[i] = queue.Message{Key: keyOf(from + i), Kind: data.KindMeasurement, Value: varied(value)}
				}
				if err := p.Publish(context.Background(), batch); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// readAll consumes as a pipeline does: batches of 5,000, settled by two savers.
func readAll(b *testing.B, o kafka.Options, n int) float64 {
	s, err := kafka.Subscribe(o, kafka.SubscribeOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	batches := make(chan []queue.Message, 1) // closed below
	var savers sync.WaitGroup
	for range 2 {
		savers.Go(func() {
			for batch := range batches {
				for _, m := range batch {
					s.Settle(m, queue.Outcome{Verdict: queue.Accepted})
				}
			}
		})
	}
	var began time.Time
	batch := make([]queue.Message, 0, 5000)
	for i := range n {
		m, err := s.Next(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if i == 0 {
			began = time.Now()
		}
		if batch = append(batch, m); len(batch) == cap(batch) {
			batches <- batch
			batch = make([]queue.Message, 0, 5000)
		}
	}
	took := time.Since(began)
	batches <- batch
	close(batches)
	savers.Wait()
	return float64(n) / took.Seconds()
}

// peakRSS is the most memory that the process has had, in bytes.
func peakRSS() int64 {
	b, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(b)) {
		var kb int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}
