package data

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The schemas that this package writes. A reader takes any minor form of them.
const (
	SchemaMeasurement  = "measurement/1"
	SchemaGap          = "gap/1"
	SchemaRegistration = "registration/1"
)

var schemas = []string{SchemaMeasurement, SchemaGap, SchemaRegistration}

// ContentType is the media type of an encoded event.
const ContentType = "application/json"

// Schema is the schema that events of kind k are written in.
func (k Kind) Schema() string { return string(k) + "/1" }

// The digits of an instant's fraction.
const (
	wholeSeconds = 0
	wholeMillis  = 3
	wholeMicros  = 6
)

// Encode returns e as one line of JSON, without a line feed. It fails when e is
// not a valid event: a decoder would refuse it.
func Encode(e Event) ([]byte, error) {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	b, err := AppendEncode((*buf)[:0], e)
	if err != nil {
		return nil, err
	}
	if cap(b) <= 64<<10 {
		*buf = b
	}
	return bytes.Clone(b), nil // of its very size
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// AppendEncode is Encode that appends to b, and returns b as it was on error.
func AppendEncode(b []byte, e Event) ([]byte, error) {
	if err := e.validate(); err != nil {
		return b, err
	}
	return e.appendJSON(b), nil
}

func (m *Measurement) appendJSON(b []byte) []byte {
	o := object{b: append(b, `{"schema":"measurement/1"`...)}
	o.str("monitor", m.Monitor)
	o.str("location", m.Location)
	o.str("instance", m.Instance)
	o.str("version", m.Version)
	o.time("scheduled_at", m.Scheduled, wholeMillis)
	o.int("attempt", int64(m.Attempt))
	o.str("state", string(m.State))
	o.time("started_at", m.Started, wholeMicros)
	o.int("late_us", m.Late.Microseconds())
	o.int("degraded_us", m.Degraded.Microseconds())
	o.str("method", m.Method)
	o.str("url", m.URL)
	if h := m.HTTP; h != nil {
		o.open("http")
		o.int("status", int64(h.Status))
		o.str("protocol", h.Protocol)
		o.str("remote", h.Remote)
		o.int("redirects", int64(h.Redirects))
		if h.BodyBytes >= 0 {
			o.int("body_bytes", h.BodyBytes)
		}
		o.close()
	}
	if t := m.TLS; t != nil {
		o.open("tls")
		o.str("version", t.Version)
		o.time("expires_at", t.Expires, wholeSeconds)
		o.close()
	}
	o.phases(m.Phases)
	o.hops(m.Hops)
	o.addresses(m.Addresses)
	if m.Unprobed != 0 {
		o.int("unprobed", int64(m.Unprobed))
	}
	o.expectations(m.Expectations)
	o.error(m.Error)
	o.optional("trace", m.Trace)
	o.captured(m.Captured)
	return append(o.b, '}')
}

func (g *Gap) appendJSON(b []byte) []byte {
	o := object{b: append(b, `{"schema":"gap/1"`...)}
	o.str("monitor", g.Monitor)
	o.str("location", g.Location)
	o.str("instance", g.Instance)
	o.str("version", g.Version)
	o.time("first_at", g.First, wholeMillis)
	o.time("last_at", g.Last, wholeMillis)
	o.int("slots", g.Slots)
	o.str("reason", string(g.Reason))
	return append(o.b, '}')
}

func (r *Registration) appendJSON(b []byte) []byte {
	o := object{b: append(b, `{"schema":"registration/1"`...)}
	o.str("monitor", r.Monitor)
	o.str("location", r.Location)
	o.str("instance", r.Instance)
	o.str("version", r.Version)
	o.time("from", r.From, wholeMillis)
	if r.Removed {
		o.bool("removed", true)
		return append(o.b, '}')
	}
	if r.Schedule.Every != 0 {
		o.int("every_us", r.Schedule.Every.D().Microseconds())
	}
	o.optional("cron", r.Schedule.Cron)
	o.optional("timezone", r.Schedule.Timezone)
	o.int("timeout_us", r.Timeout.Microseconds())
	o.str("method", r.Method)
	o.str("url", r.URL)
	o.texts("labels", r.Labels)
	if r.Paused {
		o.bool("paused", true)
	}
	return append(o.b, '}')
}

// texts appends names in the order in which they will be read again: names that
// are not UTF-8 are ordered, and told apart, as what they become.
func (o *object) texts(what string, texts map[string]string) {
	if len(texts) == 0 {
		return
	}
	names := slices.SortedFunc(maps.Keys(texts), func(a, b string) int {
		return cmp.Or(strings.Compare(text(a), text(b)), strings.Compare(a, b))
	})
	o.open(what)
	for i, name := range names {
		switch {
		case i > 0 && text(name) == text(names[i-1]):
			continue
		case i > 0:
			o.b = append(o.b, ',')
		}
		o.b = append(appendString(o.b, name), ':')
		o.b = appendString(o.b, texts[name])
	}
	o.close()
}

// An object appends the members of a JSON object whose brace is open.
type object struct{ b []byte }

func (o *object) name(name string) {
	if last := o.b[len(o.b)-1]; last != '{' {
		o.b = append(o.b, ',')
	}
	o.b = append(o.b, '"')
	o.b = append(o.b, name...) // ours, so nothing is to be escaped
	o.b = append(o.b, '"', ':')
}

func (o *object) str(name, v string) {
	o.name(name)
	o.b = appendString(o.b, v)
}

func (o *object) optional(name, v string) {
	if v != "" {
		o.str(name, v)
	}
}

func (o *object) int(name string, v int64) {
	o.name(name)
	o.b = strconv.AppendInt(o.b, v, 10)
}

func (o *object) bool(name string, v bool) {
	o.name(name)
	o.b = strconv.AppendBool(o.b, v)
}

func (o *object) time(name string, t time.Time, digits int) {
	o.name(name)
	o.b = append(o.b, '"')
	o.b = appendInstant(o.b, t, digits)
	o.b = append(o.b, '"')
}

// appendInstant appends t as RFC 3339 in UTC with so many digits of fraction.
// Years of less or more than four digits do not occur: validate refuses them.
// (time.AppendFormat reads its layout anew each time, and takes twice as long.)
func appendInstant(b []byte, t time.Time, digits int) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	b = append(appendDigits(b, year, 4), '-')
	b = append(appendDigits(b, int(month), 2), '-')
	b = append(appendDigits(b, day, 2), 'T')
	b = append(appendDigits(b, hour, 2), ':')
	b = append(appendDigits(b, minute, 2), ':')
	b = appendDigits(b, second, 2)
	switch digits {
	case wholeMillis:
		b = appendDigits(append(b, '.'), t.Nanosecond()/1e6, wholeMillis)
	case wholeMicros:
		b = appendDigits(append(b, '.'), t.Nanosecond()/1e3, wholeMicros)
	}
	return append(b, 'Z')
}

// appendDigits appends the last digits of n.
func appendDigits(b []byte, n, digits int) []byte {
	b = append(b, "000000"[:digits]...)
	for i := len(b) - 1; digits > 0; i, digits = i-1, digits-1 {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}

func (o *object) open(name string) {
	o.name(name)
	o.b = append(o.b, '{')
}

func (o *object) close() { o.b = append(o.b, '}') }

func (o *object) span(name string, s Span) {
	if s.Measured() {
		o.int(name, int64(s)-1)
	}
}

func (o *object) phases(p Phases) {
	if p == (Phases{}) {
		return
	}
	o.open("phases")
	o.span("dns_us", p.DNS)
	o.span("connect_us", p.Connect)
	o.span("tls_us", p.TLS)
	o.span("request_us", p.Request)
	o.span("first_byte_us", p.FirstByte)
	o.span("transfer_us", p.Transfer)
	o.span("total_us", p.Total)
	o.close()
}

// objects is an array of n objects, of which write enters the members; it is left out
// when there are none.
func (o *object) objects(name string, n int, write func(i int)) {
	if n == 0 {
		return
	}
	o.name(name)
	o.b = append(o.b, '[')
	for i := range n {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = append(o.b, '{')
		write(i)
		o.close()
	}
	o.b = append(o.b, ']')
}

func (o *object) status(code int) {
	if code != 0 {
		o.int("status", int64(code))
	}
}

func (o *object) hops(hops []Hop) {
	o.objects("hops", len(hops), func(i int) {
		h := &hops[i]
		o.str("url", h.URL)
		o.status(h.Status)
		o.optional("remote", h.Remote)
		o.phases(h.Phases)
	})
}

func (o *object) addresses(list []Address) {
	o.objects("addresses", len(list), func(i int) {
		a := &list[i]
		o.str("remote", a.Remote)
		o.str("state", string(a.State))
		o.status(a.Status)
		o.phases(a.Phases)
		o.error(a.Error)
	})
}

func (o *object) error(e *Error) {
	if e == nil {
		return
	}
	o.open("error")
	o.str("kind", string(e.Kind))
	o.str("phase", e.Phase)
	o.str("message", e.Message)
	o.close()
}

func (o *object) captured(c *Captured) {
	if c == nil {
		return
	}
	o.open("captured")
	o.optional("body", c.Body)
	o.texts("headers", c.Headers)
	o.close()
}

func (o *object) expectations(list []Expectation) {
	o.objects("expectations", len(list), func(i int) {
		e := &list[i]
		o.str("name", e.Name)
		o.bool("ok", e.OK)
		o.str("seen", e.Seen)
	})
}
