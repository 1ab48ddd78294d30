package probe

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Options are the settings of a Prober. The zero value is useful.
type Options struct {
	// BodyBudget is how many bytes of bodies all probes hold at once; 0: 64
	// MiB, and at least 1 MiB. A probe that finds no room waits for it, within
	// its own timeout; up to 64 KiB that it has read are not counted meanwhile.
	BodyBudget int64
	// UserAgent is sent by monitors that have none; empty: Monitorink.
	UserAgent string
	// Now is the wall clock of Response.Started and of certificates; nil:
	// time.Now. Durations are measured by the monotonic clock.
	Now func() time.Time
	// RootCAs are whom certificates must be signed by; nil: the system's.
	RootCAs *x509.CertPool
	// Resolver looks up names; nil: net.DefaultResolver.
	Resolver *net.Resolver
	// Allow, when set, may forbid an address before it is connected to; the
	// probe then fails with [data.ErrBlocked].
	Allow func(netip.AddrPort) error
}

// A Prober probes targets. It may be used by several goroutines.
type Prober struct {
	o      Options
	budget budget
	idle   idle
	h2     *http.Transport // never dials: it is handed connections
	tokens tokens
}

// New returns a prober. Close it to close its idle connections.
func New(o Options) *Prober {
	if o.BodyBudget <= 0 {
		o.BodyBudget = 64 << 20
	}
	if o.UserAgent == "" {
		o.UserAgent = "Monitorink"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Prober{o: o, budget: budget{free: max(o.BodyBudget, MaxBody)}, h2: newH2()}
}

// Close closes the idle connections. Probes under way go on, and what they would
// have kept is closed too.
func (p *Prober) Close() { p.idle.close() }

// Probe probes t once. What goes wrong is in Response.Err. It returns no later
// than the monitor's timeout after its beginning, and when ctx ends; then Err is
// of kind internal.
func (p *Prober) Probe(ctx context.Context, t *Target) *Response {
	now := time.Now()
	r := run{p: p, t: t, ctx: ctx, Response: &Response{Started: p.o.Now()}, begun: now, deadline: now.Add(t.timeout)}
	if r.begin() {
		r.follow()
	}
	return r.Response
}

// Waits is how many bodies have had to wait for room in the budget so far.
func (p *Prober) Waits() int64 {
	p.budget.mu.Lock()
	defer p.budget.mu.Unlock()
	return p.budget.waits
}
