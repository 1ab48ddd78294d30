package heartbeat

import (
	"time"

	"github.com/monitorink/monitorink/data"
)

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

// A watch goes with one probe.
type watch struct {
	pulse   *pulse
	t       *target
	stalled time.Duration // before
}

func (h *Heartbeat) watch(t *target) watch {
	return watch{&h.pulse, t, h.pulse.stalled(time.Now())}
}

// end adds to m by how much the prober was starved, and learns from an answer.
func (w watch) end(m *data.Measurement) {
	now := time.Now()
	total := m.Phases.Total.D() - m.Degraded // what it waited for room is known
	stalled := w.pulse.stalled(now) - w.stalled
	m.Degraded += starved(total, stalled, w.pulse.contention(now), w.t.expected())
	if m.HTTP != nil && stalled == 0 {
		w.t.usual.add(total)
		w.t.place.add(total, now)
	}
}

// expected is what is usual for the target; while that has hardly been seen, the
// shortest that was seen at the same place. Zero: nothing is known.
func (t *target) expected() time.Duration {
	d, sure := t.usual.total()
	if near := t.place.shortest(); !sure && near > 0 {
		return near
	}
	return d
}
