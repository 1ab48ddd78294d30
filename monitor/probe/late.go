package probe

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"time"
)

// What a probe adds to the prepared request: the prober's name, a token that may
// change, a trace context that is never the same, and cookies that only the answer
// before has set.
type late struct {
	trace   string        // the trace id; empty: none
	token   string        // of OAuth2; empty: none
	took    time.Duration // until there was one
	jar     *cookiejar.Jar
	cookies int // bytes that the jar was given
}

// Trace is the trace id that the target was sent; empty: none was.
func (r *Response) Trace() string {
	if r.late == nil {
		return ""
	}
	return r.late.trace
}

// Token is that of OAuth2 which the target was sent, a secret that came from its
// endpoint; empty: none was.
func (r *Response) Token() string {
	if r.late == nil {
		return ""
	}
	return r.late.token
}

// share is what another run of the same probe begins with.
func (l *late) share() *late {
	if l == nil {
		return nil
	}
	return &late{trace: l.trace, token: l.token, took: l.took}
}

// appendLate appends the headers that stand in no prepared request.
func (r *run) appendLate(b []byte, h *hop) []byte {
	if !h.ownAgent {
		b = append(append(append(b, "User-Agent: "...), r.p.o.UserAgent...), "\r\n"...)
	}
	if h.token {
		b = append(append(append(b, "Authorization: Bearer "...), r.late.token...), "\r\n"...)
	}
	if r.t.traceparent {
		b = append(r.appendTraceparent(append(b, "Traceparent: "...)), "\r\n"...)
	}
	return b
}

// addLate is appendLate for HTTP/2.
func (r *run) addLate(header http.Header, h *hop) {
	if !h.ownAgent {
		header.Set("User-Agent", r.p.o.UserAgent)
	}
	if h.token {
		header.Set("Authorization", "Bearer "+r.late.token)
	}
	if r.t.traceparent {
		header.Set("Traceparent", string(r.appendTraceparent(nil)))
	}
}

// newTrace returns a trace id of the W3C's trace context: random, and not zero.
func newTrace() string {
	var id [32]byte
	b := appendID(appendID(id[:0], rand.Uint64()), rand.Uint64()|1)
	return string(b)
}

// appendTraceparent appends a trace context: version 00, the probe's trace, a span
// for this request, and that it is sampled.
func (r *run) appendTraceparent(b []byte) []byte {
	b = append(append(append(b, "00-"...), r.late.trace...), '-')
	return append(appendID(b, rand.Uint64()|1), "-01"...)
}

func appendID(b []byte, id uint64) []byte {
	var raw [8]byte
	binary.BigEndian.PutUint64(raw[:], id)
	return hex.AppendEncode(b, raw[:])
}

// keepCookies puts the answer's cookies into the probe's jar, 64 KiB in all.
// The jar knows no list of public suffixes: it lives for one probe, and holds but
// what this probe's own hops have set.
func (r *run) keepCookies(v *visit) {
	set := v.res.Header["Set-Cookie"]
	if !r.t.cookies || len(set) == 0 {
		return
	}
	for _, s := range set {
		r.late.cookies += len(s)
	}
	if r.late.cookies > MaxHeader {
		return
	}
	if r.late.jar == nil {
		jar, err := cookiejar.New(nil)
		if err != nil { // it has no options that could be wrong
			panic(err)
		}
		r.late.jar = jar
	}
	r.late.jar.SetCookies(v.hop.url, v.res.Cookies())
}
