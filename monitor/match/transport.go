package match

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/monitorink/monitorink/data"
)

// A transport is what is expected of how an answer came, made ready.
type transport struct {
	protocol []string
	tls      string // the least version
	issuer   []pattern
	names    []string
	redirect []pattern
	phases   []phase
}

type phase struct {
	name  string // of the expectation
	limit time.Duration
	span  func(data.Phases) data.Span
}

var protocols = []string{"HTTP/1.0", "HTTP/1.1", "HTTP/2.0"}

// versions are those of TLS, in their order.
var versions = []string{"1.0", "1.1", "1.2", "1.3"}

// unasked is the transport of all monitors that ask nothing.
var unasked transport

func compileTransport(e *data.Expect) (*transport, error) {
	if e.Redirect == nil && e.Issuer == nil && e.Phases == nil && e.TLS == "" && len(e.Protocol)+len(e.Names) == 0 {
		return &unasked, nil
	}
	t := &transport{protocol: e.Protocol, tls: e.TLS, names: e.Names}
	for i, p := range e.Protocol {
		if !slices.Contains(protocols, p) {
			return nil, fmt.Errorf("expect.protocol[%d]: %q is unknown; write HTTP/1.0, HTTP/1.1 or HTTP/2.0", i, bounded(p))
		}
	}
	if e.TLS != "" && !slices.Contains(versions, e.TLS) {
		return nil, fmt.Errorf("expect.tls: %q is no version; write \"1.2\" or \"1.3\"", bounded(e.TLS))
	}
	for i, name := range e.Names {
		if name == "" || strings.ContainsAny(name, " /") {
			return nil, fmt.Errorf("expect.names[%d]: %q is no host; write such as shop.example", i, bounded(name))
		}
	}
	for _, p := range []struct {
		name string
		from *data.Pattern
		to   *[]pattern
	}{{"issuer", e.Issuer, &t.issuer}, {"redirect", e.Redirect, &t.redirect}} {
		if p.from == nil {
			continue
		}
		var err error
		if *p.to, err = compile("expect."+p.name, p.name, *p.from); err != nil {
			return nil, err
		}
	}
	return t, t.compilePhases(e.Phases)
}

func (t *transport) compilePhases(e *data.ExpectPhases) error {
	if e == nil {
		return nil
	}
	for _, p := range []struct {
		name  string
		limit data.Duration
		span  func(data.Phases) data.Span
	}{
		{"dns", e.DNS, func(p data.Phases) data.Span { return p.DNS }},
		{"connect", e.Connect, func(p data.Phases) data.Span { return p.Connect }},
		{"tls", e.TLS, func(p data.Phases) data.Span { return p.TLS }},
		{"request", e.Request, func(p data.Phases) data.Span { return p.Request }},
		{"first_byte", e.FirstByte, func(p data.Phases) data.Span { return p.FirstByte }},
		{"transfer", e.Transfer, func(p data.Phases) data.Span { return p.Transfer }},
	} {
		switch {
		case p.limit < 0:
			return fmt.Errorf("expect.phases.%s: %v is negative; write such as 50ms", p.name, p.limit)
		case p.limit > 0:
			t.phases = append(t.phases, phase{"phases." + p.name, p.limit.D(), p.span})
		}
	}
	return nil
}

// judgePhases judges those phases that were measured.
func (t *transport) judgePhases(v *verdict, s *Subject) {
	for i := range t.phases {
		p := &t.phases[i]
		if span := p.span(s.Phases); span.Measured() {
			v.add(p.name, span.D() <= p.limit, span.D().String(), "expected at most "+p.limit.String())
		}
	}
}

func (t *transport) judgeTLS(v *verdict, s *Subject) {
	if s.Status == 0 && s.TLS == nil {
		return
	}
	const none = "no TLS"
	if t.tls != "" {
		seen := none
		if s.TLS != nil {
			seen = s.TLS.Version
		}
		at := slices.Index(versions, strings.TrimPrefix(seen, "TLS "))
		v.add("tls", at >= slices.Index(versions, t.tls), seen, "expected TLS "+t.tls+" or later")
	}
	if len(t.issuer) > 0 {
		seen := none
		if s.Certificate != nil {
			seen = s.Certificate.Issuer.String()
		}
		for _, p := range t.issuer {
			v.add(p.name, s.Certificate != nil && p.re.MatchString(seen) != p.not, bounded(seen), p.want)
		}
	}
	for _, name := range t.names {
		wrong := none
		if s.Certificate != nil {
			wrong = ""
			if err := s.Certificate.VerifyHostname(name); err != nil {
				wrong = bounded(strings.TrimPrefix(err.Error(), "x509: "))
			}
		}
		v.add(bounded("names."+name), wrong == "", wrong, "expected a certificate for "+bounded(name))
	}
}

func (t *transport) judgeProtocol(v *verdict, s *Subject) {
	if len(t.protocol) > 0 {
		v.add("protocol", slices.Contains(t.protocol, s.Protocol), s.Protocol, "expected "+strings.Join(t.protocol, ", "))
	}
}

// judgeRedirect judges where redirects have led, or where the answer leads that none
// was to follow.
func (t *transport) judgeRedirect(v *verdict, s *Subject) {
	if len(t.redirect) == 0 {
		return
	}
	to := ""
	if s.Redirects > 0 {
		to = s.URL.String()
	}
	if location := s.Header["Location"]; s.Status >= 300 && s.Status <= 399 && len(location) > 0 {
		to = location[0]
		if u, err := s.URL.Parse(to); err == nil {
			to = u.String()
		}
	}
	for _, p := range t.redirect {
		seen := bounded(data.MaskCredentials(to))
		if to == "" {
			seen = "no redirect"
		}
		v.add(p.name, (to != "" && p.re.MatchString(to)) != p.not, seen, p.want)
	}
}
