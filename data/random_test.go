package data_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/monitorink/monitorink/data"
)

// random returns a source whose seed is in the log of a test that fails.
func random(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// text is any sequence of bytes, mostly valid, often of runes that need care.
func text(r *rand.Rand) string {
	var b []byte
	for range r.IntN(12) {
		switch r.IntN(6) {
		case 0:
			b = append(b, byte(r.IntN(256)))
		case 1:
			b = utf8.AppendRune(b, pick(r, '"', '\\', '/', '<', '&', '\u2028', '\u2029', '\ufffd', '\x00', '\x7f', '\b', '\f', '\t'))
		case 2:
			b = utf8.AppendRune(b, rune(r.IntN(utf8.MaxRune)))
		default:
			b = append(b, byte('a'+r.IntN(26)))
		}
	}
	return string(b)
}

// instant is one of few, so that events meet; with a zone of its own.
func instant(r *rand.Rand, unit time.Duration) time.Time {
	t := time.Unix(1_790_000_000, 0).Add(time.Duration(r.IntN(3)) * unit)
	return t.In(pick(r, time.UTC, time.FixedZone("", 3600), time.FixedZone("", -3600)))
}

func span(r *rand.Rand) data.Span { return data.Span(r.IntN(4)) }

func phases(r *rand.Rand) data.Phases {
	return data.Phases{DNS: span(r), Connect: span(r), TLS: span(r), Request: span(r), FirstByte: span(r), Transfer: span(r), Total: span(r)}
}

// measurement is a random one of the slot that all of them share.
func measurement(r *rand.Rand) *data.Measurement {
	m := &data.Measurement{
		Monitor: "m", Location: "l", Instance: text(r), Version: pick(r, "a", "b"),
		Scheduled: time.Unix(1_790_000_000, 0).UTC(), Attempt: 1, State: data.Up, Started: instant(r, time.Microsecond),
		Late: time.Duration(r.IntN(2)) * time.Microsecond, Method: "GET", URL: text(r), Phases: phases(r),
	}
	if r.IntN(2) == 0 {
		m.HTTP = &data.HTTP{Status: 200 + r.IntN(2), Protocol: text(r), BodyBytes: int64(r.IntN(3)) - 1}
	}
	if r.IntN(2) == 0 {
		m.TLS = &data.TLS{Version: text(r), Expires: instant(r, time.Second)}
	}
	for range r.IntN(3) {
		m.Hops = append(m.Hops, data.Hop{URL: text(r), Status: r.IntN(2) * 200, Remote: text(r), Phases: phases(r)})
		m.Expectations = append(m.Expectations, data.Expectation{Name: text(r), OK: r.IntN(2) == 0, Seen: text(r)})
	}
	if r.IntN(2) == 0 {
		m.State, m.Error = data.Down, &data.Error{Kind: pick(r, data.ErrorKinds()...), Phase: text(r), Message: text(r)}
		if r.IntN(2) == 0 {
			m.Captured = &data.Captured{Body: text(r)}
			for range r.IntN(3) {
				m.Captured.Headers = map[string]string{"a" + text(r): text(r), text(r): "x"}
			}
		}
	}
	for range r.IntN(6) - 3 {
		a := data.Address{Remote: text(r), State: data.Up, Status: r.IntN(2) * 200, Phases: phases(r)}
		if r.IntN(2) == 0 {
			a.State, a.Error = data.Down, &data.Error{Kind: pick(r, data.ErrorKinds()...), Phase: text(r), Message: text(r)}
		}
		m.Addresses, m.Unprobed = append(m.Addresses, a), r.IntN(2)
	}
	if r.IntN(4) == 0 {
		m.Trace = fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64())
	}
	return m
}

func gap(r *rand.Rand) *data.Gap {
	first := instant(r, time.Millisecond)
	return &data.Gap{
		Monitor: "m", Location: "l", Instance: pick(r, "i", "j"), Version: "a", First: first, Last: first.Add(time.Duration(r.IntN(3)) * time.Second),
		Slots: 1 + r.Int64N(2), Reason: pick(r, data.Reasons()...),
	}
}

func registration(r *rand.Rand) *data.Registration {
	g := &data.Registration{
		Monitor: "m", Location: "l", Instance: pick(r, "i", "j"), Version: pick(r, "a", "b"), From: time.Unix(1_790_000_000, 0),
		Removed: r.IntN(4) == 0,
	}
	if !g.Removed {
		g.Schedule = pick(r, data.Schedule{Every: data.Duration(time.Second)}, data.Schedule{Cron: "@daily", Timezone: text(r)})
		g.Timeout, g.URL, g.Paused = time.Second, text(r), r.IntN(2) == 0
		if r.IntN(2) == 0 {
			g.Labels = map[string]string{"a" + text(r): text(r), text(r): "x"}
		}
	}
	return g
}
