package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/monitorink/monitorink/bench/chaos/account"
	"github.com/monitorink/monitorink/bench/internal/rig"
)

// starvation writes down until ctx ends when the machine had not enough processors:
// when this process waited for one for longer than an eighth of a second, or when, as
// Linux tells it, somebody did nearly all of the time.
func (c *chronicle) starvation(ctx context.Context) {
	const look = 20 * time.Millisecond
	mark, waited := time.Now(), pressure()
	for last := time.Now(); rig.Pause(ctx, look); last = time.Now() {
		now := time.Now()
		c.mu.Lock()
		if now.Sub(last) > look+time.Second/8 {
			c.starved(last, now)
		}
		c.mu.Unlock()
		if now.Sub(mark) < 200*time.Millisecond {
			continue
		}
		total := pressure()
		if total-waited > now.Sub(mark)*9/10 {
			c.mu.Lock()
			c.starved(mark, now)
			c.mu.Unlock()
		}
		mark, waited = now, total
	}
}

// starved joins what touches; c.mu is held.
func (c *chronicle) starved(from, to time.Time) {
	list := c.life.Starved
	if n := len(list); n > 0 && from.Sub(list[n-1].To) < 100*time.Millisecond {
		if to.After(list[n-1].To) {
			list[n-1].To = to
		}
		return
	}
	c.life.Starved = append(list, account.Span{From: from, To: to})
}

// pressure is for how long in all some process was ready to run, and no processor
// was free (/proc/pressure/cpu); 0 where that is not told.
func pressure() time.Duration {
	b, err := os.ReadFile("/proc/pressure/cpu")
	if err != nil {
		return 0
	}
	var ten, sixty, threehundred float64
	var total int64
	if _, err := fmt.Sscanf(string(b), "some avg10=%f avg60=%f avg300=%f total=%d", &ten, &sixty, &threehundred, &total); err != nil {
		return 0
	}
	return time.Duration(total) * time.Microsecond
}
