package probe

import "time"

// KindOf gives tests the kinds of errors that cannot be had on loopback.
var KindOf = networkKind

// Exhausted reports whether err, of kind, is for a lack on this machine.
var Exhausted = exhausted

// Free is how much of the body budget nobody holds.
func (p *Prober) Free() int64 {
	p.budget.mu.Lock()
	defer p.budget.mu.Unlock()
	return p.budget.free
}

// Idle is how many connections wait for the next probe.
func (p *Prober) Idle() int {
	p.idle.mu.Lock()
	defer p.idle.mu.Unlock()
	return p.idle.n
}

// Age makes all tokens older by d.
func (p *Prober) Age(d time.Duration) {
	p.tokens.mu.Lock()
	defer p.tokens.mu.Unlock()
	for _, t := range p.tokens.all {
		t.mu.Lock()
		t.renew, t.expires = t.renew.Add(-d), t.expires.Add(-d)
		t.mu.Unlock()
	}
}

// Tokens is how many ways to ask for a token are remembered.
func (p *Prober) Tokens() int {
	p.tokens.mu.Lock()
	defer p.tokens.mu.Unlock()
	return len(p.tokens.all)
}
