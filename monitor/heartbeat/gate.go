package heartbeat

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
)

// burst is how many slots are chosen for each processor before this process has to
// catch up: some milliseconds of work.
const burst = 8

// A gate bounds the probes under way, and how many are begun at once. A slot is
// chosen only when it has a place already, so that what is chosen begins at once.
type gate struct {
	limit int64
	burst int
	taken atomic.Int64
	freed chan struct{} // never closed
}

func newGate(limit int) *gate {
	return &gate{limit: int64(limit), burst: burst * runtime.GOMAXPROCS(0), freed: make(chan struct{}, 1)}
}

// room is how many may be chosen now.
func (g *gate) room() int { return int(min(max(g.limit-g.taken.Load(), 0), int64(g.burst))) }

// enter takes n places.
func (g *gate) enter(n int) { g.taken.Add(int64(n)) }

// leave gives one back. Any goroutine may call it.
func (g *gate) leave() {
	if g.taken.Add(-1) == g.limit-1 {
		select {
		case g.freed <- struct{}{}:
		default:
		}
	}
}

// wait returns when there is room, after d, and when ctx ends.
func (g *gate) wait(ctx context.Context, d time.Duration) {
	if g.room() > 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	for g.room() == 0 {
		select {
		case <-g.freed: // perhaps of long ago
		case <-t.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
