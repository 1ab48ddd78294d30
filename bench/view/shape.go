package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/monitorink/monitorink/data"
)

// A shape makes measurements as they are in life: latency is log-normal about a median
// that each monitor has and each hour of the day moves, what is down is so for minutes,
// and once in a while an hour is not measured.
type shape struct{ seed uint64 }

func id(n int) string { return fmt.Sprintf("shop-%05d", n) }

func address(n int) string { return fmt.Sprintf("https://shop-%05d.example/health", n) }

const location, version = "ber1", "9f2c41d0"

func (s shape) random(n int, at time.Time) *rand.Rand {
	return rand.New(rand.NewPCG(s.seed^uint64(n)<<32, uint64(at.UnixMilli())))
}

func (s shape) registration(n int, from time.Time, every time.Duration) *data.Registration {
	return &data.Registration{
		Monitor: id(n), Location: location, Instance: "hb-0", Version: version, From: from, Schedule: data.Schedule{Every: data.Duration(every)},
		Timeout: 5 * time.Second, Method: "GET", URL: address(n), Labels: map[string]string{"team": fmt.Sprintf("team-%02d", n%20), "env": "prod"},
	}
}

// skips reports whether a monitor is not measured in the hour that at is in.
func (s shape) skips(n int, at time.Time) bool {
	return s.random(n, at.Truncate(time.Hour)).IntN(300) == 0
}

func (s shape) gap(n int, hour time.Time, every time.Duration) *data.Gap {
	return &data.Gap{
		Monitor: id(n), Location: location, Instance: "hb-0", Version: version, First: hour, Last: hour.Add(time.Hour - every),
		Slots: int64(time.Hour / every), Reason: data.Stopped,
	}
}

func (s shape) measurement(n int, at time.Time) *data.Measurement {
	r := s.random(n, at)
	late := time.Duration(r.IntN(10_000)) * time.Microsecond
	m := &data.Measurement{
		Monitor: id(n), Location: location, Instance: "hb-0", Version: version, Scheduled: at, Attempt: 1,
		State: data.Up, Started: at.Add(late), Late: late, Method: "GET", URL: address(n),
		HTTP: &data.HTTP{Status: 200, Protocol: "HTTP/1.1", Remote: "203.0.113.7:443", BodyBytes: int64(r.IntN(20_000))},
		TLS:  &data.TLS{Version: "TLS 1.3", Expires: time.Date(2027, 3, 2, 0, 0, 0, 0, time.UTC)},
	}
	m.Phases = s.phases(r, n, at)
	// Of a hundred periods of ten minutes one is down, and of a thousand other slots one.
	if s.random(n, at.Truncate(10*time.Minute)).IntN(100) == 0 || r.IntN(1000) == 0 {
		m.State, m.HTTP.Status = data.Down, 503
		m.Expectations = []data.Expectation{{Name: "status", Seen: "503"}}
		m.Error = &data.Error{Kind: data.ErrExpectation, Message: "the status is 503, and not 200-299"}
	}
	return m
}

func (s shape) phases(r *rand.Rand, n int, at time.Time) data.Phases {
	own := s.random(n, time.Time{}).NormFloat64() // of the monitor
	day := 1 + 0.3*math.Sin(2*math.Pi*float64(at.Hour())/24)
	draw := func(median time.Duration, sigma float64) time.Duration {
		f := day * math.Exp(0.5*own+sigma*r.NormFloat64())
		return min(max(time.Duration(float64(median)*f), time.Microsecond), 4*time.Second).Truncate(time.Microsecond)
	}
	dns, connect, tls := draw(800*time.Microsecond, 0.5), draw(9*time.Millisecond, 0.3), draw(14*time.Millisecond, 0.3)
	request, first, transfer := draw(40*time.Microsecond, 0.3), draw(80*time.Millisecond, 0.5), draw(3*time.Millisecond, 0.6)
	return data.Phases{
		DNS: data.SpanOf(dns), Connect: data.SpanOf(connect), TLS: data.SpanOf(tls), Request: data.SpanOf(request),
		FirstByte: data.SpanOf(first), Transfer: data.SpanOf(transfer),
		Total: data.SpanOf(dns + connect + tls + request + first + transfer),
	}
}
