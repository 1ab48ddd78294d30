package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store/memory"
)

// A world makes up monitors: most are up, some slow, some down, some not observed.
type world struct {
	random   *rand.Rand
	monitors int
	odd      bool
}

var (
	services  = []string{"shop", "checkout", "search", "login", "images", "mail", "reports", "billing", "docs", "status"}
	teams     = []string{"web", "payments", "platform", "data", "identity"}
	locations = []string{"ber1", "nyc1"}
)

func (w *world) name(i int) string {
	switch {
	case !w.odd:
	case i == 3:
		return `<script>ran = 1</script>`
	case i == 5:
		return "a/b?c=d#e 50%"
	case i == 7:
		return "🙂 日本"
	}
	return fmt.Sprintf("%s-%d", services[i%len(services)], i/len(services))
}

const every = 30 * time.Second

func (w *world) registration(i int, from time.Time) *data.Registration {
	r := &data.Registration{
		Monitor: w.name(i), Location: w.location(i), Instance: "hb", Version: "v1", From: from.Truncate(time.Millisecond), Schedule: data.Schedule{Every: data.Duration(every)},
		Timeout: 5 * time.Second, Method: "GET", URL: fmt.Sprintf("https://%s.example/health/%d", services[i%len(services)], i),
		Labels: map[string]string{"team": teams[i%len(teams)], "tier": fmt.Sprint(i % 3)}, Paused: i%41 == 40,
	}
	if i == 3 && w.odd {
		r.Labels["team"] = `<img src=x onerror="ran=1">`
	}
	return r
}

func (w *world) location(i int) string { return locations[i/(len(services)*5)%len(locations)] }

// down says whether a monitor is down at the moment.
func down(i int) bool { return i%23 == 4 }

func (w *world) measurement(i int, at time.Time) *data.Measurement {
	at = at.Truncate(time.Millisecond)
	took := time.Duration(float64(20+i%7*30)*(0.7+0.6*w.random.Float64())) * time.Millisecond
	if i%17 == 6 {
		took *= 12
	}
	if w.busy(i) {
		hour := at.Sub(at.Truncate(24 * time.Hour)).Hours()
		took = time.Duration(float64(took) * (1 + 0.4*math.Sin((hour-9)/12*math.Pi) + 4*math.Pow(w.random.Float64(), 25)))
	}
	m := &data.Measurement{
		Monitor: w.name(i), Location: w.location(i), Instance: "hb", Version: "v1", Scheduled: at, Attempt: 1, State: data.Up, Started: at.Add(300 * time.Microsecond),
		Method: "GET", URL: fmt.Sprintf("https://%s.example/health/%d", services[i%len(services)], i),
		HTTP: &data.HTTP{Status: 200, Protocol: "HTTP/2.0", Remote: "203.0.113.7:443", BodyBytes: 18220},
		TLS:  &data.TLS{Version: "TLS 1.3", Expires: at.Add(40 * 24 * time.Hour).Truncate(time.Second)},
		Phases: data.Phases{
			DNS: data.SpanOf(took / 40), Connect: data.SpanOf(took / 10), TLS: data.SpanOf(took / 6), Request: data.SpanOf(50 * time.Microsecond),
			FirstByte: data.SpanOf(took / 2), Transfer: data.SpanOf(took / 12), Total: data.SpanOf(took),
		},
	}
	return m
}

func (w *world) failure(i int, at time.Time) *data.Measurement {
	m := w.measurement(i, at)
	m.State = data.Down
	switch i % 3 {
	case 0:
		m.HTTP.Status, m.Error = 503, &data.Error{Kind: data.ErrExpectation, Message: "status is 503, and 200-299 is expected"}
	case 1:
		m.HTTP, m.TLS, m.Phases = nil, nil, data.Phases{DNS: data.SpanOf(time.Millisecond), Total: data.SpanOf(5 * time.Second)}
		m.Error = &data.Error{Kind: data.ErrTimeout, Phase: "connect", Message: "no answer within 5s <script>ran = 1</script>"}
	default:
		m.HTTP, m.TLS, m.Phases = nil, nil, data.Phases{DNS: data.SpanOf(12 * time.Millisecond), Total: data.SpanOf(12 * time.Millisecond)}
		m.Error = &data.Error{Kind: data.ErrDNS, Phase: "dns", Message: "no such host"}
	}
	return m
}

// fill saves 90 days of the first monitors, and the newest measurement of the others.
func (w *world) fill(ctx context.Context, s *memory.Store, history int, now time.Time) error {
	const day = 24 * time.Hour
	for i := range w.monitors {
		began := now.Add(-90 * day)
		if i%5 == 2 {
			began = now.Add(-time.Duration(20+i%50) * day) // it is younger
		}
		events := []data.Event{w.registration(i, began)}
		if i < history {
			events = append(events, w.past(i, began, now)...)
		}
		if last := now.Add(-time.Duration(i%30) * time.Second); i%41 != 40 && i%37 != 36 {
			if down(i) {
				events = append(events, w.failure(i, last))
			} else {
				events = append(events, w.measurement(i, last))
			}
		}
		if i%29 == 11 {
			events = append(events, w.gap(i, now.Add(-28*time.Second), now, data.Stopped))
		}
		if refused, err := s.Save(ctx, events); err != nil || len(refused) > 0 {
			return fmt.Errorf("save what %s has: refused %v, error %w", w.name(i), refused, err)
		}
	}
	return nil
}

// past is a measurement every three hours, and every ten minutes of the last day, with outages and gaps in
// between.
func (w *world) past(i int, began, now time.Time) (events []data.Event) {
	const day = 24 * time.Hour
	for at := began; at.Before(now.Add(-time.Minute)); {
		step, age := 3*time.Hour, now.Sub(at)
		if age < day {
			step = 10 * time.Minute
		}
		n := int(age / day)
		switch {
		case w.busy(i) && age < day+3*time.Hour:
			return append(events, w.lately(i, at, now)...)
		case i%11 == 8 && n > 30 && n < 37, age < 9*time.Hour && age > 6*time.Hour && i%13 == 3:
			events = append(events, w.gap(i, at, at.Add(step-every), data.Stopped))
		case w.random.IntN(400) == 0, i%9 == 1 && n == 12, down(i) && age < time.Hour:
			events = append(events, w.failure(i, at))
		default:
			events = append(events, w.measurement(i, at))
		}
		at = at.Add(step)
	}
	return events
}

// busy says whether every slot of a monitor's last day is there: one whose page is looked at.
func (w *world) busy(i int) bool { return i == 0 && !w.odd }

// lately is a whole day with an outage, and a time in which nobody probed.
func (w *world) lately(i int, from, now time.Time) (events []data.Event) {
	for at := from; at.Before(now.Add(-every)); at = at.Add(every) {
		switch age := now.Sub(at); {
		case age > 4*time.Hour && age < 4*time.Hour+20*time.Minute, w.random.IntN(700) == 0:
			events = append(events, w.failure(i, at))
		case age > 11*time.Hour && age <= 11*time.Hour+every:
			last := at.Add(40*time.Minute - every)
			events = append(events, w.gap(i, at, last, data.Stopped))
			at = last
		default:
			events = append(events, w.measurement(i, at))
		}
	}
	return events
}

func (w *world) gap(i int, first, last time.Time, reason data.Reason) *data.Gap {
	return &data.Gap{
		Monitor: w.name(i), Location: w.location(i), Version: "v1", First: first.Truncate(time.Millisecond), Last: last.Truncate(time.Millisecond),
		Slots: int64(last.Sub(first)/every) + 1, Reason: reason,
	}
}
