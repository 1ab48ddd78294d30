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
	// apart is how long answers must lie apart to count, once there are enough: a
	// burst of slow ones is not what is usual.
	apart time.Duration

	mu   sync.Mutex
	took [kept]uint32 // microseconds
	n    int          // at most 2·kept: counts on within the second round
	last time.Time
}

// add enters an answer.
func (u *usual) add(total time.Duration, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.n >= kept && now.Sub(u.last) < u.apart {
		return
	}
	u.took[u.n%kept] = uint32(min(total.Microseconds(), 1<<32-1))
	u.last = now
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

// shortest is the shortest of the latest answers. Zero: there is none.
func (u *usual) shortest() time.Duration {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.n == 0 {
		return 0
	}
	return time.Duration(slices.Min(u.took[:min(u.n, kept)])) * time.Microsecond
}
