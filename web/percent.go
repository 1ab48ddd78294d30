package web

import (
	"math"
	"strconv"
	"time"
)

// percent writes a ratio so that it is never better than it was: 100 % is all of them.
func percent(ratio float64) string {
	return strconv.FormatFloat(math.Floor(ratio*10000+1e-9)/100, 'f', -1, 64) + " %"
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
