package probe

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/monitorink/monitorink/data"
)

// redirect returns where res leads, or nil when res is the answer.
func (t *Target) redirect(h *hop, res *http.Response, followed int) (*hop, error) {
	location := res.Header.Get("Location")
	switch res.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	if t.redirects == 0 || location == "" {
		return nil, nil
	}
	if followed >= t.redirects {
		return nil, &fault{data.ErrRedirects, fmt.Sprintf("more than %d redirects; the next leads to %q", t.redirects, bounded(location))}
	}
	u, err := h.url.Parse(location)
	if err == nil {
		err = checkURL(u)
	}
	if err != nil {
		return nil, &fault{data.ErrRedirects, fmt.Sprintf("redirect to %q, which leads nowhere: %s", bounded(location), bounded(err.Error()))}
	}
	next, err := t.newHop(t.onward(h, res.StatusCode, u))
	if err != nil {
		return nil, &fault{data.ErrRedirects, fmt.Sprintf("redirect to %q, which leads nowhere: %s", bounded(location), bounded(err.Error()))}
	}
	return next, nil
}

// onward is the request that follows h: RFC 9110, 15.4, as browsers do it.
func (t *Target) onward(h *hop, status int, u *url.URL) (method string, _ *url.URL, host string, header http.Header, body string) {
	method, body = h.req.Method, h.body
	header = h.req.Header.Clone()
	if h.gzip {
		header.Del("Accept-Encoding")
	}
	if !h.ownAgent {
		header.Del("User-Agent")
	}
	switch {
	case status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect:
	case method == http.MethodHead:
		body = ""
	case status == http.StatusSeeOther || method == http.MethodPost:
		method, body = http.MethodGet, ""
	}
	if body == "" {
		for _, name := range []string{"Content-Type", "Content-Encoding", "Content-Language", "Content-Location"} {
			header.Del(name)
		}
	}
	if sameSite(h.url, u) {
		if h.req.Host != h.url.Host {
			host = h.req.Host
		}
		return method, u, host, header, body
	}
	for _, name := range []string{"Authorization", "Cookie", "Cookie2", "Proxy-Authorization"} {
		header.Del(name)
	}
	return method, u, "", header, body
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
