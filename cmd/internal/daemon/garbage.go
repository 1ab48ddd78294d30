package daemon

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
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

// garbagePercent is how much garbage a heartbeat may have where so many bytes live.
func garbagePercent(live uint64) int {
	garbage := min(mostGarbage, max(leastGarbage, live))
	return int(min(mostPercent, max(leastPercent, 100*garbage/max(live, 1))))
}

// liveBytes is what the last collection left.
func liveBytes() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// A thrift makes garbage a matter of bytes, as monitors come and go. It leaves it to the
// user, or to the runtime, unless it has a percentage.
type thrift struct {
	percent int // that was set last
	settled bool
}

// settle gives back what the start took, and adapts from then on.
func (t *thrift) settle() {
	debug.FreeOSMemory()
	t.settled = true
	t.adapt()
}

// adapt sets the percentage anew when what lives has become more or less.
func (t *thrift) adapt() {
	if t.percent == 0 || !t.settled {
		return
	}
	if p := garbagePercent(liveBytes()); p > t.percent+t.percent/10 || p < t.percent-t.percent/10 {
		t.percent = p
		debug.SetGCPercent(p)
	}
}
