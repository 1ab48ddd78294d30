package strain

import "time"

// Beat makes a beat that was to end at due, and ended late.
func (p *Pulse) Beat(due time.Time, late time.Duration) {
	p.begin(due)
	p.end(due.Add(late))
}

func (p *Pulse) Begin(due time.Time)                             { p.begin(due) }
func (p *Pulse) End(woke time.Time)                              { p.end(woke) }
func (p *Pulse) Stalled(now time.Time) time.Duration             { return p.stalled(now) }
func (p *Pulse) Sleep(now time.Time, probing bool) time.Duration { return p.sleep(now, probing) }

// A Usual is a usual.
type Usual struct{ usual }

func (u *Usual) Add(d time.Duration)          { u.add(d) }
func (u *Usual) Total() (time.Duration, bool) { return u.total() }

func (p *Place) Add(d time.Duration, at time.Time) { p.add(d, at) }
func (p *Place) Shortest() time.Duration           { return p.shortest() }

// Starved is starved.
var Starved = starved
