package probe

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"github.com/monitorink/monitorink/data"
)

// A request is what a hop is made of.
type request struct {
	method  string
	url     *url.URL
	host    string // empty: of the URL
	header  http.Header
	body    string
	cookies []*http.Cookie // of the probe's jar
}

// newRequest is the first request of m.
func newRequest(m *data.Monitor, u *url.URL) (request, error) {
	q := request{method: m.Method, url: u}
	if q.method == "" {
		q.method = http.MethodGet
	}
	if q.method == http.MethodConnect || !data.IsToken(q.method) {
		return q, fmt.Errorf("method: %q cannot be a method; write such as GET, HEAD or POST", bounded(q.method))
	}
	var err error
	if q.header, err = headers(m.Headers); err != nil {
		return q, err
	}
	q.host = q.header.Get("Host")
	q.header.Del("Host")
	if err := q.authorize(m.Auth); err != nil {
		return q, err
	}
	if m.Uncompressed {
		if q.header["Accept-Encoding"] != nil {
			return q, errors.New("compression: headers has Accept-Encoding already; leave one of them out")
		}
		q.header.Set("Accept-Encoding", "identity")
	}
	if m.Traceparent && q.header["Traceparent"] != nil {
		return q, errors.New("traceparent: headers has one already; leave one of them out")
	}
	if len(m.Query) > 0 {
		asked := *u
		asked.RawQuery = addQuery(u.RawQuery, m.Query)
		q.url = &asked
	}
	return q, q.fill(m)
}

func headers(all map[string]string) (http.Header, error) {
	h := make(http.Header, len(all)+1)
	for name, value := range all {
		if !data.IsToken(name) {
			return nil, fmt.Errorf("headers: %q cannot be a header's name; write letters, digits and dashes", bounded(name))
		}
		if strings.ContainsFunc(value, isControl) { // it may be a secret, so it is not repeated
			return nil, fmt.Errorf("headers.%s: the value has a control character; write it on one line", name)
		}
		h[textproto.CanonicalMIMEHeaderKey(name)] = []string{value}
	}
	return h, nil
}

// authorize adds what is known before the probe. Its errors repeat no secret.
func (q *request) authorize(a *data.Auth) error {
	if a == nil {
		return nil
	}
	if q.header["Authorization"] != nil {
		return errors.New("auth: headers has Authorization already; leave one of them out")
	}
	switch b := a.Basic; {
	case b != nil && (a.Bearer != "" || a.OAuth2 != nil) || a.Bearer != "" && a.OAuth2 != nil:
		return errors.New("auth: there is more than one of basic, bearer and oauth2; write one")
	case b != nil:
		line, err := basic(b.Username, b.Password)
		if err != nil {
			return fmt.Errorf("auth.basic: %w", err)
		}
		q.header.Set("Authorization", line)
	case a.Bearer != "":
		if !isBearer(a.Bearer) {
			return errors.New("auth.bearer: the token has a space or another character that no token has; write the token alone, without Bearer")
		}
		q.header.Set("Authorization", "Bearer "+a.Bearer)
	case a.OAuth2 == nil:
		return errors.New("auth: it is empty; write one of basic, bearer and oauth2")
	}
	return nil
}

// basic is the scheme of RFC 7617.
func basic(username, password string) (string, error) {
	switch {
	case strings.Contains(username, ":"):
		return "", errors.New("the username has a colon, where the password would begin; write another")
	case strings.ContainsFunc(username+password, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "", errors.New("username or password has a control character, such as the end of a line; write them without")
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+password)), nil
}

// isBearer is laxer than RFC 6750: any visible characters of ASCII.
func isBearer(token string) bool {
	return token != "" && !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// fill sets the body.
func (q *request) fill(m *data.Monitor) error {
	q.body = m.Body
	switch {
	case m.BodyFile != "" && (m.Body != "" || len(m.Form) > 0):
		return errors.New("body.file: there is a body or a form as well; write one of them")
	case m.BodyFile != "":
		var err error
		if q.body, err = readFile(m.BodyFile, MaxBody); err != nil {
			return fmt.Errorf("body.file: %w", err)
		}
		return nil
	case len(m.Form) == 0:
		return nil
	case m.Body != "":
		return errors.New("form: there is a body as well; write one of them")
	}
	q.body = url.Values(m.Form).Encode()
	if q.header["Content-Type"] == nil {
		q.header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return nil
}

// addQuery adds values behind a query. A space is %20, which servers read that
// know no forms, too.
func addQuery(raw string, more data.Values) string {
	added := strings.ReplaceAll(url.Values(more).Encode(), "+", "%20")
	if raw == "" || added == "" {
		return raw + added
	}
	return raw + "&" + added
}
