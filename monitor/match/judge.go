package match

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/monitorink/monitorink/data"
)

// Judge judges every expectation that s has something to say about, in the order
// status, protocol, latency, phases, certificate, tls, issuer, names, redirect,
// headers, body. The error is nil when all of them hold; otherwise its kind is
// [data.ErrExpectation], and its message tells of the first that does not and how
// many more there are.
func (c *Matcher) Judge(s Subject, now time.Time) ([]data.Expectation, *data.Error) {
	v := verdict{out: make([]data.Expectation, 0, c.most())}
	t := c.transport
	if s.Status != 0 {
		v.add("status", c.allows(s.Status), strconv.Itoa(s.Status), "expected "+c.expected)
		t.judgeProtocol(&v, &s)
	}
	if total := s.Phases.Total.D(); c.latency > 0 && total > 0 {
		v.add("latency", total <= c.latency, total.String(), "expected at most "+c.latency.String())
	}
	t.judgePhases(&v, &s)
	if c.certificate > 0 && (s.Status != 0 || s.TLS != nil) {
		c.judgeCertificate(&v, s.TLS, now)
	}
	t.judgeTLS(&v, &s)
	if s.Status != 0 {
		t.judgeRedirect(&v, &s)
		for _, h := range c.headers {
			for _, p := range h.patterns {
				p.judgeHeader(&v, s.Header[h.name])
			}
		}
	}
	if s.Body != nil && c.body != nil {
		c.body.judge(&v, s.Body)
	}
	return v.out, v.err()
}

// most is about how many outcomes there are.
func (c *Matcher) most() int {
	n := 3 + len(c.headers)
	if b := c.body; b != nil {
		n += len(b.patterns) + len(b.json)
	}
	return n
}

func (c *Matcher) allows(status int) bool {
	for _, r := range c.status {
		if r.From <= status && status <= r.To {
			return true
		}
	}
	return false
}

func (c *Matcher) judgeCertificate(v *verdict, tls *data.TLS, now time.Time) {
	want := "expected at least " + days(c.certificate)
	if tls == nil || tls.Expires.IsZero() {
		v.add("certificate", false, "no TLS", want)
		return
	}
	left := tls.Expires.Sub(now)
	v.add("certificate", left >= c.certificate, days(left)+" until "+tls.Expires.UTC().Format(time.RFC3339), want)
}

func (p pattern) judgeHeader(v *verdict, values []string) {
	found := false
	for _, value := range values {
		found = found || p.re.MatchString(value)
	}
	v.add(p.name, found != p.not, bounded(strings.Join(values, ", ")), p.want)
}

// A verdict collects outcomes, and the first that is bad.
type verdict struct {
	out   []data.Expectation
	first string
	bad   int
}

func (v *verdict) add(name string, ok bool, seen, want string) {
	v.note(name, ok, seen, want, strconv.Quote)
}

// show is add of what is seen as JSON, which has its own quotes.
func (v *verdict) show(name string, ok bool, seen, want string) {
	v.note(name, ok, seen, want, func(s string) string { return s })
}

func (v *verdict) note(name string, ok bool, seen, want string, quote func(string) string) {
	v.out = append(v.out, data.Expectation{Name: name, OK: ok, Seen: seen})
	if ok {
		return
	}
	if v.bad++; v.bad == 1 {
		v.first = name + ": " + want + ", saw " + quote(seen)
	}
}

func (v *verdict) err() *data.Error {
	switch v.bad {
	case 0:
		return nil
	case 1:
		return &data.Error{Kind: data.ErrExpectation, Message: v.first}
	}
	return &data.Error{Kind: data.ErrExpectation, Message: fmt.Sprintf("%s; %d more not met", v.first, v.bad-1)}
}

// around cuts b to MaxSeen bytes that show b[from:to] with some text round it,
// and marks what is left out.
func around(b []byte, from, to int) string {
	const mark = "…"
	room := MaxSeen - 2*len(mark)
	start := max(from-max(room-(to-from), 0)/2, 0)
	end := min(start+room, len(b))
	start = max(min(start, end-room), 0)
	for start > 0 && start < end && !utf8.RuneStart(b[start]) {
		start++
	}
	for end > start && end < len(b) && !utf8.RuneStart(b[end]) {
		end--
	}
	var s strings.Builder
	s.Grow(end - start + 2*len(mark))
	if start > 0 {
		s.WriteString(mark)
	}
	s.Write(storable(b[start:end]))
	if end < len(b) {
		s.WriteString(mark)
	}
	return s.String()
}

// storable is b with a question mark for what is not UTF-8, and for each NUL, which a
// store may be unable to hold.
func storable(b []byte) []byte {
	if utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 {
		return b
	}
	return bytes.ReplaceAll(bytes.ToValidUTF8(b, []byte("?")), []byte{0}, []byte("?"))
}

func bounded(s string) string {
	if len(s) <= MaxSeen && utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return around([]byte(s), 0, 0)
}

func days(d time.Duration) string {
	if d.Abs() < 48*time.Hour {
		return d.Round(time.Second).String()
	}
	return strconv.FormatInt(int64(d/(24*time.Hour)), 10) + "d"
}
