package probe

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/monitorink/monitorink/data"
)

// tokens are those of OAuth2 that probes have got, one for each way to ask. The zero
// value is empty.
type tokens struct {
	mu   sync.Mutex
	all  map[[sha256.Size]byte]*token
	many int // when to look for those that nobody needs any more
}

// of returns the token that is asked for in that way.
func (s *tokens) of(key [sha256.Size]byte) *token {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.all[key]; t != nil {
		return t
	}
	if s.all == nil {
		s.all = map[[sha256.Size]byte]*token{}
	}
	if len(s.all) >= s.many {
		for k, t := range s.all {
			if t.idle() {
				delete(s.all, k)
			}
		}
		s.many = max(2*len(s.all), 64)
	}
	t := &token{}
	s.all[key] = t
	return t
}

// A token is asked for by one probe at a time, for all that want it meanwhile.
type token struct {
	mu      sync.Mutex
	value   string // empty: none
	renew   time.Time
	expires time.Time
	asking  *asking // nil: nobody is
}

// asking is a request for a token under way.
type asking struct {
	done  chan struct{} // closed when grant is there
	grant grant
}

func (t *token) idle() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.asking == nil && (t.value == "" || !time.Now().Before(t.expires))
}

// get returns a token that is valid, and asks for one if it must.
func (t *token) get(r *run) (string, *data.Error) {
	for {
		value, a, mine := t.look()
		if a == nil {
			return value, nil
		}
		if mine {
			g := t.ask(r, a, value != "")
			if g.err != nil && value == "" {
				return "", g.err
			}
			if g.err != nil { // the old one still serves
				r.Exhausted = false
				return value, nil
			}
			return g.token, nil
		}
		if err := a.wait(r); err != nil {
			return "", err
		}
		if g := a.grant; g.err == nil || !g.limited || r.ctx.Err() != nil {
			return g.token, g.err
		}
	}
}

// look returns a value to go on with, or a request to wait for, which is the caller's
// to make when mine is true: then value is one that may be used if it fails.
func (t *token) look() (value string, a *asking, mine bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if t.value != "" && !now.Before(t.expires) {
		t.value = ""
	}
	switch {
	case t.value != "" && (now.Before(t.renew) || t.asking != nil):
		return t.value, nil, false
	case t.asking != nil:
		return "", t.asking, false
	}
	t.asking = &asking{done: make(chan struct{})}
	return t.value, t.asking, true
}

// ask makes the request a. One that only renews takes half of the time that is left.
func (t *token) ask(r *run, a *asking, renewal bool) grant {
	a.grant = grant{err: &data.Error{Kind: data.ErrInternal, Message: "asking for a token ended in a panic"}, limited: true}
	defer func() { t.settle(a) }()
	deadline := r.deadline
	if renewal {
		deadline = time.Now().Add(time.Until(r.deadline) / 2)
	}
	a.grant = r.t.issuer.request(r, deadline)
	return a.grant
}

func (t *token) settle(a *asking) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	switch g := a.grant; {
	case g.err == nil:
		t.value, t.renew, t.expires = g.token, now.Add(g.life*8/10), now.Add(g.life)
	case t.value != "":
		t.renew = now.Add(t.expires.Sub(now) / 2)
	}
	t.asking = nil
	close(a.done)
}

// forget drops value, which the target has refused, unless another has come since.
func (t *token) forget(value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value == value {
		t.value = ""
	}
}

// wait waits for another probe's request, as long as r may.
func (a *asking) wait(r *run) *data.Error {
	timer := time.NewTimer(time.Until(r.deadline))
	defer timer.Stop()
	select {
	case <-a.done:
		return nil
	case <-timer.C:
		return &data.Error{Kind: data.ErrAuth, Message: fmt.Sprintf("the token endpoint %s: no token within %v", r.t.issuer.name, r.t.timeout)}
	case <-r.ctx.Done():
		return r.classify(r.ctx.Err(), "")
	}
}
