package probe

import (
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/monitorink/monitorink/data"
)

// A phase is what is under way.
type phase int

const (
	preparing phase = iota // what is spent between the others counts as request
	dns
	connect
	handshake
	request
	firstByte
	transfer
	phases
)

var phaseNames = [phases]string{"request", "dns", "connect", "tls", "request", "first_byte", "transfer"}

// A clock attributes the time of one hop to phases, told by net/http what goes on.
// Callbacks may come from several goroutines, and after the hop has ended.
type clock struct {
	mu      sync.Mutex
	now     phase
	since   time.Time
	start   time.Time
	spent   [phases]time.Duration
	entered [phases]bool
	dialed  bool // there is a connection: what other dials report is not ours
	ended   bool
	remote  string
	tls     *tls.ConnectionState
}

func newClock() *clock {
	t := time.Now()
	return &clock{start: t, since: t}
}

// enter ends the phase that is under way and begins p.
func (c *clock) enter(p phase) {
	t := time.Now()
	c.spent[c.now] += t.Sub(c.since)
	c.since, c.now, c.entered[p] = t, p, true
}

// dialing runs f unless the hop no longer waits for a dial.
func (c *clock) dialing(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.dialed && !c.ended {
		f()
	}
}

// talking runs f unless the hop has ended.
func (c *clock) talking(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		f()
	}
}

func (c *clock) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { c.dialing(func() { c.enter(dns) }) },
		DNSDone:  func(httptrace.DNSDoneInfo) { c.dialing(func() { c.enter(preparing) }) },
		ConnectStart: func(string, string) {
			c.dialing(func() {
				if c.now != connect { // a second address is tried beside the first
					c.enter(connect)
				}
			})
		},
		ConnectDone: func(_, _ string, err error) {
			if err == nil {
				c.dialing(func() { c.enter(preparing) })
			}
		},
		TLSHandshakeStart: func() { c.dialing(func() { c.enter(handshake) }) },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err == nil {
				c.dialing(func() { c.enter(preparing) })
			}
		},
		GotConn: func(info httptrace.GotConnInfo) {
			c.talking(func() {
				c.dialed = true
				c.remote = info.Conn.RemoteAddr().String()
				c.enter(request)
			})
		},
		WroteRequest: func(httptrace.WroteRequestInfo) {
			c.talking(func() {
				if c.now == request {
					c.enter(firstByte)
				}
			})
		},
		GotFirstResponseByte: func() {
			c.talking(func() {
				if c.now < transfer {
					c.enter(transfer)
				}
			})
		},
	}
}

// end stops the clock.
func (c *clock) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.enter(c.now)
		c.ended = true
	}
}

// where is the phase that is, or was at the end, under way.
func (c *clock) where() phase {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// phases returns what was measured, after end. Cutting each part to microseconds
// must not lose any from the sum, so the request's is what the others leave.
func (c *clock) phases() data.Phases {
	c.mu.Lock()
	defer c.mu.Unlock()
	span := func(p phase) data.Span {
		if !c.entered[p] {
			return 0
		}
		return data.SpanOf(c.spent[p])
	}
	p := data.Phases{
		DNS: span(dns), Connect: span(connect), TLS: span(handshake), FirstByte: span(firstByte), Transfer: span(transfer),
		Total: data.SpanOf(c.since.Sub(c.start)),
	}
	rest := p.Total.D() - p.DNS.D() - p.Connect.D() - p.TLS.D() - p.FirstByte.D() - p.Transfer.D()
	p.Request = data.SpanOf(rest)
	return p
}
