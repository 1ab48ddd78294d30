package data

import (
	"fmt"
	"strconv"
	"time"
)

// A Span is a measured duration in whole microseconds, or nothing: its zero
// value says "not measured", which differs from zero microseconds.
type Span int64 // microseconds plus one

// SpanOf returns d as a measured span, cut to microseconds; a negative d is 0.
func SpanOf(d time.Duration) Span { return Span(max(d, 0).Microseconds()) + 1 }

// Measured reports whether s was measured.
func (s Span) Measured() bool { return s > 0 }

// D returns the duration; 0 when s was not measured.
func (s Span) D() time.Duration { return time.Duration(max(s-1, 0)) * time.Microsecond }

// Add returns the sum; what was not measured adds nothing.
func (s Span) Add(t Span) Span {
	switch {
	case !s.Measured():
		return t
	case !t.Measured():
		return s
	}
	return s + t - 1
}

// String is the duration, or a dash when s was not measured.
func (s Span) String() string {
	if !s.Measured() {
		return "-"
	}
	return s.D().String()
}

// Add returns the sums of each part.
func (p Phases) Add(q Phases) Phases {
	return Phases{
		p.DNS.Add(q.DNS), p.Connect.Add(q.Connect), p.TLS.Add(q.TLS), p.Request.Add(q.Request),
		p.FirstByte.Add(q.FirstByte), p.Transfer.Add(q.Transfer), p.Total.Add(q.Total),
	}
}

// A Duration is a time.Duration whose text form is that of Go ("1m30s"), with
// d for days of 24 hours as well ("14d").
type Duration time.Duration

// D returns d as a time.Duration.
func (d Duration) D() time.Duration { return time.Duration(d) }

// String is d in Go's form.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText gives d in Go's form.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDuration does.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := ParseDuration(string(b))
	*d = Duration(v)
	return err
}

// ParseDuration reads Go's form, or a whole number of days such as 14d.
func ParseDuration(s string) (time.Duration, error) {
	if n := len(s); n > 1 && s[n-1] == 'd' {
		if days, err := strconv.ParseInt(s[:n-1], 10, 32); err == nil && days >= -106751 && days <= 106751 {
			return time.Duration(days) * 24 * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration: write a number and a unit, such as 500ms, 10s, 5m, 12h or 14d", s)
	}
	return d, nil
}
