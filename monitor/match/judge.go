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
// status, latency, certificate, headers, body. The error is nil when all of them
// hold; otherwise its kind is [data.ErrExpectation], and its message tells of the
// first that does not and how many more there are.
func (c *Matcher) Judge(s Subject, now time.Time) ([]data.Expectation, *data.Error) {
	v := verdict{out: make([]data.Expectation, 0, 3+len(c.headers)+len(c.body))}
	if s.Status != 0 {
		v.add("status", c.allows(s.Status), strconv.Itoa(s.Status), "expected "+c.expected)
	}
	if c.latency > 0 && s.Total > 0 {
		v.add("latency", s.Total <= c.latency, s.Total.Round(time.Microsecond).String(), "expected at most "+c.latency.String())
	}
	if c.certificate > 0 && (s.Status != 0 || !s.CertificateExpires.IsZero()) {
		c.judgeCertificate(&v, s.CertificateExpires, now)
	}
	if s.Status != 0 {
		for _, h := range c.headers {
			for _, p := range h.patterns {
				p.judgeHeader(&v, s.Header[h.name])
			}
		}
	}
	if s.Body != nil {
		for _, p := range c.body {
			p.judgeBody(&v, s.Body)
		}
	}
	return v.out, v.err()
}

func (c *Matcher) allows(status int) bool {
	for _, r := range c.status {
		if r.From <= status && status <= r.To {
			return true
		}
	}
	return false
}

func (c *Matcher) judgeCertificate(v *verdict, expires, now time.Time) {
	want := "expected at least " + days(c.certificate)
	if expires.IsZero() {
		v.add("certificate", false, "no TLS", want)
		return
	}
	left := expires.Sub(now)
	v.add("certificate", left >= c.certificate, days(left)+" until "+expires.UTC().Format(time.RFC3339), want)
}

func (p pattern) judgeHeader(v *verdict, values []string) {
	found := false
	for _, value := range values {
		found = found || p.re.MatchString(value)
	}
	v.add(p.name, found != p.not, bounded(strings.Join(values, ", ")), p.wanted())
}

// judgeBody shows what was found, or else how the body starts.
func (p pattern) judgeBody(v *verdict, body []byte) {
	at := p.re.FindIndex(body)
	seen := ""
	switch {
	case at != nil:
		seen = around(body, at[0], at[1])
	case !p.not:
		seen = around(body, 0, 0)
	}
	v.add(p.name, (at != nil) != p.not, seen, p.wanted())
}

func (p pattern) wanted() string {
	if p.not {
		return "expected no match of " + strconv.Quote(bounded(p.re.String()))
	}
	return "expected a match of " + strconv.Quote(bounded(p.re.String()))
}

// A verdict collects outcomes, and the first that is bad.
type verdict struct {
	out   []data.Expectation
	first string
	bad   int
}

func (v *verdict) add(name string, ok bool, seen, want string) {
	v.out = append(v.out, data.Expectation{Name: name, OK: ok, Seen: seen})
	if ok {
		return
	}
	if v.bad++; v.bad == 1 {
		v.first = fmt.Sprintf("%s: %s, saw %q", name, want, seen)
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
	s := string(bytes.ToValidUTF8(b[start:end], []byte("?")))
	if start > 0 {
		s = mark + s
	}
	if end < len(b) {
		s += mark
	}
	return s
}

func bounded(s string) string {
	if len(s) <= MaxSeen && utf8.ValidString(s) {
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
