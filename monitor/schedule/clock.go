package schedule

import (
	"math"
	"time"
)

// tolerance is how far the wall clock may be off what the monotonic one says before
// it is taken for a step; slots are further apart than that.
const tolerance = 50 * time.Millisecond

// A Clock is the two clocks of a machine. Its zero value is the real ones.
type Clock struct {
	// Wall tells what time it is; it may step in either direction.
	Wall func() time.Time
	// Monotonic tells the time since some instant; it never steps.
	Monotonic func() time.Duration
}

// Real returns c with the machine's clocks in place of what is nil.
func (c Clock) Real() Clock {
	if c.Wall == nil {
		c.Wall = time.Now
	}
	if c.Monotonic == nil {
		began := time.Now()
		c.Monotonic = func() time.Duration { return time.Since(began) }
	}
	return c
}

// A reading is of both clocks at once.
type reading struct {
	wall time.Time
	mono time.Duration
}

// read reads both clocks. A process that is stopped in between would see a step
// where there is none, so that such a reading is taken again.
func (c Clock) read() reading {
	var best reading
	for least, try := time.Duration(math.MaxInt64), 0; try < 20 && least > time.Millisecond; try++ {
		before := c.Monotonic()
		wall := c.Wall().Round(0)
		after := c.Monotonic()
		if after-before < least {
			least, best = after-before, reading{wall, after}
		}
	}
	return best
}

// expect is what the wall clock would say at mono had it not been set since o.
func (o reading) expect(mono time.Duration) time.Time { return o.wall.Add(mono - o.mono) }

// off is by how much the wall clock has been set between o and now: 0 within the
// tolerance, to which a thousandth is added for a clock that is being slewed.
func (o reading) off(now reading) time.Duration {
	off := now.wall.Sub(o.expect(now.mono))
	if off.Abs() <= tolerance+(now.mono-o.mono)/1000 {
		return 0
	}
	return off
}
