package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	sayAgain = 30 * time.Second // a problem that stays is logged so often
	// passing is how long an error counts that a partition met while the group
	// went on; one that stays comes every second.
	passing = 4 * time.Second
)

// A trouble remembers what is wrong, and logs it once in a while.
type trouble struct {
	log *slog.Logger

	disturbed atomic.Bool // passed is set; spares flows the mutex

	mu     sync.Mutex
	group  error // no session; nil once there is one
	passed error // met at passedAt
	letter error // nil once dead letters pass again

	passedAt time.Time
	said     map[string]time.Time
	told     map[string]bool // and not yet that it is over
}

func (t *trouble) err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := t.group
	if err == nil && time.Since(t.passedAt) < passing {
		err = t.passed
	}
	return errors.Join(err, t.letter)
}

// connect is told why there is no session, or nil.
func (t *trouble) connect(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil && t.group != nil {
		t.said = nil
	}
	t.group, t.passed = err, nil
	if err != nil {
		delete(t.told, "kafka: consuming is disturbed") // it has become worse, and that is told of
	}
	t.say(slog.LevelWarn, "kafka: not consuming", err)
	t.say(slog.LevelWarn, "kafka: consuming is disturbed", nil)
}

// pass is told of what went wrong within a session.
func (t *trouble) pass(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.passed, t.passedAt = err, time.Now()
	t.disturbed.Store(true)
	t.say(slog.LevelWarn, "kafka: consuming is disturbed", err)
}

// flows is told that messages come.
func (t *trouble) flows() {
	if !t.disturbed.Load() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.passed = nil
	t.disturbed.Store(false)
	t.say(slog.LevelWarn, "kafka: consuming is disturbed", nil)
}

// letters is told how an attempt at the dead letters went.
func (t *trouble) letters(err error, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		err = fmt.Errorf("%d refused messages wait, and their partitions' offsets with them: %w", n, err)
	}
	t.letter = err
	t.say(slog.LevelError, "kafka: dead letters are not safe", err)
}

// say needs t.mu. That there is no error any more is said where the error was.
func (t *trouble) say(level slog.Level, what string, err error) {
	if err == nil {
		if t.told[what] {
			delete(t.told, what)
			t.log.Info("kafka: all is well again", "was", what)
		}
		return
	}
	if time.Since(t.said[what]) < sayAgain {
		return
	}
	if t.said == nil {
		t.said = map[string]time.Time{}
	}
	if t.told == nil {
		t.told = map[string]bool{}
	}
	t.said[what], t.told[what] = time.Now(), true
	t.log.Log(context.Background(), level, what, "error", err) //nolint:sloglint // one of the constants above
}
