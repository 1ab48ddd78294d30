package probe

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/monitorink/monitorink/data"
)

// redirect returns where v's answer leads, or nil when it is the one to judge.
func (r *run) redirect(v *visit, followed int) (*hop, error) {
	location := v.res.Header.Get("Location")
	switch v.res.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	if r.t.redirects == 0 || location == "" {
		return nil, nil
	}
	if followed >= r.t.redirects {
		return nil, &fault{data.ErrRedirects, fmt.Sprintf("more than %d redirects; the next leads to %q", r.t.redirects, shown(location))}
	}
	u, err := v.hop.url.Parse(location)
	if err == nil {
		err = checkURL(u)
	}
	if err != nil {
		return nil, nowhere(location, err)
	}
	q := v.hop.onward(v.res.StatusCode, u)
	if r.late != nil && r.late.jar != nil {
		q.cookies = r.late.jar.Cookies(u)
	}
	next, err := r.t.newHop(q)
	if err != nil {
		return nil, nowhere(location, err)
	}
	if err := r.t.mayLeadTo(next, location); err != nil {
		return nil, err
	}
	next.token = v.hop.token && sameSite(v.hop.url, u)
	return next, nil
}

func nowhere(location string, err error) error {
	var parse *url.Error
	why := err.Error()
	if errors.As(err, &parse) {
		why = parse.Err.Error()
		if at := strings.LastIndexByte(location, '@'); at >= 0 { // nobody knows where a password in it ends
			location, why = "…"+location[at:], "it is no URL"
		}
	}
	return &fault{data.ErrRedirects, fmt.Sprintf("redirect to %q, which leads nowhere: %s", shown(location), bounded(why))}
}

// shown is a URL of a stranger as messages show it.
func shown(location string) string { return bounded(data.MaskCredentials(location)) }

// mayLeadTo holds a redirect against the monitor's policy.
func (t *Target) mayLeadTo(next *hop, location string) error {
	var only string
	switch {
	case t.redirectTo == data.RedirectHTTPS && next.url.Scheme != "https":
		only = "https"
	case t.redirectTo == data.RedirectSameHost && !strings.EqualFold(next.hostname, t.first.hostname):
		only = "the host " + t.first.hostname
	default:
		return nil
	}
	return &fault{data.ErrRedirects, fmt.Sprintf("redirect to %q, and redirects.to: %s allows only %s", shown(location), t.redirectTo, only)}
}

// onward is the request that follows h: RFC 9110, 15.4, as browsers do it.
func (h *hop) onward(status int, u *url.URL) request {
	q := request{method: h.method, url: u, header: h.header.Clone(), body: h.body}
	switch {
	case status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect:
	case q.method == http.MethodHead:
		q.body = ""
	case status == http.StatusSeeOther || q.method == http.MethodPost:
		q.method, q.body = http.MethodGet, ""
	}
	if q.body == "" {
		for _, name := range []string{"Content-Type", "Content-Encoding", "Content-Language", "Content-Location"} {
			q.header.Del(name)
		}
	}
	if sameSite(h.url, u) {
		q.host = h.host
		return q
	}
	maps.DeleteFunc(q.header, func(name string, _ []string) bool { return data.SecretHeader(name) })
	return q
}

// sameSite reports whether u may see what was meant for from: the same host and
// port, or the same host upgraded from http to https at the usual ports.
func sameSite(from, u *url.URL) bool {
	if from.Hostname() != u.Hostname() {
		return false
	}
	return from.Scheme == u.Scheme && portOf(from) == portOf(u) ||
		from.Scheme == "http" && u.Scheme == "https" && portOf(from) == "80" && portOf(u) == "443"
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}
