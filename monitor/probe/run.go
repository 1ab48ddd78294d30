package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/data"
)

// The names of the phases.
const (
	phaseDNS       = "dns"
	phaseConnect   = "connect"
	phaseTLS       = "tls"
	phaseRequest   = "request"
	phaseFirstByte = "first_byte"
	phaseTransfer  = "transfer"
)

// A run is one probe under way.
type run struct {
	*Response
	p        *Prober
	t        *Target
	ctx      context.Context // stored, since a run lives as long as one call
	begun    time.Time
	deadline time.Time

	phase    string      // under way
	mark     int64       // when it began, in whole microseconds since begun
	hop      data.Phases // of the request under way
	inBody   bool
	answered bool        // something of the answer has come
	overH2   bool        // the request under way
	asked    bool        // the server wanted a client certificate
	pin      *netip.Addr // where the target is to be reached; nil: anywhere
	found    int64       // when it was known; 0: it needed no looking up
}

// step ends the phase under way, and begins next. Marks are cut to microseconds,
// not durations, so that phases add up exactly.
func (r *run) step(next string) { r.stepAt(next, time.Since(r.begun).Microseconds()) }

func (r *run) stepAt(next string, now int64) {
	now = max(now, r.mark)
	s := r.span(r.phase)
	*s = s.Add(micros(now - r.mark))
	r.phase, r.mark = next, now
}

func micros(n int64) data.Span { return data.SpanOf(time.Duration(n) * time.Microsecond) }

func (r *run) span(phase string) *data.Span {
	switch phase {
	case phaseDNS:
		return &r.hop.DNS
	case phaseConnect:
		return &r.hop.Connect
	case phaseTLS:
		return &r.hop.TLS
	case phaseFirstByte:
		return &r.hop.FirstByte
	case phaseTransfer:
		return &r.hop.Transfer
	}
	return &r.hop.Request
}

// begin gets what a probe has of its own, and reports whether it can go on.
func (r *run) begin() bool {
	if r.t.traceparent || r.t.cookies || r.t.issuer != nil {
		r.late = &late{}
	}
	if r.t.traceparent {
		r.late.trace = newTrace()
	}
	return r.t.issuer == nil || r.authorize()
}

// follow goes from the first request through redirects to the end.
func (r *run) follow() {
	h := r.t.first
	for followed := 0; h != nil; followed++ {
		start := r.mark
		r.hop, r.phase, r.answered, r.asked, r.overH2 = data.Phases{}, phaseRequest, false, false, false
		if r.found > r.mark { // its part of what was done for all addresses
			r.phase = phaseDNS
			r.stepAt(phaseRequest, r.found)
		}
		v := visit{hop: h}
		next, err := r.ask(&v, followed)
		if err != nil {
			if r.overH2 {
				err = v.conn.why(err)
			}
			r.fail(err)
			r.blameToken()
		}
		if h.token && v.status() == http.StatusUnauthorized {
			r.p.tokens.of(r.t.issuer.key).forget(r.late.token)
		}
		r.hop.Total = micros(r.mark - start)
		r.Phases = r.Phases.Add(r.hop)
		if followed > 0 || next != nil {
			r.Hops = append(r.Hops, data.Hop{URL: h.name(), Status: v.status(), Remote: v.remote(), Phases: r.hop})
		}
		if r.HTTP != nil {
			r.HTTP.Redirects = max(len(r.Hops)-1, 0)
		}
		broken := err != nil
		if next == nil && v.res != nil && r.t.capture > 0 && r.capture(&v) != nil {
			broken = true
		}
		r.part(&v, broken)
		h = next
	}
}

// fail ends the phase under way with err.
func (r *run) fail(err error) {
	phase := r.phase
	r.step(phase)
	r.Err = r.classify(err, phase)
	r.Exhausted = exhausted(err, r.Err.Kind)
}

// name is the URL as events have it.
func (h *hop) name() string {
	if h.shown != "" {
		return bounded(h.shown)
	}
	return bounded(h.url.String())
}

// A visit is one hop with what it has opened.
type visit struct {
	hop   *hop
	conn  *conn
	res   *http.Response
	whole bool               // the body was read to its end
	done  context.CancelFunc // of an exchange over HTTP/2
	stop  func() bool        // of the watch over ctx
}

func (v *visit) status() int {
	if v.res == nil {
		return 0
	}
	return v.res.StatusCode
}

func (v *visit) remote() string {
	if v.conn == nil {
		return ""
	}
	return v.conn.remote
}

// ask makes one request, and returns where its answer leads, if anywhere.
func (r *run) ask(v *visit, followed int) (*hop, error) {
	v.conn = r.idleFor(v.hop)
	reused := v.conn != nil
	err := r.exchange(v)
	if err != nil && reused && !r.answered && stale(err) {
		// The peer had closed it in the meantime: nothing is wrong yet.
		r.part(v, true)
		r.step(phaseRequest)
		*v, r.overH2 = visit{hop: v.hop}, false
		err = r.exchange(v)
	}
	if err != nil {
		return nil, err
	}
	if code := v.res.StatusCode; code < 100 { // RFC 9110, 15
		return nil, &fault{data.ErrProtocol, fmt.Sprintf("the answer has the status %03d, and there is none below 100", code)}
	}
	r.HTTP = &data.HTTP{Status: v.res.StatusCode, Protocol: v.res.Proto, Remote: v.conn.remote, BodyBytes: -1}
	r.Header, r.URL = v.res.Header, v.hop.url
	if v.hop.forward && v.res.StatusCode == http.StatusProxyAuthRequired {
		return nil, r.t.route.proxy.unauthorized()
	}
	r.keepCookies(v)
	next, err := r.redirect(v, followed)
	if err == nil && next == nil && r.t.needsBody {
		err = r.readBody(v)
	}
	return next, err
}

func (r *run) exchange(v *visit) error {
	if v.conn == nil {
		c, err := r.dial(v.hop)
		if err != nil {
			return err
		}
		v.conn = c
	}
	r.TLS, r.Certificate = v.conn.tls, v.conn.leaf
	if v.conn.h2 != nil {
		return r.http2(v)
	}
	if r.ctx.Done() != nil {
		tcp := v.conn.Conn
		v.stop = context.AfterFunc(r.ctx, func() { tcp.SetDeadline(longAgo) })
	}
	return r.http1(v)
}

// part keeps the connection for later, or closes it.
func (r *run) part(v *visit, broken bool) {
	c := v.conn
	if c == nil {
		return
	}
	keep := !broken && r.t.reuse && v.res != nil && c.rest(v, r.deadline)
	if v.res != nil && c.h2 != nil {
		v.res.Body.Close()
	}
	if v.done != nil {
		v.done()
	}
	if v.stop != nil && !v.stop() {
		keep = false
	}
	if keep && c.ready() && r.p.idle.put(r.key(v.hop), c) {
		return
	}
	if broken {
		c.abort()
		return
	}
	c.close()
}

// stale reports whether err is what a connection gives that the peer closed
// while it was idle.
func stale(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || isGone(err)
}

var longAgo = time.Unix(1, 0)
