package postgres

import "sync"

// parts remembers which partitions of the rollups are there.
type parts struct {
	mu    sync.Mutex
	known map[string]bool
}

func (p *parts) hasPart(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known[key]
}

// learn adds what a transaction that is committed has made.
func (p *parts) learn(made map[string]bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = map[string]bool{}
	}
	for key := range made {
		p.known[key] = true
	}
}

func (p *parts) forgetParts() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known = nil
}
