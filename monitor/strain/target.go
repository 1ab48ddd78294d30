package strain

import (
	"slices"
	"sync"
	"time"
)

const (
	kept    = 16 // answers
	trusted = 4  // answers that tell enough
)

// A Target is what is measured again and again: it learns how long that takes. It
// may be used by several goroutines.
type Target struct {
	usual usual
	place *Place
}

// NewTarget returns a target that nothing is known of yet, at a place that it may
// share with others.
func NewTarget(at *Place) *Target { return &Target{place: at} }

// add enters an answer that came at.
func (t *Target) add(total time.Duration, at time.Time) {
	t.usual.add(total)
	t.place.add(total, at)
}

// expected is what is usual for the target; while that has hardly been seen, the
// shortest that was seen at the same place. Zero: nothing is known.
func (t *Target) expected() time.Duration {
	d, sure := t.usual.total()
	if near := t.place.shortest(); !sure && near > 0 {
		return near
	}
	return d
}

// A usual knows how long a target takes to answer when nothing is in the way.
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

// A Place knows how quickly any target answers of those that share connections: the
// shortest answer of the last five to ten seconds, or of the latest two when they come
// more seldom. Its zero value knows of none.
type Place struct {
	mu        sync.Mutex
	since     time.Time // when now began
	now, past time.Duration
}

// add enters an answer that came at.
func (p *Place) add(total time.Duration, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at.Sub(p.since) >= 5*time.Second {
		p.since, p.past, p.now = at, p.now, total
	}
	p.now = min(p.now, total)
}

// shortest is the shortest answer lately. Zero: there is none.
func (p *Place) shortest() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.past > 0 {
		return min(p.now, p.past)
	}
	return p.now
}
