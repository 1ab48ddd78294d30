package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/data"
)

type handed struct{} // the key of a context's connection

// newH2 returns a transport that speaks HTTP/2 on connections that come with the
// context, since net/http has no other door to it.
func newH2() *http.Transport {
	t := &http.Transport{
		DialContext: take, DialTLSContext: take,
		DisableCompression: true, MaxResponseHeaderBytes: MaxHeader, Protocols: new(http.Protocols),
	}
	t.Protocols.SetHTTP2(true)
	t.Protocols.SetUnencryptedHTTP2(true)
	return t
}

func take(ctx context.Context, _, _ string) (net.Conn, error) {
	return ctx.Value(handed{}).(net.Conn), nil
}

// upgrade makes c speak HTTP/2. From then on contexts bound it, not deadlines,
// because a goroutine of net/http reads it between requests too.
func (r *run) upgrade(h *hop, c *conn) error {
	if _, secure := c.Conn.(*tls.Conn); !secure {
		c.Conn = &heard{Conn: c.Conn}
	}
	cc, err := r.p.h2.NewClientConn(context.WithValue(r.ctx, handed{}, c.Conn), h.url.Scheme, h.addr)
	if err != nil {
		return c.why(err)
	}
	c.h2 = cc
	c.SetDeadline(time.Time{}) // of one that has ended already, the request will tell
	return nil
}

// A heard connection remembers what reading it ended with.
type heard struct {
	net.Conn
	end atomic.Pointer[error]
}

func (h *heard) Read(b []byte) (int, error) {
	n, err := h.Conn.Read(b)
	if err != nil {
		h.end.CompareAndSwap(nil, &err)
	}
	return n, err
}

// NetConn is the connection under h, as it is that of a [tls.Conn].
func (h *heard) NetConn() net.Conn { return h.Conn }

// why is err, or what net/http does not tell: how the connection ended that it could
// send no request on. It reads no more by then.
func (c *conn) why(err error) error {
	if err == nil || !strings.Contains(err.Error(), "http2: client conn could not be established") {
		return err
	}
	var end error
	switch nc := c.Conn.(type) {
	case *heard:
		if e := nc.end.Load(); e != nil {
			end = *e
		}
	case *tls.Conn: // which says again what it has said before
		nc.SetReadDeadline(longAgo)
		_, end = nc.Read(make([]byte, 1))
	}
	if errors.Is(end, io.EOF) || errors.Is(end, syscall.ECONNRESET) || alert(end) != "" {
		return end
	}
	return &fault{data.ErrProtocol, "the server does not speak HTTP/2"}
}

// http2 makes the request, and waits for the answer's headers.
func (r *run) http2(v *visit) error {
	var wrote, first atomic.Int64 // set by goroutines of net/http
	now := func() int64 { return time.Since(r.begun).Microseconds() }
	ctx, cancel := context.WithDeadline(r.ctx, r.deadline)
	v.done = cancel
	req, err := v.hop.make()
	if err != nil {
		return err
	}
	req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				wrote.CompareAndSwap(0, now())
			}
		},
		GotFirstResponseByte: func() { first.CompareAndSwap(0, now()) },
	}))
	req.Close = !r.t.reuse
	r.addLate(req.Header, v.hop)
	res, err := v.conn.h2.RoundTrip(req)
	if at := wrote.Load(); at != 0 {
		r.stepAt(phaseFirstByte, at)
	}
	if at := first.Load(); at != 0 {
		r.answered = true
		r.stepAt(phaseTransfer, at)
	}
	v.res = res
	return v.conn.why(err)
}

// cause is the error of TLS that the connection ended with, where net/http tells of
// an end alone.
func (c *conn) cause(err error) error {
	if c.h2 == nil || !errors.Is(err, io.ErrUnexpectedEOF) && !isGone(err) {
		return err
	}
	c.SetReadDeadline(longAgo) // what has ended says so all the same
	if _, why := c.Conn.Read(make([]byte, 1)); why != nil && isTLS(why) {
		return why
	}
	return err
}
