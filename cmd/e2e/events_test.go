//go:build integration

package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
)

// measurement is number i of a crowd of monitors, one of which is measured every
// second from first on.
func measurement(i, monitors int, first time.Time) *data.Measurement {
	at := data.Millis(first).Add(time.Duration(i/monitors) * time.Second)
	m := &data.Measurement{
		Monitor: fmt.Sprintf("m%03d", i%monitors), Location: "here", Instance: "test", Version: "9f2c41d0",
		Scheduled: at, Attempt: 1, State: data.Up, Started: at.Add(time.Duration(i%1000) * time.Microsecond), Late: time.Duration(i%1000) * time.Microsecond,
		Method: "GET", URL: "http://target.example/",
		HTTP:   &data.HTTP{Status: 200, Protocol: "HTTP/1.1", Remote: "203.0.113.7:80", BodyBytes: int64(i)},
		Phases: data.Phases{FirstByte: data.SpanOf(time.Millisecond), Total: data.SpanOf(time.Millisecond)},
	}
	if i%10 == 7 {
		m.State, m.HTTP, m.Error = data.Down, nil, &data.Error{Kind: data.ErrTimeout, Phase: "connect", Message: fmt.Sprintf("no answer to %d", i)}
	}
	return m
}

func measurements(n, monitors int, first time.Time) []data.Event {
	all := make([]data.Event, n)
	for i := range all {
		all[i] = measurement(i, monitors, first)
	}
	return all
}

// mixture is n measurements among gaps and registrations, in any order, a tenth of
// all twice, with contents that differ: what stays is decided by the join.
func mixture(rng *rand.Rand, n int, first time.Time) []data.Event {
	const monitors = 50
	all := measurements(n, monitors, first)
	for i := range n / 100 {
		at := data.Millis(first).Add(time.Duration(i) * time.Second)
		reasons := data.Reasons()
		all = append(all, &data.Gap{
			Monitor: fmt.Sprintf("m%03d", i%monitors), Location: "here", Instance: "test", Version: "9f2c41d0",
			First: at, Last: at.Add(9 * time.Second), Slots: 10, Reason: reasons[i%len(reasons)],
		}, &data.Registration{
			Monitor: fmt.Sprintf("m%03d", i%monitors), Location: "here", Instance: "test", Version: "9f2c41d0", From: at,
			Schedule: data.Schedule{Every: data.Duration(time.Second)}, Timeout: time.Second, Method: "GET", URL: "http://target.example/",
		})
	}
	for range len(all) / 10 {
		switch e := all[rng.IntN(len(all))].(type) {
		case *data.Measurement:
			other := *e
			other.Started, other.Instance = e.Started.Add(time.Duration(rng.IntN(2000)-1000)*time.Microsecond), "other"
			if other.Late = other.Started.Sub(e.Scheduled); other.Late < 0 {
				other.Started, other.Late = e.Scheduled, 0
			}
			all = append(all, &other)
		case *data.Gap:
			other := *e
			other.Instance, other.Slots = "other", 1+int64(rng.IntN(20))
			all = append(all, &other)
		case *data.Registration:
			other := *e
			other.Instance, other.Timeout = "other", time.Duration(1+rng.IntN(900))*time.Millisecond
			all = append(all, &other)
		}
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// joined is what has to be kept of events, encoded, by what each is about.
func joined(t *testing.T, events []data.Event) map[string]string {
	t.Helper()
	stays := map[string]data.Event{}
	for _, e := range events {
		about := e.Key()
		switch e := e.(type) {
		case *data.Measurement:
			about += fmt.Sprint(" ", e.Scheduled, e.Attempt)
		case *data.Gap:
			about += fmt.Sprint(" ", e.First, e.Last, e.Reason)
		case *data.Registration:
			about += fmt.Sprint(" ", e.From)
		}
		if before := stays[about]; before != nil {
			e = data.Join(before, e)
		}
		stays[about] = e
	}
	all := map[string]string{}
	for about, e := range stays {
		b, err := data.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		all[about] = string(b)
	}
	return all
}
