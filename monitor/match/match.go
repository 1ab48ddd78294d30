package match

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/monitorink/monitorink/data"
)

// MaxSeen is how many bytes of a seen value are kept.
const MaxSeen = 200

// A Subject is what is judged. Its zero fields are unknown.
type Subject struct {
	Status    int         // 0: no response, and then all but Phases and TLS is unknown
	Header    http.Header // of the last response
	Protocol  string      // HTTP/1.1
	URL       *url.URL    // of the last request
	Redirects int         // that were followed
	// Body is nil when it was not read, or not to its end; an empty body that
	// was read is not nil. Judge does not keep it.
	Body        []byte
	Phases      data.Phases
	TLS         *data.TLS         // nil: no TLS
	Certificate *x509.Certificate // of the target; nil: no TLS
}

// A Matcher is a monitor's expectations made ready. It may be used
// concurrently.
type Matcher struct {
	status      []data.StatusRange
	expected    string // status as a person writes it
	latency     time.Duration
	certificate time.Duration
	headers     []header
	transport   *transport
	body        *body // nil: nothing is asked
}

type header struct {
	name     string // canonical
	patterns []pattern
}

type pattern struct {
	name string // of the expectation
	re   *regexp.Regexp
	not  bool
	want string
}

// Compile makes m's expectations ready. Without expect.status, 200-299 is
// expected. Its errors name the expectation and its place.
func Compile(m *data.Monitor) (*Matcher, error) {
	e := &m.Expect
	c := &Matcher{status: slices.Clone(e.Status), latency: e.Latency.D(), certificate: e.Certificate.D()}
	if len(c.status) == 0 {
		c.status = []data.StatusRange{{From: 200, To: 299}}
	}
	var names []string
	for i, r := range c.status {
		if r.From < 100 || r.To > 599 || r.From > r.To {
			return nil, fmt.Errorf("expect.status[%d]: %d-%d is not a range within 100-599; write such as 200-299", i, r.From, r.To)
		}
		if names = append(names, fmt.Sprint(r.From)); r.From != r.To {
			names[i] = fmt.Sprintf("%d-%d", r.From, r.To)
		}
	}
	c.expected = strings.Join(names, ", ")
	if c.latency < 0 {
		return nil, fmt.Errorf("expect.latency: %v is negative; write such as 800ms", c.latency)
	}
	if c.certificate < 0 {
		return nil, fmt.Errorf("expect.certificate: %v is negative; write such as 14d", c.certificate)
	}
	if err := c.compileHeaders(e.Headers); err != nil {
		return nil, err
	}
	var err error
	if c.transport, err = compileTransport(e); err != nil {
		return nil, err
	}
	c.body, err = compileBody(&e.Body)
	return c, err
}

func (c *Matcher) compileHeaders(headers map[string]data.Pattern) error {
	for name, p := range headers {
		patterns, err := compile("expect.headers."+name, "header."+strings.ToLower(name), p)
		if err != nil {
			return err
		}
		c.headers = append(c.headers, header{textproto.CanonicalMIMEHeaderKey(name), patterns})
	}
	slices.SortFunc(c.headers, func(a, b header) int { return strings.Compare(a.name, b.name) })
	return nil
}

func compile(place, name string, p data.Pattern) ([]pattern, error) {
	var out []pattern
	for i, expr := range append(slices.Clone(p.Matches), p.NotMatches...) {
		kind, at, not := "matches", i, i >= len(p.Matches)
		if not {
			kind, at = "not_matches", i-len(p.Matches)
		}
		re, err := regexp.Compile(expr)
		if err != nil {
			why := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
			return nil, fmt.Errorf("%s.%s[%d]: %q is not a regular expression: %s; write RE2 syntax", place, kind, at, bounded(expr), why)
		}
		want := "expected a match of "
		if not {
			want = "expected no match of "
		}
		out = append(out, pattern{name + "." + kind, re, not, want + strconv.Quote(bounded(expr))})
	}
	return out, nil
}
