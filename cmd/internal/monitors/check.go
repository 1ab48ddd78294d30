package monitors

import (
	"errors"
	"fmt"
	"maps"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

// finish judges what concerns the whole monitor, and settles the defaults.
func (d *draft) finish() {
	if d.id == nil {
		d.tell(d.node, "it has no id; write one, such as id: shop")
	}
	switch {
	case d.url == nil:
		d.tell(d.node, "it has no url; write one, such as url: https://shop.example/health")
	case d.URL != "" && !refers(d.URL):
		if wrong := checkURL(d.URL); wrong != "" {
			d.tell(d.url, "url: %s", wrong)
		}
	}
	if d.Expect.Certificate > 0 && strings.HasPrefix(d.URL, "http:") {
		d.tell(d.url, "url: expect.certificate needs https; write https://, or leave certificate out")
	}
	d.checkRequest()
	d.checkWay()
	d.checkOfTLS()
	d.checkSchedule()
}

// checkOfTLS tells of what only TLS can meet, where redirects cannot lead to it.
func (d *draft) checkOfTLS() {
	if d.url == nil || !strings.HasPrefix(d.URL, "http:") || d.Redirects > 0 {
		return
	}
	for _, e := range []struct {
		key   string
		asked bool
	}{{"tls", d.Expect.TLS != ""}, {"issuer", d.Expect.Issuer != nil}, {"names", d.Expect.Names != nil}} {
		if e.asked {
			d.tell(d.url, "url: expect.%s needs https; write https://, or leave %s out", e.key, e.key)
		}
	}
}

// checkDefaults judges the schedule that monitors get by default. One that is
// wrong is forgotten, so that it is told of once.
func (d *draft) checkDefaults() {
	d.checkRequest()
	s, timeout, zone := d.Schedule, d.Timeout, d.timezone
	if d.cron == nil { // the zone waits for monitors with cron
		d.timezone = nil
	}
	before := len(d.errs)
	d.checkSchedule()
	d.Timeout = timeout // each monitor has its own interval
	if zone != nil && d.cron == nil {
		d.timezone, d.Schedule.Timezone = zone, s.Timezone
		d.checkZone()
	}
	if len(d.errs) > before {
		d.Schedule = data.Schedule{}
	}
}

// parses judges a schedule, once for all monitors that have it.
func (d *draft) parses(s data.Schedule) error {
	err, ok := d.schedules[s]
	if !ok {
		_, err = schedule.Parse("", s)
		d.schedules[s] = err
	}
	return err
}

func (d *draft) checkSchedule() {
	s := &d.Schedule
	switch {
	case d.every != nil && d.cron != nil:
		d.tell(later(d.every, d.cron), "every and cron are both there; write one of them")
		return
	case d.every != nil:
		s.Cron = ""
	case d.cron != nil:
		s.Every = 0
	}
	if s.Every > 0 {
		s.Cron = ""
		if d.timezone != nil {
			d.tell(d.timezone, "timezone goes with cron only; leave it out")
		}
		s.Timezone = ""
		if s.Every.D() < data.MinInterval {
			d.tell(d.whereOf(d.every), "every is %v, and the shortest is %v", s.Every, data.MinInterval)
			return
		}
	} else if s.Cron == "" {
		return // told already
	}
	if !d.checkZone() {
		return
	}
	if err := d.parses(*s); err != nil {
		d.tell(d.whereOf(d.cron), "%v", err)
		return
	}
	d.checkAttempts()
}

// checkZone judges the time zone alone, so that the problem has its line.
func (d *draft) checkZone() bool {
	zone := d.Schedule.Timezone
	if zone == "" {
		return true
	}
	err := d.parses(data.Schedule{Cron: "@daily", Timezone: zone})
	if err != nil {
		d.tell(d.whereOf(d.timezone), "%v", err)
	}
	return err == nil
}

func (d *draft) whereOf(n *yaml.Node) *yaml.Node {
	if n == nil {
		return d.node
	}
	return n
}

func later(a, b *yaml.Node) *yaml.Node {
	if a.Line > b.Line || a.Line == b.Line && a.Column > b.Column {
		return a
	}
	return b
}

// maxURL is how many bytes a URL may have: it is in every event.
const maxURL = 8 << 10

// checkURL says what is wrong with a URL, without repeating a password.
func checkURL(raw string) string {
	shown, secret := raw, false
	if at := strings.LastIndexByte(raw, '@'); at >= 0 {
		scheme, _, ok := strings.Cut(raw[:at], "://")
		shown, secret = "…"+raw[at:], true
		if ok {
			shown = clip(scheme) + "://" + shown
		}
	}
	shown = clip(shown)
	u, err := url.Parse(raw)
	switch {
	case !strings.Contains(raw, "://"):
		return strconv.Quote(shown) + " has no scheme; write https://" + strings.TrimLeft(shown, "/:")
	case err != nil && secret:
		return strconv.Quote(shown) + " is not a URL; write such as https://shop.example/health"
	case err != nil:
		var e *url.Error
		if errors.As(err, &e) {
			err = e.Err
		}
		return strconv.Quote(shown) + " is not a URL: " + clip(err.Error()) + "; write such as https://shop.example/health"
	case len(raw) > maxURL:
		return fmt.Sprintf("it has %d bytes, and at most %d are allowed", len(raw), maxURL)
	case u.User != nil:
		return strconv.Quote(shown) + " has credentials in it, which every event would show; leave them out, and write auth: { basic: { username: …, password: … } }"
	case u.Scheme != "http" && u.Scheme != "https":
		return "the scheme of " + strconv.Quote(shown) + " is not one that is probed; write http or https"
	case u.Hostname() == "":
		return strconv.Quote(shown) + " has no host; write such as https://shop.example/health"
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return strconv.Quote(shown) + " has a port that is not from 1 to 65535; write another"
		}
	}
	return ""
}

func (d *draft) checkMethod(v *yaml.Node) {
	upper := strings.ToUpper(d.Method)
	switch {
	case d.Method == "":
	case !data.IsToken(d.Method):
		d.tell(v, "method: %q cannot be a method; write such as GET, HEAD or POST", clip(d.Method))
	case d.Method != upper:
		d.tell(v, "method: %q is not in capitals; write %s", clip(d.Method), clip(upper))
	case d.Method == "CONNECT":
		d.tell(v, "method: CONNECT opens a tunnel and measures nothing; write such as GET, HEAD or POST")
	}
}

func (d *draft) setHeaders(v *yaml.Node) {
	headers := maps.Clone(d.Headers)
	if headers == nil {
		headers = map[string]string{}
	}
	own := map[string]bool{}
	d.mapping("headers", v, "names and values, such as { accept: text/html }", func(key, v *yaml.Node) {
		if !data.IsToken(key.Value) {
			d.tell(key, "headers: %q cannot be a header's name; write letters, digits and dashes", clip(key.Value))
			return
		}
		name := textproto.CanonicalMIMEHeaderKey(key.Value)
		switch {
		case own[name]:
			d.tell(key, "headers: %s is there twice, in capitals or not; write it once", name)
		case name == "Content-Length" || name == "Transfer-Encoding":
			d.tell(key, "headers: %s follows from the body; leave it out", name)
		}
		own[name] = true
		if name == "Authorization" {
			d.own.authorization = key
		}
		if v.Kind == yaml.ScalarNode && v.Tag != "!!null" && v.Value == "" {
			headers[name] = "" // an empty header is one
			return
		}
		value := d.text("headers."+key.Value, v)
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			// The value may be a secret, so it is not repeated.
			d.tell(v, "headers.%s: the value has a control character, such as the end of a line; write it on one line", key.Value)
		}
		headers[name] = value
	})
	d.Headers = headers
}
