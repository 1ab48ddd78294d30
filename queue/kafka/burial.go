package kafka

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A burial brings refused messages to the dead-letter topic, and only then calls
// them finished. It tries for ever: until then the offsets wait.
type burial struct {
	topic   string
	batches *sender
	singles *sender
	buried  func(*position)        // called for each message that is safe, or no longer ours
	trouble func(err error, n int) // told of each attempt: nil when it went well
	more    chan struct{}          // a note: there are letters
	idle    chan struct{}          // a note: there are none left

	mu      sync.Mutex
	letters []letter // in turn; bounded by the budget, which they keep
}

const (
	buryCount = 500
	buryBytes = 4 << 20
	buryRetry = 200 * time.Millisecond
	buryMost  = 10 * time.Second
)

// cuts are how much is kept of a value that is too large, tried in turn; with
// nothing of it, key and headers are left out too.
var cuts = []int{900_000, 100_000, 10_000, 1_000, 0}

func (b *burial) add(p *position, reason string) {
	b.mu.Lock()
	b.letters = append(b.letters, letter{position: p, reason: reason, at: time.Now()})
	b.mu.Unlock()
	signal(b.more)
}

func (b *burial) left() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.letters)
}

// run ends when ctx does. One goroutine calls it.
func (b *burial) run(ctx context.Context) {
	wait := buryRetry
	for {
		letters := b.batch()
		if len(letters) == 0 {
			signal(b.idle)
			select {
			case <-b.more:
				continue
			case <-ctx.Done():
				return
			}
		}
		n, err := b.bury(ctx, letters)
		b.mu.Lock()
		b.letters = b.letters[n:]
		if len(b.letters) == 0 {
			b.letters = nil
		}
		left := len(b.letters)
		b.mu.Unlock()
		if ctx.Err() != nil {
			return
		}
		b.trouble(err, left)
		if err == nil {
			wait = buryRetry
			continue
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		wait = min(2*wait, buryMost)
	}
}

// batch is the beginning of the letters, which stay where they are.
func (b *burial) batch() []letter {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, bytes := 0, 0
	for n < len(b.letters) && n < buryCount && bytes < buryBytes {
		bytes += b.letters[n].position.bytes()
		n++
	}
	return b.letters[:n:n]
}

// bury returns how many letters, from the first on, are done with.
func (b *burial) bury(ctx context.Context, letters []letter) (int, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerWithin, errNoAnswer)
	defer cancel()
	var records []record
	for i := range letters {
		if letters[i].position.claim.isGone() {
			continue // somebody else has it now, and will refuse it again
		}
		records = append(records, record{index: i, message: letters[i].record(b.topic, -1)})
	}
	failures, err := deliver(ctx, b.batches, b.singles, records)
	for i := 0; err == nil && len(failures) > 0; i++ {
		if i == len(cuts) {
			return 0, b.words(failures[0].err)
		}
		var shorter []record
		for _, f := range failures {
			shorter = append(shorter, record{index: f.record.index, message: letters[f.record.index].record(b.topic, cuts[i])})
		}
		failures, err = alone(ctx, b.singles, shorter)
	}
	if err != nil {
		return 0, b.words(err)
	}
	for i := range letters {
		b.buried(letters[i].position)
	}
	return len(letters), nil
}

func (b *burial) words(err error) error {
	return fmt.Errorf("dead-letter topic %s: %w", b.topic, Diagnose(err))
}
