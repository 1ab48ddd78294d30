package monitors

import (
	"fmt"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

const (
	defaultDelay = data.Duration(time.Second) // between attempts
	// Attempts do not shorten a timeout below this unless it is asked for.
	leastTimeout = data.Duration(time.Second)
	// No sum is built of more than this.
	longestTerm = data.Duration(366 * 24 * time.Hour)
)

// checkAttempts settles how many probes a slot gets, and sees to it that they fit
// between two slots. A timeout that the monitor does not give itself is shortened.
func (d *draft) checkAttempts() {
	n, delay := data.Duration(max(d.Attempts, 1)), d.AttemptDelay
	switch {
	case n > 1 && delay == 0:
		delay = defaultDelay
	case n == 1:
		delay = 0
		if d.attemptDelay != nil && !d.isDefault {
			d.tell(d.attemptDelay, "attempt_delay goes with attempts; write attempts: 3, or leave it out")
		}
	}
	if !d.isDefault {
		d.AttemptDelay = delay
		if n == 1 {
			d.Attempts = 0 // as if it were not there
		}
	}
	need := n*min(d.Timeout, longestTerm) + (n-1)*min(delay, longestTerm)
	interval := d.interval(need)
	if need <= interval {
		return
	}
	longest := max(interval-(n-1)*min(delay, longestTerm), 0) / n / data.Duration(time.Millisecond) * data.Duration(time.Millisecond)
	given := d.timeout != nil && (d.every != nil || !d.isDefault)
	several := fmt.Sprintf("%d attempts with %v in between", n, delay)
	switch {
	case n == 1 && given:
		d.tell(d.timeout, "timeout is %v, longer than the %v between two probes; write at most %v", d.Timeout, interval, interval)
	case n == 1 || d.isDefault && d.every == nil: // each monitor has its own interval
	case longest == 0:
		d.tell(d.whereOf(d.attempts), "%s leave no time for the probes themselves within the %v between two slots; write fewer attempts, or a shorter attempt_delay", several, interval)
	case given:
		d.tell(d.timeout, "%s and a timeout of %v take up to %v, longer than the %v between two slots; write a timeout of at most %v, fewer attempts, or a shorter attempt_delay", several, d.Timeout, need, interval, longest)
	case longest < leastTimeout:
		d.tell(d.whereOf(d.attempts), "%s leave %v for each probe within the %v between two slots; write timeout: %v if that will do, else fewer attempts, or a shorter attempt_delay", several, longest, interval, longest)
	}
	d.Timeout = longest
}

// interval is the shortest time between two slots, or need when a cron job has
// that in any case or as far as its next hundred slots tell.
func (d *draft) interval(need data.Duration) data.Duration {
	if every := d.Schedule.Every; every > 0 {
		return every
	}
	if need.D() <= time.Minute { // cron has nothing shorter
		return need
	}
	job, err := schedule.Parse("", d.Schedule)
	if err != nil {
		return need // told already
	}
	shortest := need.D()
	last := job.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	for range 100 {
		next := job.Next(last)
		if next.IsZero() {
			break
		}
		shortest, last = min(shortest, next.Sub(last)), next
	}
	return data.Duration(shortest)
}
