package probe

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/monitorink/monitorink/data"
)

// A Target is a monitor's definition made ready to be probed. It is immutable.
type Target struct {
	first       *hop
	route       *route
	all         bool // addresses
	timeout     time.Duration
	redirects   int
	redirectTo  string
	reuse       bool
	needsBody   bool
	capture     int64 // the bytes of a body that are captured
	failed      func(*Response) bool
	cookies     bool
	traceparent bool
	issuer      *issuer // of the token that is sent; nil: none is
}

// A hop is one request, ready to be written. There is one for each monitor, so it
// holds no more than HTTP/1.1 takes; what else is asked for is made when it is.
type hop struct {
	request           // url is without what is not sent, header is nil when it is empty
	shown      string // in events, in place of url, unless empty
	addr       string // host and port to connect to
	hostname   string // in ASCII, with its zone
	serverName string
	key        string // of the idle connections that may serve
	own        bool   // of the host that the definition names
	forward    bool   // by a proxy, which gets the request itself
	gzip       bool   // asked for by us, so undone by us
	// head ends behind the Host line; what a probe adds goes between it and tail.
	head, tail []byte
	ownAgent   bool          // the prober's name is not to be added
	token      bool          // that of OAuth2 is
	asked      *http.Request // that there is an answer to: it has a method, and is shared
}

// Place is where the first request goes, and whether an idle connection may
// serve: targets at the same place have connections in common.
func (t *Target) Place() string {
	if t.reuse {
		return t.first.key
	}
	return t.first.key + " new"
}

// Host is the name or the address in the URL, in one of its spellings.
func (t *Target) Host() string { return strings.TrimSuffix(strings.ToLower(t.first.hostname), ".") }

// Address is where the first request connects to, unless the URL has a name there.
func (t *Target) Address() (netip.AddrPort, bool) {
	to, err := netip.ParseAddrPort(t.first.addr)
	return to, err == nil
}

// Compile makes m ready. Its errors name the field and say what to write.
func Compile(m *data.Monitor) (*Target, error) {
	u, err := parseURL(m.URL)
	if err != nil {
		return nil, err
	}
	t := &Target{
		timeout: m.Timeout.D(), redirects: m.Redirects, redirectTo: m.RedirectTo,
		reuse: m.Connection == data.ConnectionReuse, needsBody: !m.Expect.Body.IsZero(),
		cookies: m.Cookies, traceparent: m.Traceparent,
	}
	if m.Capture != nil {
		t.capture = min(m.Capture.Body, data.MaxCapture)
	}
	switch {
	case t.timeout <= 0:
		return nil, fmt.Errorf("timeout: %v is not more than 0; write such as 5s", t.timeout)
	case t.redirects < 0:
		return nil, fmt.Errorf("redirects: %d is negative; write how many may be followed, or 0", t.redirects)
	case t.redirectTo != data.RedirectAny && t.redirectTo != data.RedirectSameHost && t.redirectTo != data.RedirectHTTPS:
		return nil, fmt.Errorf("redirects.to: %q is unknown; write any, same_host or https", bounded(t.redirectTo))
	case !t.reuse && m.Connection != "" && m.Connection != data.ConnectionNew:
		return nil, fmt.Errorf("connection: %q is unknown; write new or reuse", bounded(m.Connection))
	}
	q, err := newRequest(m, u)
	if err != nil {
		return nil, err
	}
	if err := t.setRoute(m, u); err != nil {
		return nil, err
	}
	t.first, err = t.newHop(q)
	if err != nil {
		return nil, wrongURL(m.URL, "cannot be asked for", ": "+err.Error(), "write such as https://shop.example/health")
	}
	if q.url != u {
		t.first.shown = u.Redacted()
	}
	if m.Auth != nil && m.Auth.OAuth2 != nil {
		t.first.token = true
		t.issuer, err = newIssuer(m)
	}
	return t, err
}

func parseURL(raw string) (*url.URL, error) {
	if i := strings.LastIndexByte(raw, '@'); i >= 0 { // never repeat a password
		if u, err := url.Parse(raw); err != nil || u.User != nil {
			return nil, wrongURL("…"+raw[i:], "has credentials in it, or is no URL", "", "leave them out, and write auth.basic")
		}
	}
	const such = "write such as https://shop.example/health"
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		var wrong *url.Error
		if errors.As(err, &wrong) {
			err = wrong.Err
		}
		return nil, wrongURL(raw, "is not a URL", ": "+err.Error(), such)
	case !strings.Contains(raw, "://"):
		return nil, wrongURL(raw, "has no scheme", "", such)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, wrongURL(raw, "has a scheme that is not probed", fmt.Sprintf(": %q", bounded(u.Scheme)), "write http or https")
	}
	if err := checkURL(u); err != nil {
		what, instead, _ := strings.Cut(err.Error(), "; ")
		return nil, wrongURL(raw, what, "", instead)
	}
	return u, nil
}

func checkURL(u *url.URL) error {
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("has the scheme %q; write http or https", bounded(u.Scheme))
	case u.Hostname() == "":
		return fmt.Errorf("has no host; write such as https://shop.example/health")
	case u.Port() != "" && (err != nil || port == 0):
		return fmt.Errorf("has a port that is not from 1 to 65535; write another")
	}
	return nil
}

// newHop lets net/http write the request once, which checks it, writes hosts of
// other alphabets in ASCII, and knows when a Content-Length belongs there.
func (t *Target) newHop(q request) (*hop, error) {
	u := q.url
	bare := *u
	bare.User, bare.Fragment, bare.RawFragment = nil, "", ""
	ascii, err := asciiHost(&bare)
	if err != nil {
		return nil, err
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	h := &hop{request: q, addr: net.JoinHostPort(ascii, port), hostname: ascii, asked: askedBy(q.method)}
	if h.url = &bare; len(q.header) == 0 {
		h.header = nil
	}
	h.serverName, _, _ = strings.Cut(ascii, "%") // an IPv6 zone is nothing to others
	h.key = u.Scheme + "://" + h.addr + t.route.key
	if h.own = t.first == nil || sameSite(t.first.url, &bare); h.own {
		h.serverName = cmp.Or(t.route.name, h.serverName)
	} else if t.route != usual {
		h.key += " other"
	}
	h.forward = t.route.forwards(u)
	h.gzip = q.header["Accept-Encoding"] == nil && q.header["Range"] == nil && q.method != http.MethodHead
	_, h.ownAgent = q.header["User-Agent"]
	return h, h.prepare(t)
}

// prepare writes the request once.
func (h *hop) prepare(t *Target) error {
	req, err := h.make()
	if err != nil {
		return err
	}
	if req.Close = !t.reuse; !h.ownAgent {
		req.Header.Set("User-Agent", "") // net/http writes none
	}
	var b bytes.Buffer
	write := req.Write
	if h.forward {
		write = req.WriteProxy
	}
	if err := write(&b); err != nil {
		return err
	}
	all := bytes.Clone(b.Bytes())
	i := bytes.Index(all, []byte("\r\nHost: ")) + 2
	i += bytes.IndexByte(all[i:], '\n') + 1
	h.head, h.tail = all[:i:i], all[i:]
	if h.forward && t.route.proxy.basic != "" { // it is not the target's
		h.tail = append([]byte("Proxy-Authorization: "+t.route.proxy.basic+"\r\n"), h.tail...)
	}
	return nil
}

// make returns the request as net/http has it, but for what appendLate adds.
func (h *hop) make() (*http.Request, error) {
	req, err := http.NewRequest(h.method, h.url.String(), strings.NewReader(h.body))
	if err != nil {
		return nil, err
	}
	if h.header != nil {
		req.Header = h.header.Clone()
	}
	if h.host != "" {
		req.Host = h.host
	}
	for _, c := range h.cookies {
		req.AddCookie(c)
	}
	if h.gzip {
		req.Header.Set("Accept-Encoding", "gzip")
	}
	return req, nil
}

var askedGet, askedHead = &http.Request{Method: http.MethodGet}, &http.Request{Method: http.MethodHead}

// askedBy is all that net/http wants to know of a request to read its answer.
func askedBy(method string) *http.Request {
	switch method {
	case http.MethodGet:
		return askedGet
	case http.MethodHead:
		return askedHead
	}
	return &http.Request{Method: method}
}

func asciiHost(u *url.URL) (string, error) {
	name := u.Hostname()
	if !strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return name, nil
	}
	var b bytes.Buffer
	if err := (&http.Request{Method: http.MethodHead, URL: &url.URL{Scheme: u.Scheme, Host: name, Path: "/"}}).Write(&b); err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(b.String(), "\r\nHost: ")
	name, _, _ = strings.Cut(rest, "\r\n")
	return name, nil
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// bounded keeps what others sent short, and text.
func bounded(s string) string { return clip(s, 300) }

func clip(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "?") // a store may be unable to hold it
	if len(s) <= most {
		return s
	}
	end := most
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
