package probe

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"
)

type handed struct{} // the key of a context's connection

// newH2 returns a transport that speaks HTTP/2 on connections that come with the
// context, since net/http has no other door to it.
func newH2() *http.Transport {
	t := &http.Transport{
		DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return ctx.Value(handed{}).(net.Conn), nil
		},
		DisableCompression: true, MaxResponseHeaderBytes: MaxHeader, Protocols: new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	t.Protocols.SetHTTP2(true)
	return t
}

// upgrade makes c speak HTTP/2. From then on contexts bound it, not deadlines,
// because a goroutine of net/http reads it between requests too.
func (r *run) upgrade(h *hop, c *conn) error {
	cc, err := r.p.h2.NewClientConn(context.WithValue(r.ctx, handed{}, c.Conn), "https", h.addr)
	if err != nil {
		return err
	}
	c.h2 = cc
	return c.SetDeadline(time.Time{})
}

// http2 makes the request, and waits for the answer's headers.
func (r *run) http2(v *visit) error {
	var wrote, first atomic.Int64 // set by goroutines of net/http
	now := func() int64 { return time.Since(r.begun).Microseconds() }
	ctx, cancel := context.WithDeadline(r.ctx, r.deadline)
	v.done = cancel
	req := v.hop.req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest:         func(httptrace.WroteRequestInfo) { wrote.CompareAndSwap(0, now()) },
		GotFirstResponseByte: func() { first.CompareAndSwap(0, now()) },
	}))
	req.Header = r.lateHeader(v.hop)
	if v.hop.body != "" {
		req.Body = io.NopCloser(strings.NewReader(v.hop.body))
	}
	res, err := v.conn.h2.RoundTrip(req)
	if at := wrote.Load(); at != 0 {
		r.stepAt(phaseFirstByte, at)
	}
	if at := first.Load(); at != 0 {
		r.answered = true
		r.stepAt(phaseTransfer, at)
	}
	v.res = res
	return err
}
