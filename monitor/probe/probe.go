package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/monitorink/monitorink/data"
)

const (
	maxBody   = 1 << 20  // of a body, after decompression
	maxHeader = 64 << 10 // of all headers of a response
	maxDrain  = 64 << 10 // read and thrown away so that a connection serves again
	firstRead = 16 << 10 // of a body, before the budget is asked
)

// Options are the settings of a Prober. The zero value is useful.
type Options struct {
	// BodyBudget is how many bytes of bodies larger than 16 KiB all probes
	// may hold at once; 0: 64 MiB. A probe waits for its share.
	BodyBudget int64
	// UserAgent is sent by monitors that have none; empty: Monitorink.
	UserAgent string
	// RootCAs are whom certificates must be signed by; nil: the system's.
	RootCAs *x509.CertPool
	// Now is the wall clock of Response.Started; nil: time.Now.
	Now func() time.Time
}

// A Prober probes targets. It may be used by several goroutines.
type Prober struct {
	fresh, reuse *http.Transport
	agent        []string
	now          func() time.Time
	shares       chan struct{} // one for each maxBody of the budget
	small        sync.Pool     // of *[]byte, firstRead
	large        sync.Pool     // of *[]byte, maxBody + 1
}

// New returns a prober.
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
	transport := func(keep bool) *http.Transport {
		return &http.Transport{
			DialContext:            (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: -1}).DialContext,
			TLSClientConfig:        &tls.Config{RootCAs: o.RootCAs},
			TLSHandshakeTimeout:    30 * time.Second,
			DisableKeepAlives:      !keep,
			MaxIdleConnsPerHost:    256,
			IdleConnTimeout:        10 * time.Minute,
			MaxResponseHeaderBytes: maxHeader,
			ForceAttemptHTTP2:      true,
			ReadBufferSize:         4 << 10,
			WriteBufferSize:        4 << 10,
		}
	}
	p := &Prober{
		fresh: transport(false), reuse: transport(true), agent: []string{o.UserAgent}, now: o.Now,
		shares: make(chan struct{}, max(o.BodyBudget/maxBody, 1)),
	}
	p.small.New = func() any { b := make([]byte, firstRead); return &b }
	p.large.New = func() any { b := make([]byte, maxBody+1); return &b }
	return p
}

// Close closes connections that are idle. Probes under way go on.
func (p *Prober) Close() {
	p.fresh.CloseIdleConnections()
	p.reuse.CloseIdleConnections()
}

// A Response is what a probe found. Release it after use.
type Response struct {
	Started time.Time
	HTTP    *data.HTTP // of the last response; nil: there was none
	TLS     *data.TLS  // of the last connection; nil: it had none
	Phases  data.Phases
	Hops    []data.Hop // with redirects followed: each request
	Header  http.Header
	Body    []byte      // valid until Release
	Err     *data.Error // what went wrong; nil: there is a whole answer

	prober *Prober
	pooled *[]byte
}

// Release gives the body's memory back. Twice is harmless.
func (r *Response) Release() {
	if r.pooled == nil {
		return
	}
	if len(*r.pooled) > firstRead {
		r.prober.large.Put(r.pooled)
		<-r.prober.shares
	} else {
		r.prober.small.Put(r.pooled)
	}
	r.pooled, r.Body = nil, nil
}

// Probe sends t's request and follows redirects, within t's timeout. It always
// returns a response; what went wrong is in its Err. When ctx ends first, Err is
// of kind internal.
func (p *Prober) Probe(ctx context.Context, t *Target) *Response {
	r := &Response{Started: p.now(), prober: p}
	limited, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	h := hop{target: t, url: t.url, method: t.method, header: t.header, host: t.host, body: t.body}
	if len(h.header["User-Agent"]) == 0 {
		h.header = withAgent(t.header, p.agent)
	}
	for n := 0; ; n++ {
		next := p.hop(limited, r, &h, n)
		if next == nil {
			break
		}
		h = *next
	}
	if len(r.Hops) == 1 {
		r.Hops = nil
	}
	if r.Err != nil && ctx.Err() != nil {
		r.Err = &data.Error{Kind: data.ErrInternal, Phase: r.Err.Phase, Message: "the prober was stopped"}
	}
	return r
}

func withAgent(header http.Header, agent []string) http.Header {
	h := make(http.Header, len(header)+1)
	for name, values := range header {
		h[name] = values
	}
	h["User-Agent"] = agent
	return h
}

// A hop is one request on the way.
type hop struct {
	target *Target
	url    *url.URL
	method string
	header http.Header
	host   string
	body   string
}

// hop sends one request, the n-th from 0, and returns what follows it, or nil.
func (p *Prober) hop(ctx context.Context, r *Response, h *hop, n int) *hop {
	c := newClock()
	req := (&http.Request{
		Method: h.method, URL: h.url, Header: h.header, Host: h.host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(httptrace.WithClientTrace(ctx, c.trace()))
	if h.body != "" {
		body := h.body
		req.ContentLength = int64(len(body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
		req.Body, _ = req.GetBody()
	}
	transport := p.fresh
	if h.target.reuse {
		transport = p.reuse
	}
	res, err := transport.RoundTrip(req)
	var next *hop
	if err == nil {
		r.describe(res, c, n)
		if next, r.Err = h.follow(res, n); next == nil && r.Err == nil {
			err = p.read(ctx, r, res, h.target)
		} else {
			p.drain(res, h.target)
		}
		res.Body.Close()
	}
	c.end()
	if err != nil {
		r.Err = classify(ctx, err, c.where(), res != nil)
	}
	ph := c.phases()
	r.Phases = r.Phases.Add(ph)
	entry := data.Hop{URL: h.url.Redacted(), Remote: c.remoteAddr(), Phases: ph}
	if res != nil {
		entry.Status = res.StatusCode
	}
	r.Hops = append(r.Hops, entry)
	return next
}

func (c *clock) remoteAddr() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remote
}

func (r *Response) describe(res *http.Response, c *clock, n int) {
	r.HTTP = &data.HTTP{Status: res.StatusCode, Protocol: res.Proto, Remote: c.remoteAddr(), Redirects: n, BodyBytes: -1}
	r.Header, r.TLS = res.Header, nil
	if s := res.TLS; s != nil {
		r.TLS = &data.TLS{Version: tls.VersionName(s.Version)}
		if len(s.VerifiedChains) > 0 {
			for _, cert := range s.VerifiedChains[0] {
				if e := cert.NotAfter.UTC(); r.TLS.Expires.IsZero() || e.Before(r.TLS.Expires) {
					r.TLS.Expires = e
				}
			}
		}
	}
}

// follow decides where a response leads: to another hop, or nowhere.
func (h *hop) follow(res *http.Response, n int) (*hop, *data.Error) {
	location := res.Header.Get("Location")
	if h.target.redirects == 0 || location == "" {
		return nil, nil
	}
	next := *h
	switch res.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther:
		if h.method != http.MethodHead && (res.StatusCode == http.StatusSeeOther || h.method == http.MethodPost) {
			next.method, next.body = http.MethodGet, ""
		}
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	if n >= h.target.redirects {
		return nil, &data.Error{Kind: data.ErrRedirects, Message: "more redirects than are allowed"}
	}
	u, err := h.url.Parse(location)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return nil, &data.Error{Kind: data.ErrRedirects, Message: "a redirect that leads nowhere: its Location is not an http URL"}
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	next.url = u
	if u.Host != h.url.Host || (h.url.Scheme == "https" && u.Scheme == "http") {
		next.host = ""
		next.header = h.header.Clone()
		for _, secret := range []string{"Authorization", "Cookie", "Proxy-Authorization", "Www-Authenticate"} {
			next.header.Del(secret)
		}
	}
	return &next, nil
}

// read reads the body if it is needed.
func (p *Prober) read(ctx context.Context, r *Response, res *http.Response, t *Target) error {
	if !t.needsBody {
		if n := p.drain(res, t); n >= 0 {
			r.HTTP.BodyBytes = n
		}
		return nil
	}
	buf := p.small.Get().(*[]byte)
	r.pooled = buf
	n, err := io.ReadFull(res.Body, *buf)
	if err == nil { // there may be more
		select {
		case p.shares <- struct{}{}: // given back by Release
		case <-ctx.Done():
			return ctx.Err()
		}
		big := p.large.Get().(*[]byte)
		copy(*big, *buf)
		p.small.Put(buf)
		r.pooled = big
		var more int
		more, err = io.ReadFull(res.Body, (*big)[n:])
		n += more
		buf = big
	}
	r.Body, r.HTTP.BodyBytes = (*buf)[:min(n, maxBody)], int64(min(n, maxBody))
	switch err {
	case nil:
		r.Err = &data.Error{Kind: data.ErrBodyTooLarge, Phase: "transfer", Message: "the body has more than 1 MiB, which is as much as is read"}
		return nil
	case io.EOF:
		return nil
	case io.ErrUnexpectedEOF:
		// ReadFull says so when the body is shorter than the buffer; whether
		// the body itself was cut, only another read tells.
		if _, again := res.Body.Read(make([]byte, 1)); again != io.EOF {
			return again
		}
		return nil
	}
	return err
}

// drain reads and forgets what is left of a body on a connection that is to serve
// again; -1: nothing was read.
func (p *Prober) drain(res *http.Response, t *Target) int64 {
	if !t.reuse {
		return -1
	}
	buf := p.small.Get().(*[]byte)
	defer p.small.Put(buf)
	var n int64
	for n < maxDrain {
		k, err := res.Body.Read(*buf)
		n += int64(k)
		if err != nil {
			break
		}
	}
	return n
}
