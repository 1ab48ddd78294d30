package data

import (
	"sync"
	"time"
)

var scanners = sync.Pool{New: func() any { return new(scanner) }}

// decodeFast reads an event in the form that it usually has, several times
// faster than encoding/json: what it returns is what decodeSlowly would. It
// returns nil for all else, be it another form or an error. It relies on b to
// begin with a schema, whose quote ends before b[at].
func decodeFast(kind Kind, b []byte, at int) Event {
	s := scanners.Get().(*scanner)
	// Most of an event is names of members and numbers.
	s.b, s.i = b, at
	s.text.Grow(len(b) / 4)
	e := s.event(kind)
	if !s.end() {
		e = nil
	}
	*s = scanner{} // it keeps nothing of b
	scanners.Put(s)
	return e
}

func (s *scanner) event(kind Kind) Event {
	switch kind {
	case KindMeasurement:
		m := new(measured)
		readMembers(s, s.next('}'), measurementFields, m)
		return &m.Measurement
	case KindGap:
		g := new(Gap)
		readMembers(s, s.next('}'), gapFields, g)
		return g
	}
	r := new(Registration)
	readMembers(s, s.next('}'), registrationFields, r)
	if r.Removed {
		r.Schedule, r.Timeout, r.Method, r.URL, r.Labels, r.Paused = Schedule{}, 0, "", "", nil, false
	}
	return r
}

// measured is a measurement and what most of them have, in one allocation.
type measured struct {
	Measurement
	http HTTP
	tls  TLS
}

var measurementFields = []field[measured]{
	{"monitor", func(s *scanner, m *measured) { m.Monitor = s.str() }},
	{"location", func(s *scanner, m *measured) { m.Location = s.str() }},
	{"instance", func(s *scanner, m *measured) { m.Instance = s.str() }},
	{"version", func(s *scanner, m *measured) { m.Version = s.str() }},
	{"scheduled_at", func(s *scanner, m *measured) { m.Scheduled = s.time() }},
	{"attempt", func(s *scanner, m *measured) { m.Attempt = s.int() }},
	{"state", func(s *scanner, m *measured) { m.State = word(s, states) }},
	{"started_at", func(s *scanner, m *measured) { m.Started = s.time().Truncate(time.Microsecond) }},
	{"late_us", func(s *scanner, m *measured) { m.Late = s.micros() }},
	{"degraded_us", func(s *scanner, m *measured) { m.Degraded = s.micros() }},
	{"method", func(s *scanner, m *measured) { m.Method = s.str() }},
	{"url", func(s *scanner, m *measured) { m.URL = s.str() }},
	{"http", func(s *scanner, m *measured) {
		m.http.BodyBytes = -1
		readObject(s, httpFields, &m.http)
		m.HTTP = &m.http
	}},
	{"tls", func(s *scanner, m *measured) {
		readObject(s, tlsFields, &m.tls)
		m.TLS = &m.tls
	}},
	{"phases", func(s *scanner, m *measured) { readObject(s, phasesFields, &m.Phases) }},
	{"hops", func(s *scanner, m *measured) { m.Hops = readList(s, hopFields) }},
	{"addresses", func(s *scanner, m *measured) { m.Addresses = readList(s, addressFields) }},
	{"unprobed", func(s *scanner, m *measured) { m.Unprobed = s.int() }},
	{"expectations", func(s *scanner, m *measured) { m.Expectations = readList(s, expectationFields) }},
	{"error", func(s *scanner, m *measured) {
		m.Error = new(Error)
		readObject(s, errorFields, m.Error)
	}},
	{"trace", func(s *scanner, m *measured) { m.Trace = s.str() }},
	{"captured", func(s *scanner, m *measured) {
		m.Captured = new(Captured)
		readObject(s, capturedFields, m.Captured)
	}},
}

var httpFields = []field[HTTP]{
	{"status", func(s *scanner, h *HTTP) { h.Status = s.int() }},
	{"protocol", func(s *scanner, h *HTTP) { h.Protocol = s.str() }},
	{"remote", func(s *scanner, h *HTTP) { h.Remote = s.str() }},
	{"redirects", func(s *scanner, h *HTTP) { h.Redirects = s.int() }},
	{"body_bytes", func(s *scanner, h *HTTP) { h.BodyBytes = max(s.int64(), 0) }},
}

var tlsFields = []field[TLS]{
	{"version", func(s *scanner, t *TLS) { t.Version = s.str() }},
	{"expires_at", func(s *scanner, t *TLS) { t.Expires = s.time().Truncate(time.Second) }},
}

var phasesFields = []field[Phases]{
	{"dns_us", func(s *scanner, p *Phases) { p.DNS = s.span() }},
	{"connect_us", func(s *scanner, p *Phases) { p.Connect = s.span() }},
	{"tls_us", func(s *scanner, p *Phases) { p.TLS = s.span() }},
	{"request_us", func(s *scanner, p *Phases) { p.Request = s.span() }},
	{"first_byte_us", func(s *scanner, p *Phases) { p.FirstByte = s.span() }},
	{"transfer_us", func(s *scanner, p *Phases) { p.Transfer = s.span() }},
	{"total_us", func(s *scanner, p *Phases) { p.Total = s.span() }},
}

var hopFields = []field[Hop]{
	{"url", func(s *scanner, h *Hop) { h.URL = s.str() }},
	{"status", func(s *scanner, h *Hop) { h.Status = s.int() }},
	{"remote", func(s *scanner, h *Hop) { h.Remote = s.str() }},
	{"phases", func(s *scanner, h *Hop) { readObject(s, phasesFields, &h.Phases) }},
}

var addressFields = []field[Address]{
	{"remote", func(s *scanner, a *Address) { a.Remote = s.str() }},
	{"state", func(s *scanner, a *Address) { a.State = word(s, states) }},
	{"status", func(s *scanner, a *Address) { a.Status = s.int() }},
	{"phases", func(s *scanner, a *Address) { readObject(s, phasesFields, &a.Phases) }},
	{"error", func(s *scanner, a *Address) {
		a.Error = new(Error)
		readObject(s, errorFields, a.Error)
	}},
}

var expectationFields = []field[Expectation]{
	{"name", func(s *scanner, e *Expectation) { e.Name = s.str() }},
	{"ok", func(s *scanner, e *Expectation) { e.OK = s.bool() }},
	{"seen", func(s *scanner, e *Expectation) { e.Seen = s.str() }},
}

var errorFields = []field[Error]{
	{"kind", func(s *scanner, e *Error) { e.Kind = word(s, errorKinds) }},
	{"phase", func(s *scanner, e *Error) { e.Phase = s.str() }},
	{"message", func(s *scanner, e *Error) { e.Message = s.str() }},
}

var gapFields = []field[Gap]{
	{"monitor", func(s *scanner, g *Gap) { g.Monitor = s.str() }},
	{"location", func(s *scanner, g *Gap) { g.Location = s.str() }},
	{"instance", func(s *scanner, g *Gap) { g.Instance = s.str() }},
	{"version", func(s *scanner, g *Gap) { g.Version = s.str() }},
	{"first_at", func(s *scanner, g *Gap) { g.First = s.time() }},
	{"last_at", func(s *scanner, g *Gap) { g.Last = s.time() }},
	{"slots", func(s *scanner, g *Gap) { g.Slots = s.int64() }},
	{"reason", func(s *scanner, g *Gap) { g.Reason = word(s, reasons) }},
}

var registrationFields = []field[Registration]{
	{"monitor", func(s *scanner, r *Registration) { r.Monitor = s.str() }},
	{"location", func(s *scanner, r *Registration) { r.Location = s.str() }},
	{"instance", func(s *scanner, r *Registration) { r.Instance = s.str() }},
	{"version", func(s *scanner, r *Registration) { r.Version = s.str() }},
	{"from", func(s *scanner, r *Registration) { r.From = s.time() }},
	{"removed", func(s *scanner, r *Registration) { r.Removed = s.bool() }},
	{"every_us", func(s *scanner, r *Registration) { r.Schedule.Every = Duration(s.micros()) }},
	{"cron", func(s *scanner, r *Registration) { r.Schedule.Cron = s.str() }},
	{"timezone", func(s *scanner, r *Registration) { r.Schedule.Timezone = s.str() }},
	{"timeout_us", func(s *scanner, r *Registration) { r.Timeout = s.micros() }},
	{"method", func(s *scanner, r *Registration) { r.Method = s.str() }},
	{"url", func(s *scanner, r *Registration) { r.URL = s.str() }},
	{"labels", func(s *scanner, r *Registration) { r.Labels = s.texts() }},
	{"paused", func(s *scanner, r *Registration) { r.Paused = s.bool() }},
}

var capturedFields = []field[Captured]{
	{"body", func(s *scanner, c *Captured) { c.Body = s.str() }},
	{"headers", func(s *scanner, c *Captured) { c.Headers = s.texts() }},
}

// texts reads an object of strings; an empty one is nil.
func (s *scanner) texts() map[string]string {
	var out map[string]string
	for more := s.begin('{', '}'); more; more = s.next('}') {
		if out == nil {
			out = make(map[string]string)
		}
		name := s.str()
		s.expect(':')
		out[name] = s.str()
	}
	return out
}
