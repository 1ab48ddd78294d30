package strain

import (
	"context"
	"sync"
	"time"
)

const (
	// How long a pulse sleeps, to whole multiples of it by the clock: a schedule wakes
	// up at the same instants, and waking up once for both is cheaper.
	beat = 10 * time.Millisecond
	// How long it sleeps when no probe is under way, nor was in the last second:
	// waking up is not free.
	rest = 100 * time.Millisecond
	// A beat that is later than this is a stall: for so long nothing of ours ran.
	stall = 10 * time.Millisecond
	// Beats are remembered for one to two of these.
	memory = 2 * time.Second
	enough = 100 // beats
)

// A Pulse measures how late this process gets to run: it sleeps for a beat again
// and again, and sees how much later it wakes up. Whatever keeps it from running
// keeps probes from it too. Its zero value is ready; while it does not run, it has
// nothing to tell. It may be read by several goroutines.
type Pulse struct {
	busy time.Time // when a probe was last seen under way; only Run uses it

	mu    sync.Mutex
	due   time.Time     // the end of the beat under way; zero: none is
	lost  time.Duration // in stalls that have ended, beyond their first part
	late  time.Duration // of all beats
	beats int           // counted up to enough
	since time.Time     // when now began
	now   top
	past  top
}

// A top is the two latest of some beats.
type top struct{ first, second time.Duration }

func (t *top) add(d time.Duration) {
	if d > t.first {
		t.first, d = d, t.first
	}
	t.second = max(t.second, d)
}

// Run beats until ctx ends, more seldom while probing says that there is nothing
// to probe.
func (p *Pulse) Run(ctx context.Context, probing func() bool) {
	t := time.NewTimer(rest)
	defer t.Stop()
	p.busy = time.Now() // soon
	for {
		now := time.Now()
		d := p.sleep(now, probing())
		t.Reset(d)
		p.begin(now.Add(d))
		select {
		case <-ctx.Done():
			p.begin(time.Time{})
			return
		case <-t.C:
		}
		p.end(time.Now())
	}
}

// sleep is how long the beat that begins now is to be.
func (p *Pulse) sleep(now time.Time, probing bool) time.Duration {
	if probing {
		p.busy = now
	}
	if now.Sub(p.busy) >= time.Second {
		return rest
	}
	d := beat - time.Duration(now.UnixNano())%beat
	if d < beat/2 {
		d += beat
	}
	return d
}

// begin says when the beat that begins is to end.
func (p *Pulse) begin(due time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due = due
}

// end says when the beat under way did end.
func (p *Pulse) end(woke time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := max(woke.Sub(p.due), 0)
	p.lost += p.pending(woke)
	p.late += d
	p.due = time.Time{}
	if woke.Sub(p.since) >= memory {
		p.since, p.past, p.now = woke, p.now, top{}
	}
	p.now.add(d)
	p.beats = min(p.beats+1, enough)
}

// stalled is for how long, until now, nothing of ours ran, beyond the first part
// of each stall. What it grows by during a probe is what the probe lost.
func (p *Pulse) stalled(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost + p.pending(now)
}

func (p *Pulse) pending(now time.Time) time.Duration {
	if p.due.IsZero() {
		return 0
	}
	return max(now.Sub(p.due)-stall, 0)
}

// Contention is the second latest of the remembered beats and the one under way:
// what it takes, again and again, to get a processor. One alone may be chance, but
// counts while there are few.
func (p *Pulse) Contention(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	both := p.past
	both.add(p.now.first)
	both.add(p.now.second)
	if !p.due.IsZero() {
		both.add(now.Sub(p.due))
	}
	if p.beats < enough {
		return both.first
	}
	return both.second
}

// Delay is how late all beats were together.
func (p *Pulse) Delay() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.late
}
