package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http/httptrace"
	"net/netip"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/data"
)

// dial looks up, connects and greets, within the deadline, which it leaves on
// the connection.
func (r *run) dial(h *hop) (*conn, error) {
	d := net.Dialer{Deadline: r.deadline, Resolver: r.p.o.Resolver}
	if !r.t.reuse {
		d.KeepAlive = -1
	}
	if allow := r.p.o.Allow; allow != nil {
		d.Control = func(_, address string, _ syscall.RawConn) error { return judge(allow, address) }
	}
	ctx := r.ctx
	// What came before counts as part of it: there is no request yet.
	if _, err := netip.ParseAddr(h.hostname); err == nil {
		r.phase = phaseConnect
	} else {
		r.phase = phaseDNS
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{DNSDone: func(info httptrace.DNSDoneInfo) {
			if info.Err == nil {
				r.step(phaseConnect)
			}
		}})
	}
	nc, err := d.DialContext(ctx, "tcp", h.addr)
	if err != nil {
		return nil, err
	}
	if err := nc.SetDeadline(r.deadline); err != nil {
		nc.Close()
		return nil, err
	}
	if h.url.Scheme != "https" {
		r.step(phaseRequest)
		return newConn(nc), nil
	}
	r.step(phaseTLS)
	return r.greet(h, nc)
}

// greet does the TLS handshake, and hands the connection on if it is to speak
// HTTP/2.
func (r *run) greet(h *hop, nc net.Conn) (*conn, error) {
	if r.ctx.Done() != nil {
		stop := context.AfterFunc(r.ctx, func() { nc.SetDeadline(longAgo) })
		defer stop()
	}
	tc := tls.Client(nc, &tls.Config{
		ServerName: h.serverName, RootCAs: r.p.o.RootCAs, NextProtos: []string{"h2", "http/1.1"}, Time: r.p.o.Now,
	})
	if err := tc.Handshake(); err != nil {
		nc.Close()
		return nil, err
	}
	state := tc.ConnectionState()
	r.step(phaseRequest)
	c := newConn(tc)
	c.tls = &data.TLS{Version: tls.VersionName(state.Version), Expires: expires(state.VerifiedChains)}
	if state.NegotiatedProtocol == "h2" {
		if err := r.upgrade(h, c); err != nil {
			nc.Close()
			c.close()
			return nil, err
		}
	}
	return c, nil
}

// expires is when the last of the chains loses its first certificate.
func expires(chains [][]*x509.Certificate) time.Time {
	var last time.Time
	for _, chain := range chains {
		first := chain[0].NotAfter
		for _, c := range chain[1:] {
			if c.NotAfter.Before(first) {
				first = c.NotAfter
			}
		}
		if first.After(last) {
			last = first
		}
	}
	return last.UTC()
}

func judge(allow func(netip.AddrPort) error, address string) error {
	to, err := netip.ParseAddrPort(address)
	if err == nil {
		err = allow(to)
	}
	if err != nil {
		return &fault{data.ErrBlocked, "the address " + address + " is not allowed: " + err.Error()}
	}
	return nil
}
