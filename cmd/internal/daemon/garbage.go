package daemon

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// gcPercent keeps a collector that catches up below 120 MiB, for a fifth more of
	// its processor time; the default takes 154.
	gcPercent = 40
	// startPercent lets the start of a heartbeat with 100,000 monitors take a fifth less
	// of processor time, and up to half as much memory again meanwhile.
	startPercent = 90

	// Of a heartbeat at rest, as much is garbage as lives, but bytes decide where that
	// is little or much: 100,000 monitors would take as much as 40,000 more, and a
	// few would be collected for a few megabytes.
	leastGarbage = 16 << 20
	mostGarbage  = 40 << 20
	leastPercent = 15
	mostPercent  = 400 // of 4 MiB at least, whatever lives

	// Each collection looks at all that lives. As long as more is allocated than would be
	// collected once in so long, there may be more garbage: as much as lives, at most.
	collectEvery = time.Second
)

// beFrugal says how much garbage there may be in percent of what lives, unless the user
// has; it reports whether it has done so.
func beFrugal(percent int) bool {
	if os.Getenv("GOGC") != "" {
		return false
	}
	debug.SetGCPercent(percent)
	return true
}

// garbagePercent is how much garbage a heartbeat may have where so many bytes live, and
// so many are allocated in collectEvery.
func garbagePercent(live, allocated uint64) int {
	garbage := min(mostGarbage, max(leastGarbage, live))
	garbage = max(garbage, min(live, allocated))
	return int(min(mostPercent, max(leastPercent, 100*garbage/max(live, 1))))
}

// heap is how many bytes the last collection left, and how many have been allocated since
// the process began.
func heap() (live, allocated uint64) {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64(), s[1].Value.Uint64()
}

// A thrift makes garbage a matter of bytes, as monitors come and go. It leaves it to the
// user, or to the runtime, unless it has a percentage.
type thrift struct {
	percent int // that was set last
	settled bool

	at        time.Time // of the last look
	allocated uint64    // until then
	pace      uint64    // allocated in collectEvery before it
}

// settle gives back what the start took, and adapts from then on.
func (t *thrift) settle() {
	debug.FreeOSMemory()
	t.settled = true
	t.adapt(time.Now())
}

// adapt sets the percentage anew when what lives, or how much is allocated, has become
// more or less. Of allocations the lesser of two looks counts: a burst is over by then.
func (t *thrift) adapt(now time.Time) {
	if t.percent == 0 || !t.settled {
		return
	}
	live, allocated := heap()
	pace := t.pace
	if took := now.Sub(t.at); !t.at.IsZero() && took > 0 {
		t.pace = uint64(float64(allocated-t.allocated) * float64(collectEvery) / float64(took))
	}
	t.at, t.allocated = now, allocated
	if p := garbagePercent(live, min(pace, t.pace)); p > t.percent+t.percent/10 || p < t.percent-t.percent/10 {
		t.percent = p
		debug.SetGCPercent(p)
	}
}
