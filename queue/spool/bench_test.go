package spool_test

import (
	"bytes"
	"flag"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/spool"
)

func records(n int) []queue.Message {
	all := make([]queue.Message, n)
	for i := range all {
		all[i] = queue.Message{Key: fmt.Sprintf("monitor-%04d", i), Kind: data.KindMeasurement, Value: bytes.Repeat([]byte("x"), 400)}
	}
	return all
}

// BenchmarkPublish: records of 400 B in batches of 500, each fsynced; an
// operation is a record. Two publishers, as heartbeat has them.
func BenchmarkPublish(b *testing.B) {
	s, _ := mustOpen(b, spool.Options{Dir: b.TempDir(), Size: 16 << 30})
	batch := records(500)
	b.SetBytes(400)
	b.ReportAllocs()
	b.ResetTimer()
	var all sync.WaitGroup // waited for below
	for w := range 2 {
		all.Go(func() {
			for i := w * 500; i < b.N; i += 1000 {
				publish(b, s, batch...)
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkThrough: the same, and a subscriber that accepts each.
func BenchmarkThrough(b *testing.B) {
	s, _ := mustOpen(b, spool.Options{Dir: b.TempDir(), Size: 16 << 30})
	sub, err := s.Subscribe()
	if err != nil {
		b.Fatal(err)
	}
	batch := records(500)
	b.SetBytes(400)
	b.ReportAllocs()
	b.ResetTimer()
	var all sync.WaitGroup // waited for below
	all.Go(func() {
		for i := 0; i < b.N; i += 500 {
			publish(b, s, batch...)
		}
	})
	for range b.N {
		m, err := sub.Next(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		sub.Settle(m, queue.Outcome{Verdict: queue.Accepted})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkSteady: 1,000 records a second for five seconds, in batches of 50 ms,
// with a subscriber; it reports the share of one core.
func BenchmarkSteady(b *testing.B) {
	s, _ := mustOpen(b, spool.Options{Dir: b.TempDir()})
	sub, err := s.Subscribe()
	if err != nil {
		b.Fatal(err)
	}
	go func() { // ends with b's context
		for {
			m, err := sub.Next(b.Context())
			if err != nil {
				return
			}
			sub.Settle(m, queue.Outcome{Verdict: queue.Accepted})
		}
	}()
	batch := records(50)
	for b.Loop() {
		before, start := cpu(b), time.Now()
		tick := time.NewTicker(50 * time.Millisecond)
		for i := range 100 {
			<-tick.C
			publish(b, s, batch...)
			if i%20 == 0 {
				if err := s.Checkpoint(b.Context(), time.Now()); err != nil {
					b.Fatal(err)
				}
			}
		}
		tick.Stop()
		b.ReportMetric(100*(cpu(b)-before).Seconds()/time.Since(start).Seconds(), "%core")
	}
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

var megabytes = flag.Int("megabytes", 128, "how much BenchmarkRecovery recovers")

// BenchmarkRecovery: Open, which it reports apart, and Replay of what nobody has
// settled. For a gigabyte: go test -bench Recovery -megabytes 1024.
func BenchmarkRecovery(b *testing.B) {
	mb := *megabytes
	o := spool.Options{Dir: b.TempDir(), Size: int64(mb+8) << 20}
	s, _, err := spool.Open(o)
	if err != nil {
		b.Fatal(err)
	}
	batch := records(5000)
	for s.Stats().Bytes < int64(mb)<<20 {
		publish(b, s, batch...)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(mb) << 20)
	for b.Loop() {
		start := time.Now()
		s, found, err := spool.Open(o)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(start).Seconds(), "open-s")
		n := int64(0)
		if err := s.Replay(func(queue.Message) error { n++; return nil }); err != nil || n != found.Records {
			b.Fatalf("replayed %d of %d: %v", n, found.Records, err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
