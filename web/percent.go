package web

import (
	"math"
	"strconv"
	"time"
)

// percent writes a part of 1, as the page's share does: 100 % is all of them, and 0 % none.
// Above a half it is never better than it was, and below never worse.
func percent(part float64) string {
	switch {
	case part >= 1:
		return "100 %"
	case part <= 0:
		return "0 %"
	}
	digits := 2
	if part > 0.9999 || part < 0.0001 {
		digits = 4
	}
	steps := math.Pow10(2 + digits)
	n := max(math.Ceil(part*steps-1e-6), 1)
	if part > 0.5 {
		n = min(math.Floor(part*steps+1e-6), steps-1)
	}
	return strconv.FormatFloat(n/math.Pow10(digits), 'f', digits, 64) + " %"
}

// roughly writes a duration in its greatest unit or two.
func roughly(d time.Duration) string {
	n := func(of time.Duration) string { return strconv.FormatInt(int64(d/of), 10) }
	switch {
	case d >= 48*time.Hour:
		return n(24*time.Hour) + " days"
	case d >= time.Hour:
		h := n(time.Hour) + " h"
		if m := d % time.Hour / time.Minute; m > 0 {
			h += " " + strconv.Itoa(int(m)) + " min"
		}
		return h
	case d >= time.Minute:
		return n(time.Minute) + " min"
	}
	return n(time.Second) + " s"
}

// quick writes a latency.
func quick(d time.Duration) string {
	if d >= 10*time.Second {
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	if d < time.Millisecond {
		return "<1 ms"
	}
	return strconv.FormatInt(d.Round(time.Millisecond).Milliseconds(), 10) + " ms"
}
