package probe

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/monitorink/monitorink/data"
)

// A Target is a monitor's request, made ready. It may be probed by several
// goroutines.
type Target struct {
	method    string
	url       *url.URL
	host      string // of the Host header; empty: the URL's
	header    http.Header
	body      string
	timeout   time.Duration
	redirects int
	reuse     bool
	needsBody bool
}

// Compile checks m's request and makes it ready. Errors name the field and say
// what to write.
func Compile(m *data.Monitor) (*Target, error) {
	u, err := CheckURL(m.URL)
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	if m.Timeout.D() <= 0 {
		return nil, fmt.Errorf("timeout %v: write a duration above 0, such as 5s", m.Timeout)
	}
	t := &Target{
		method: m.Method, url: u, header: make(http.Header, len(m.Headers)+1), body: m.Body,
		timeout: m.Timeout.D(), redirects: m.Redirects, reuse: m.Connection == data.ConnectionReuse,
		needsBody: !m.Expect.Body.IsZero(),
	}
	if t.method == "" {
		t.method = http.MethodGet
	}
	for name, value := range m.Headers {
		if strings.EqualFold(name, "Host") {
			t.host = value
			continue
		}
		t.header.Set(name, value)
	}
	return t, nil
}

// CheckURL parses a URL that can be probed: http or https, with a host, without
// credentials. Its errors do not repeat the credentials.
func CheckURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("it does not parse as a URL: write one such as https://shop.example/health")
	case u.User != nil:
		return nil, fmt.Errorf("it holds credentials, which would be in every event: write them as an Authorization header")
	case !slices.Contains([]string{"http", "https"}, u.Scheme):
		return nil, fmt.Errorf("%q does not begin with http:// or https://", s)
	case u.Hostname() == "":
		return nil, fmt.Errorf("%q has no host: write one such as https://shop.example/health", s)
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}
