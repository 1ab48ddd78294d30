package remote

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	firstRetry = 50 * time.Millisecond
	lastRetry  = 2 * time.Second
	sayAgain   = time.Minute // while the server is away
)

// A backoff waits longer from time to time, and keeps the log short.
type backoff struct {
	tries  int
	silent time.Time // until then
	said   string
}

func (b *backoff) wait(ctx context.Context) {
	d := min(firstRetry<<min(b.tries, 10), lastRetry)
	b.tries++
	t := time.NewTimer(d/2 + rand.N(d/2))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// say reports whether err should be logged: at first, when it is another than
// before, and once in a while.
func (b *backoff) say(err error) bool {
	text := err.Error()
	if text == b.said && time.Now().Before(b.silent) {
		return false
	}
	b.said, b.silent = text, time.Now().Add(sayAgain)
	return true
}
