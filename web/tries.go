package web

import (
	"strconv"
	"sync"
	"time"
)

const (
	maxTries  = 20          // wrong tokens from one client
	triesTime = time.Minute // in about this time
	maxFrom   = 4096        // clients that are remembered
)

// tries counts the wrong tokens of each client in this minute and the one before, so
// that nobody guesses fast, and nobody is kept out by what others do. What it holds is
// bounded: with very many clients it forgets sooner.
type tries struct {
	mu        sync.Mutex
	began     time.Time
	now, past map[string]int
}

// wait is how long a client is to wait before it may try again.
func (t *tries) wait(from string, at time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turn(at)
	if t.now[from]+t.past[from] < maxTries {
		return 0
	}
	return max(t.began.Add(triesTime).Sub(at), time.Second)
}

func (t *tries) add(from string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turn(at)
	t.now[from]++
}

// turn begins a new minute when it is time.
func (t *tries) turn(at time.Time) {
	switch age := at.Sub(t.began); {
	case t.now == nil, age >= 2*triesTime, age < 0:
		t.began, t.now, t.past = at, map[string]int{}, nil
	case age >= triesTime, len(t.now) >= maxFrom:
		t.began, t.now, t.past = at, map[string]int{}, t.now
	}
}

// retryAfter is d in whole seconds, rounded up.
func retryAfter(d time.Duration) string {
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}
