package collector_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/collector"
	"github.com/monitorink/monitorink/queue"
	qmemory "github.com/monitorink/monitorink/queue/memory"
	"github.com/monitorink/monitorink/store"
)

// nowhere keeps nothing.
type nowhere struct{}

func (nowhere) Save(context.Context, []data.Event) ([]store.Refusal, error) { return nil, nil }

// An iteration is one measurement on its way from a queue in memory to a store
// that keeps nothing: what the collector costs itself.
func BenchmarkCollector(b *testing.B) {
	const distinct = 10_000
	messages := make([]queue.Message, distinct)
	for i := range messages {
		m, err := queue.Encode(plain(i))
		if err != nil {
			b.Fatal(err)
		}
		messages[i] = m
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(messages[0].Value)))
	q := qmemory.New(qmemory.Options{Capacity: b.N})
	for n := 0; n < b.N; n += distinct {
		if err := q.Publish(b.Context(), messages[:min(distinct, b.N-n)]); err != nil {
			b.Fatal(err)
		}
	}
	q.Finish()
	sub, err := q.Subscribe()
	if err != nil {
		b.Fatal(err)
	}
	c := collector.New(collector.Options{Subscription: sub, Store: nowhere{}})
	b.ResetTimer()
	if err := c.Run(b.Context()); err != nil {
		b.Fatal(err)
	}
	if n := c.Stats().Saved[data.KindMeasurement]; n != int64(b.N) {
		b.Fatalf("%d are saved, want %d", n, b.N)
	}
}

func plain(i int) *data.Measurement {
	at := time.UnixMilli(1_800_000_000_000 + int64(i)).UTC()
	return &data.Measurement{
		Monitor: fmt.Sprintf("shop-%d", i), Location: "ber1", Instance: "hb-0", Version: fmt.Sprintf("%08x", i), Scheduled: at, Attempt: 1, State: data.Up,
		Started: at.Add(1004 * time.Microsecond), Late: 1004 * time.Microsecond, Method: "GET", URL: fmt.Sprintf("https://shop-%d.example/health", i),
		HTTP: &data.HTTP{Status: 200, Protocol: "HTTP/2.0", Remote: "203.0.113.7:443", BodyBytes: 18220},
		TLS:  &data.TLS{Version: "TLS 1.3", Expires: at.Add(1000 * time.Hour).Truncate(time.Second)},
		Phases: data.Phases{
			DNS: 813, Connect: 9121, TLS: 14033, Request: 42, FirstByte: 88211, Transfer: 3022, Total: 115237,
		},
	}
}
