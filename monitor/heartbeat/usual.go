package heartbeat

import (
	"slices"
	"sync"
	"time"
)

const (
	kept    = 16 // answers
	trusted = 4  // answers that tell enough
)

// A usual knows how long a target takes to answer when nothing is in the way. It
// may be used by several goroutines.
type usual struct {
	mu   sync.Mutex
	took [kept]uint32 // microseconds
	n    int          // at most 2·kept: counts on within the second round
}

// add enters an answer.
func (u *usual) add(total time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.took[u.n%kept] = uint32(min(total.Microseconds(), 1<<32-1))
	if u.n++; u.n == 2*kept {
		u.n = kept
	}
}

// total is what the latest answers took, the two shortest left out when there are
// enough of them; and whether they are enough to be trusted. Zero: there is none.
func (u *usual) total() (d time.Duration, sure bool) {
	u.mu.Lock()
	list, n := u.took, min(u.n, kept)
	u.mu.Unlock()
	if n == 0 {
		return 0, false
	}
	slices.Sort(list[:n])
	return time.Duration(list[n/7]) * time.Microsecond, n >= trusted
}

// A place knows how quickly any target answers of those that share connections:
// the shortest answer of the last five to ten seconds. It may be used by several
// goroutines.
type place struct {
	mu        sync.Mutex
	since     time.Time // when now began
	now, past time.Duration
}

// add enters an answer that came at.
func (p *place) add(total time.Duration, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at.Sub(p.since) >= 5*time.Second {
		p.since, p.past, p.now = at, p.now, total
	}
	p.now = min(p.now, total)
}

// shortest is the shortest answer lately. Zero: there is none.
func (p *place) shortest() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.past > 0 {
		return min(p.now, p.past)
	}
	return p.now
}
