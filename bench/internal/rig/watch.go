package rig

import (
	"context"
	"fmt"
	"time"
)

// A Pass is how something grew to its end.
type Pass struct {
	First, Last time.Time // when anything was seen, and when all of it
	Seen        int64     // at First
	All         int64
}

// Rate is how many came in a second, from the first seen to the last.
func (p Pass) Rate() float64 { return float64(p.All-p.Seen) / p.Last.Sub(p.First).Seconds() }

// stall is how long nothing may happen.
const stall = time.Minute

// Watch calls count until it gives all. It looks often at the beginning and near
// the end, and seldom between, so that looking costs little. More than all is an
// error, and so are a process that is not alive and a minute without progress.
func Watch(ctx context.Context, all int64, alive func() error, count func(context.Context) (int64, error)) (Pass, error) {
	p := Pass{All: all}
	moved, last := time.Now(), int64(0)
	for {
		n, err := count(ctx)
		now := time.Now()
		if err == nil {
			err = alive()
		}
		switch {
		case err != nil:
			return p, err
		case n > all:
			return p, fmt.Errorf("%d, and only %d can be", n, all)
		case n > last:
			moved, last = now, n
		case now.Sub(moved) > stall:
			return p, fmt.Errorf("nothing moved for %s, at %d of %d", stall, n, all)
		}
		pause := 5 * time.Millisecond
		if p.First.IsZero() && n > 0 {
			p.First, p.Seen = now, n
		} else if n > p.Seen {
			left := float64(now.Sub(p.First)) / float64(n-p.Seen) * float64(all-n)
			pause = min(max(pause, time.Duration(left/2)), 2*time.Second)
		}
		if n == all {
			p.Last = now
			return p, nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return p, ctx.Err()
		}
	}
}
