package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
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
	var nc net.Conn
	var err error
	if r.t.route.proxy == nil {
		nc, err = r.connect(h.hostname, h.addr)
	} else {
		nc, err = r.through(h)
	}
	if err != nil {
		return nil, err
	}
	if h.url.Scheme != "https" {
		r.step(phaseRequest)
		return r.speak(h, newConn(nc), r.t.route.h2only)
	}
	r.step(phaseTLS)
	return r.greet(h, nc)
}

// connect opens a TCP connection to addr, which is of hostname. Every connection of
// a probe is opened here, and each address that a name has is judged here.
func (r *run) connect(hostname, addr string) (net.Conn, error) {
	w := r.t.route
	d := net.Dialer{Deadline: r.deadline, Resolver: r.resolver(), LocalAddr: w.local()}
	if !r.t.reuse {
		d.KeepAlive = -1
	}
	if allow := r.p.o.Allow; allow != nil {
		d.Control = func(_, address string, _ syscall.RawConn) error { return judge(allow, address) }
	}
	ctx := r.ctx
	var nc net.Conn
	// What came before counts as part of it: there is no request yet.
	if _, err := netip.ParseAddr(hostname); err == nil {
		r.phase = phaseConnect
		nc, err = d.DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, w.explain(err)
		}
	} else if r.pinned(addr) || w.family != "" {
		if nc, err = r.choose(d, hostname, addr); err != nil {
			return nil, w.explain(err)
		}
	} else {
		r.phase = phaseDNS
		if err := r.mayAsk(); err != nil {
			return nil, err
		}
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{DNSDone: func(info httptrace.DNSDoneInfo) {
			if info.Err == nil {
				r.step(phaseConnect)
			}
		}})
		if nc, err = d.DialContext(ctx, "tcp", w.rooted(addr)); err != nil {
			return nil, err
		}
	}
	if err := nc.SetDeadline(r.deadline); err != nil {
		nc.Close()
		return nil, err
	}
	return nc, nil
}

// greet does the TLS handshake, and hands the connection on if it is to speak
// HTTP/2.
func (r *run) greet(h *hop, nc net.Conn) (*conn, error) {
	if r.ctx.Done() != nil {
		stop := context.AfterFunc(r.ctx, func() { nc.SetDeadline(longAgo) })
		defer stop()
	}
	tc := tls.Client(unheard{nc}, r.config(h))
	if err := tc.Handshake(); err != nil {
		bare(nc).Close()
		return nil, err
	}
	state := tc.ConnectionState()
	r.step(phaseRequest)
	c := newConn(tc)
	c.tls = &data.TLS{Version: tls.VersionName(state.Version), Expires: expires(&state)}
	c.leaf = state.PeerCertificates[0]
	h2 := state.NegotiatedProtocol == "h2"
	if r.t.route.h2only && !h2 {
		c.abort()
		return nil, errNoHTTP2
	}
	return r.speak(h, c, h2)
}

var errNoHTTP2 = &fault{data.ErrProtocol, "the server does not speak HTTP/2, which protocol: http2 asks for"}

// config is how h is greeted. What identifies the monitor is for its own host.
func (r *run) config(h *hop) *tls.Config {
	w := r.t.route
	c := &tls.Config{
		ServerName: h.serverName, RootCAs: w.roots, NextProtos: w.protocols, Time: r.p.o.Now, MinVersion: w.least,
		InsecureSkipVerify: w.insecure, //nolint:gosec // the definition says so, and a warning is logged
	}
	if c.RootCAs == nil {
		c.RootCAs = r.p.o.RootCAs
	}
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		r.asked = true
		if h.own && len(w.client) > 0 {
			return &w.client[0], nil
		}
		return new(tls.Certificate), nil
	}
	return c
}

// An unheard connection does not tell of writes that the peer does not take any more:
// why it has left stands in what it wrote last.
type unheard struct{ net.Conn }

func (u unheard) Write(b []byte) (int, error) {
	n, err := u.Conn.Write(b)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return len(b), nil
	}
	return n, err
}

// NetConn is the connection under u, as it is that of a [tls.Conn].
func (u unheard) NetConn() net.Conn { return u.Conn }

// speak hands c on if it is to speak HTTP/2.
func (r *run) speak(h *hop, c *conn, h2 bool) (*conn, error) {
	if !h2 {
		return c, nil
	}
	if err := r.upgrade(h, c); err != nil {
		c.abort()
		return nil, err
	}
	return c, nil
}

// resolver is who looks names up.
func (r *run) resolver() *net.Resolver {
	if own := r.t.route.resolver; own != nil {
		return own
	}
	return r.p.o.Resolver
}

// mayAsk asks the policy for a name server that the monitor has named. The system's
// own is the operator's choice.
func (r *run) mayAsk() error {
	allow, w := r.p.o.Allow, r.t.route
	if allow == nil || w.resolver == nil {
		return nil
	}
	if err := allow(w.asks); err != nil {
		return &fault{data.ErrBlocked, fmt.Sprintf("the resolver %s is not allowed: %v", w.asks, err)}
	}
	return nil
}

// expires is when the last of the chains loses its first certificate. Of chains that
// nobody verified it is the end of the server's own.
func expires(state *tls.ConnectionState) time.Time {
	var last time.Time
	chains := state.VerifiedChains
	if len(chains) == 0 && len(state.PeerCertificates) > 0 {
		last = state.PeerCertificates[0].NotAfter
	}
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
