package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/queue"
)

// A sample is what counts of a measurement.
type sample struct{ total, degraded time.Duration }

// nowhere is a queue that keeps nothing.
type nowhere struct{}

func (nowhere) Publish(context.Context, []queue.Message) error { return nil }

// measure lets a fresh heartbeat probe url rate times a second for d.
func measure(ctx context.Context, url, connection string, rate int, every, d time.Duration) ([]sample, error) {
	var mu sync.Mutex
	var list []sample
	var wrong *data.Error
	see := func(m *data.Measurement) {
		mu.Lock()
		defer mu.Unlock()
		if m.Error != nil && m.Error.Kind != data.ErrTimeout { // which a starved prober sees
			wrong = m.Error
		}
		list = append(list, sample{m.Phases.Total.D(), m.Degraded})
	}
	monitors := make([]data.Monitor, int(float64(rate)*every.Seconds()))
	for i := range monitors {
		monitors[i] = data.Monitor{
			ID: fmt.Sprintf("bench-%d", i), URL: url, Method: "GET", Schedule: data.Schedule{Every: data.Duration(every)},
			Timeout: data.Duration(every), Connection: connection,
		}
		monitors[i].Expect.Body.Matches = []string{"ok"}
	}
	h, err := heartbeat.New(ctx, heartbeat.Options{Location: "bench", Instance: "bench", Queue: nowhere{}, Observe: see}, monitors)
	if err != nil {
		return nil, err
	}
	span, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	if err := h.Run(span); err != nil {
		return nil, err
	}
	if wrong != nil {
		return nil, fmt.Errorf("a probe failed: %s: %s", wrong.Kind, wrong.Message)
	}
	return list, ctx.Err()
}

// normal is the median of the totals.
func normal(list []sample) time.Duration {
	if len(list) == 0 {
		return 0
	}
	totals := make([]time.Duration, len(list))
	for i, s := range list {
		totals[i] = s.total
	}
	slices.Sort(totals)
	return totals[len(totals)/2]
}

// A tally counts samples.
type tally struct{ all, off, marked, both int }

func (t *tally) add(list []sample, normal time.Duration) {
	for _, s := range list {
		off, marked := (s.total-normal).Abs() > margin, s.degraded > 0
		t.all++
		if off {
			t.off++
		}
		if marked {
			t.marked++
		}
		if off && marked {
			t.both++
		}
	}
}

// share is n of all in percent, or nothing.
func share(n, all int) string {
	if all == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(all))
}
