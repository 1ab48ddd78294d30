package spool_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/spool"
)

// A life is what a witness outside the machine knows.
type life struct {
	tried    int             // messages that Publish was called with
	acked    map[string]bool // of these, what it acknowledged
	after    map[string]bool // acknowledged after the newest acknowledged checkpoint
	accepted map[string]bool
	refused  map[string]bool
	mark     time.Time // of the newest acknowledged checkpoint
	maybe    time.Time // of the one that was not acknowledged before the crash
}

// TestCrashLosesNothingAcknowledged crashes at a random step of some lives in a
// row, and looks at what the disk holds after each.
func TestCrashLosesNothingAcknowledged(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for run := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, run))
		d := newDisk()
		l := &life{acked: map[string]bool{}, after: map[string]bool{}, accepted: map[string]bool{}, refused: map[string]bool{}}
		for range 4 {
			d.dieAt = 1 + rng.IntN(120)
			l.live(t, d, rng)
			d = d.crash(rng)
			if l.check(t, d); t.Failed() {
				t.Fatalf("in run %d", run)
			}
		}
	}
}

func small(d *disk) spool.Options {
	return spool.Options{Dir: "spool", FS: d, Size: 1 << 20, SegmentSize: 600}
}

// live does this and that until the machine crashes.
func (l *life) live(t *testing.T, d *disk, rng *rand.Rand) {
	s, _, err := spool.Open(small(d))
	if err != nil {
		return
	}
	defer s.Close() //nolint:errcheck // the disk is gone
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sub, err := s.Subscribe()
	if err != nil {
		t.Fatal(err)
	}
	for range 60 {
		d.mu.Lock()
		dead := d.dead
		d.mu.Unlock()
		if dead {
			return
		}
		switch rng.IntN(6) {
		case 0, 1, 2:
			batch := numbered(l.tried, l.tried+1+rng.IntN(4))
			l.tried += len(batch)
			if l.until(ctx, d, func(ctx context.Context) error { return s.Publish(ctx, batch) }) {
				for _, m := range batch {
					l.acked[string(m.Value)] = true
					l.after[string(m.Value)] = true
				}
			}
		case 3:
			mark := time.UnixMilli(time.Now().UnixMilli())
			if l.maybe = mark; l.until(ctx, d, func(ctx context.Context) error { return s.Checkpoint(ctx, mark) }) {
				l.after, l.mark = map[string]bool{}, mark
			}
		default:
			l.consume(ctx, s, sub, rng)
		}
	}
}

// until calls f, and ends it once the machine is dead.
func (l *life) until(ctx context.Context, d *disk, f func(context.Context) error) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	result := make(chan error, 1)
	go func() { result <- f(ctx) }() // awaited below
	for {
		select {
		case err := <-result:
			return err == nil
		case <-time.After(time.Millisecond):
			d.mu.Lock()
			if d.dead {
				cancel()
			}
			d.mu.Unlock()
		}
	}
}

func (l *life) consume(ctx context.Context, s *spool.Spool, sub queue.Subscription, rng *rand.Rand) {
	for range min(int64(rng.IntN(8)), s.Stats().Depth) {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
		m, err := sub.Next(ctx)
		cancel()
		switch {
		case err != nil:
			return
		case rng.IntN(10) == 0:
			sub.Settle(m, queue.Outcome{})
		case rng.IntN(10) == 0:
			l.refused[string(m.Value)] = true
			sub.Settle(m, queue.Outcome{Verdict: queue.Refused, Err: errCrashed})
		default:
			l.accepted[string(m.Value)] = true
			sub.Settle(m, queue.Outcome{Verdict: queue.Accepted})
		}
	}
}

func (l *life) check(t *testing.T, d *disk) {
	s, found, err := spool.Open(small(d))
	if err != nil {
		t.Fatalf("open after a crash: %v", err)
	}
	defer s.Close() //nolint:errcheck // checked elsewhere
	if found.CursorLost {
		t.Error("the cursor is lost")
	}
	if found.Found && found.Checkpoint.Equal(l.maybe) {
		l.after, l.mark = map[string]bool{}, l.maybe // it made it
	}
	if found.Found && !found.Checkpoint.Equal(l.mark) {
		t.Errorf("found the checkpoint %s, which nobody wrote last", found.Checkpoint)
	}
	if !l.mark.IsZero() && (!found.Found || found.Checkpoint.Before(l.mark)) {
		t.Errorf("got the checkpoint %s, %t, want %s or a later one", found.Checkpoint, found.Found, l.mark)
	}
	kept := map[string]bool{}
	if err := s.Replay(func(m queue.Message) error { kept[string(m.Value)] = true; return nil }); err != nil {
		t.Errorf("replay: %v", err)
	}
	for v := range kept {
		var n int
		if _, err := fmt.Sscanf(v, `{"n":%d}`, &n); err != nil || n >= l.tried {
			t.Errorf("found %s, which nobody published", v)
		}
	}
	for v := range l.after {
		if !kept[v] {
			t.Errorf("%s was acknowledged after the newest checkpoint, and is gone", v)
		}
	}
	given := map[string]bool{}
	sub, err := s.Subscribe()
	if err != nil {
		t.Fatal(err)
	}
	for range found.Unsettled {
		m, err := sub.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		given[string(m.Value)] = true
	}
	buried := map[string]bool{}
	if _, err := spool.ReadLetters(d, "spool", func(d spool.DeadLetter) error {
		buried[string(d.Message.Value)] = true
		return nil
	}); err != nil {
		t.Errorf("dead letters: %v", err)
	}
	for v := range l.acked {
		if !given[v] && !l.accepted[v] && !(l.refused[v] && buried[v]) {
			t.Errorf("%s was acknowledged, and is not handed out", v)
		}
	}
}
