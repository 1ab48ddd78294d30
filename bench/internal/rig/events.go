package rig

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
)

// A Load describes the measurements of a run. The same Load gives the same
// measurements.
type Load struct {
	Monitors int
	Slots    int // of each monitor
	Every    time.Duration
	From     time.Time // the first slot lies in the interval that begins here
	Down     int       // of a hundred measurements, as in the documentation: down, with an expectation and an error
	Seed     uint64
}

// Len is how many measurements there are.
func (l Load) Len() int { return l.Monitors * l.Slots }

// Message returns measurement i as it is published. They come slot by slot, all
// monitors in each, as from a heartbeat.
func (l Load) Message(i int) (queue.Message, error) {
	return queue.Encode(l.Measurement(i))
}

// Measurement returns measurement i.
func (l Load) Measurement(i int) *data.Measurement {
	r := rand.New(rand.NewPCG(l.Seed, uint64(i)))
	monitor, slot := i%l.Monitors, i/l.Monitors
	phase := l.Every * time.Duration(monitor) / time.Duration(l.Monitors)
	scheduled := data.Millis(l.From.Add(phase + time.Duration(slot)*l.Every))
	late := time.Duration(r.IntN(10_000)) * time.Microsecond
	m := &data.Measurement{
		Monitor: fmt.Sprintf("shop-%05d", monitor), Location: "ber1", Instance: "hb-0", Version: "9f2c41d0",
		Scheduled: scheduled, Attempt: 1,
		State: data.Up, Started: scheduled.Add(late), Late: late,
		Method: "GET", URL: fmt.Sprintf("https://shop-%05d.example/health", monitor),
		HTTP:   &data.HTTP{Status: 200, Protocol: "HTTP/1.1", Remote: "203.0.113.7:443", BodyBytes: int64(r.IntN(20_000))},
		TLS:    &data.TLS{Version: "TLS 1.3", Expires: time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)},
		Phases: phases(r),
	}
	if r.IntN(100) < l.Down {
		m.State = data.Down
		m.HTTP.Redirects = 1
		m.Expectations = []data.Expectation{{Name: "body.matches", Seen: `…"status":"broken"…`}}
		m.Error = &data.Error{Kind: data.ErrExpectation, Message: "body does not match …"}
	}
	return m
}

func phases(r *rand.Rand) data.Phases {
	us := func(most int) time.Duration { return time.Duration(1+r.IntN(most)) * time.Microsecond }
	dns, connect, tls, request, first, transfer := us(2000), us(20_000), us(30_000), us(100), us(150_000), us(5000)
	return data.Phases{
		DNS: data.SpanOf(dns), Connect: data.SpanOf(connect), TLS: data.SpanOf(tls), Request: data.SpanOf(request),
		FirstByte: data.SpanOf(first), Transfer: data.SpanOf(transfer),
		Total: data.SpanOf(dns + connect + tls + request + first + transfer),
	}
}
