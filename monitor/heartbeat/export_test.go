package heartbeat

import (
	"context"
	"time"

	"github.com/monitorink/monitorink/data"
)

// A Pulse is a pulse whose beats a test makes.
type Pulse struct{ pulse }

// Beat makes a beat that was to end at due, and ended late.
func (p *Pulse) Beat(due time.Time, late time.Duration) {
	p.begin(due)
	p.end(due.Add(late))
}

func (p *Pulse) Begin(due time.Time)                             { p.begin(due) }
func (p *Pulse) End(woke time.Time)                              { p.end(woke) }
func (p *Pulse) Stalled(now time.Time) time.Duration             { return p.stalled(now) }
func (p *Pulse) Sleep(now time.Time, probing bool) time.Duration { return p.sleep(now, probing) }
func (p *Pulse) Run(ctx context.Context)                         { p.run(ctx, func() bool { return true }) }
func (p *Pulse) Contention(now time.Time) time.Duration          { return p.contention(now) }
func (p *Pulse) Lateness() time.Duration                         { return p.lateness() }

// A Usual is a usual.
type Usual struct{ usual }

func (u *Usual) Add(d time.Duration)          { u.add(d) }
func (u *Usual) Total() (time.Duration, bool) { return u.total() }

// A Place is a place.
type Place struct{ place }

func (p *Place) Add(d time.Duration, at time.Time) { p.add(d, at) }
func (p *Place) Shortest() time.Duration           { return p.shortest() }

// Starved is starved.
func Starved(total, stalled, contention, usual time.Duration) time.Duration {
	return starved(total, stalled, contention, usual)
}

// A Probe is a probe of a target that a test makes up.
type Probe struct {
	Pulse Pulse
	t     target
}

// NewProbe returns one of a target that nothing is known of.
func NewProbe() *Probe {
	return &Probe{t: target{place: new(place)}}
}

// Measure lets during happen while the target is probed, and enters in m by how
// much the prober was starved.
func (p *Probe) Measure(m *data.Measurement, during func(*Pulse)) {
	w := watch{pulse: &p.Pulse.pulse, t: &p.t, stalled: p.Pulse.stalled(time.Now())}
	during(&p.Pulse)
	w.end(m)
}
