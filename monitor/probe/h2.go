package probe

import (
	"context"
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
// context, since net/http has no other door to it. To it they are without TLS, which
// has been spoken below.
func newH2() *http.Transport {
	const buffered = 256 << 10 // bytes of a body that may come before they are read
	t := &http.Transport{
		HTTP2:              &http.HTTP2Config{MaxReceiveBufferPerStream: buffered},
		DialContext:        func(ctx context.Context, _, _ string) (net.Conn, error) { return ctx.Value(handed{}).(net.Conn), nil },
		DisableCompression: true, MaxResponseHeaderBytes: MaxHeader, Protocols: new(http.Protocols),
	}
	t.Protocols.SetUnencryptedHTTP2(true)
	return t
}

// upgrade makes c speak HTTP/2. From then on contexts bound it, not deadlines,
// because a goroutine of net/http reads it between requests too.
func (r *run) upgrade(h *hop, c *conn) error {
	heard := &heard{Conn: c.Conn}
	c.Conn = heard
	cc, err := r.p.h2.NewClientConn(context.WithValue(r.ctx, handed{}, c.Conn), "http", h.addr)
	if err != nil {
		return c.why(err)
	}
	c.h2 = cc
	c.SetDeadline(time.Time{}) // of one that has ended already, the request will tell
	return nil
}

// A heard connection remembers what reading it ended with, and tames what it reads.
type heard struct {
	net.Conn
	end     atomic.Pointer[error]
	windows windows
}

func (h *heard) Read(b []byte) (int, error) {
	n, err := h.Conn.Read(b)
	h.windows.tame(b[:n])
	if err != nil {
		h.end.CompareAndSwap(nil, &err)
	}
	return n, err
}

// NetConn is the connection under h, as it is that of a [tls.Conn].
func (h *heard) NetConn() net.Conn { return h.Conn }

// why is err, or what net/http does not tell: how the connection ended.
func (c *conn) why(err error) error {
	unused := err != nil && strings.Contains(err.Error(), "http2: client conn could not be established")
	if err == nil || !unused && !isGone(err) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	var end error
	if e := c.Conn.(*heard).end.Load(); e != nil {
		end = *e
	}
	switch {
	case end != nil && isTLS(end), unused && (errors.Is(end, io.EOF) || errors.Is(end, syscall.ECONNRESET)):
		return end
	case unused:
		return &fault{data.ErrProtocol, "the server does not speak HTTP/2"}
	}
	return err
}

// http2 makes the request, and waits for the answer's headers.
func (r *run) http2(v *visit) error {
	r.overH2 = true
	v.conn.Conn.(*heard).windows.again()
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
