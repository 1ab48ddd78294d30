//go:build !linux

package alarm

import "time"

// An Alarm goes off once after each Reset. One goroutine uses it.
type Alarm struct{ timer *time.Timer }

// New returns an alarm that is not set.
func New() (*Alarm, error) {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return &Alarm{t}, nil
}

// C has a value when the alarm has gone off.
func (a *Alarm) C() <-chan time.Time { return a.timer.C }

// Reset sets the alarm to go off after d, and no longer when it was to before.
func (a *Alarm) Reset(d time.Duration) { a.timer.Reset(d) }

// Close ends the alarm, which never goes off again.
func (a *Alarm) Close() { a.timer.Stop() }
