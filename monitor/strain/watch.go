package strain

import "time"

const (
	// least is what is worth telling: less is noise.
	least = 4750 * time.Microsecond
	// Processors are contended when two of the latest beats were as late.
	contended = 2 * time.Millisecond
	// A probe waits for a processor a handful of times, each time perhaps as long
	// as the pulse did lately; longer than most is no contention but a stall.
	waits = 4
	most  = 25 * time.Millisecond
)

// starved is by how much a probe that took total may be too long because of us:
// the stalls while it was under way, and, while processors are contended, what
// it took beyond the usual, as far as waiting for a processor can explain it. Of a
// target that has never answered all time is beyond.
func starved(total, stalled, contention, usual time.Duration) time.Duration {
	d := min(stalled, total)
	if contention >= contended {
		d += min(max(total-d-usual, 0), waits*min(contention, most))
	}
	if d < least {
		return 0
	}
	return d
}

// A Watch goes with one probe.
type Watch struct {
	pulse   *Pulse
	t       *Target
	stalled time.Duration // before
}

// Watch begins one, of a probe of t.
func (p *Pulse) Watch(t *Target) Watch { return Watch{p, t, p.stalled(time.Now())} }

// End returns by how much the probe, which took total, may be too long because of
// this process: what it is known to have waited for us, and by how much we were
// starved, unless that is too little to tell. From an answer it learns.
func (w Watch) End(total, waited time.Duration, answered bool) time.Duration {
	now := time.Now()
	total -= waited
	stalled := w.pulse.stalled(now) - w.stalled
	d := starved(total, stalled, w.pulse.Contention(now), w.t.expected())
	if answered && stalled == 0 {
		w.t.add(total, now)
	}
	return waited + d
}
