package probe

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/monitorink/monitorink/data"
)

// maxToken is how many bytes a token may have. Each is kept as long as it lives, and
// servers take no longer header.
const maxToken = 16 << 10

// An issuer is a token endpoint, and how a target's token is asked for there.
type issuer struct {
	target *Target
	name   string            // of the endpoint, in messages
	key    [sha256.Size]byte // the same for all that ask for the same in the same way
}

// newIssuer makes the token request of m ready: a definition of its own, which is
// reached as m's target is, and verified in any case.
func newIssuer(m *data.Monitor) (*issuer, error) {
	o := m.Auth.OAuth2
	form := data.Values{}
	for name, value := range o.Params {
		form[name] = []string{value}
	}
	form["grant_type"] = []string{"client_credentials"}
	if len(o.Scopes) > 0 {
		form["scope"] = []string{strings.Join(o.Scopes, " ")}
	}
	ask := &data.Monitor{
		URL: o.TokenURL, Method: http.MethodPost, Headers: map[string]string{"Accept": "application/json"}, Form: form,
		Timeout: m.Timeout, Connection: data.ConnectionNew,
		TLS: m.TLS, Proxy: m.Proxy, Resolver: m.Resolver, IP: m.IP, Source: m.Source,
	}
	ask.TLS.ServerName, ask.TLS.InsecureSkipVerify = "", false // these are the target's
	switch {
	case o.ClientID == "":
		return nil, errors.New("auth.oauth2.client_id: it is empty; write the client's id")
	case o.Style == data.OAuth2Body:
		form["client_id"] = []string{o.ClientID}
		if o.ClientSecret != "" {
			form["client_secret"] = []string{o.ClientSecret}
		}
	case o.Style == data.OAuth2Header: // RFC 6749, 2.3.1
		ask.Auth = &data.Auth{Basic: &data.Basic{Username: url.QueryEscape(o.ClientID), Password: url.QueryEscape(o.ClientSecret)}}
	default:
		return nil, fmt.Errorf("auth.oauth2.style: %q is unknown; write header or body", bounded(o.Style))
	}
	t, err := Compile(ask)
	if err != nil {
		return nil, fmt.Errorf("auth.oauth2.token_%w", err) // it is most likely the url
	}
	t.needsBody = true
	u := t.first.url
	i := &issuer{target: t, name: bounded(u.Scheme + "://" + u.Host + u.EscapedPath())}
	i.key = sha256.Sum256(slices.Concat([]byte(t.first.key+"\n"), t.first.head, t.first.tail))
	return i, nil
}

// authorize gets the token that r's target wants, and reports whether there is one.
// Phases begin behind it: they are the target's.
func (r *run) authorize() bool {
	value, err := r.p.tokens.of(r.t.issuer.key).get(r)
	now := time.Now()
	r.late.took, r.begun = now.Sub(r.begun), now
	if err != nil {
		r.Err = err
		return false
	}
	r.late.token = value
	return true
}

// blameToken makes a timeout one of the token endpoint, when most of the time went
// there.
func (r *run) blameToken() {
	if r.t.issuer != nil && r.Err.Kind == data.ErrTimeout && r.late.took > r.t.timeout/2 {
		r.Err = &data.Error{Kind: data.ErrAuth, Message: fmt.Sprintf(
			"the token endpoint %s took %v of the %v, and the target had too little left", r.t.issuer.name, r.late.took.Round(time.Millisecond), r.t.timeout)}
	}
}

// A grant is what a token endpoint has given, or why not.
type grant struct {
	token string
	life  time.Duration // 0: for one probe
	err   *data.Error
	// limited says that err comes of the limits of the probe that asked: another
	// one may fare better.
	limited bool
}

// request asks for a token, until the deadline.
func (i *issuer) request(r *run, deadline time.Time) grant {
	ask := run{p: r.p, t: i.target, ctx: r.ctx, Response: &Response{}, begun: time.Now(), deadline: deadline}
	defer ask.Release()
	ask.follow()
	if e := ask.Err; e != nil {
		r.Exhausted = ask.Exhausted
		limited := e.Kind == data.ErrTimeout || e.Kind == data.ErrInternal
		if e.Kind == data.ErrInternal { // our own: neither the endpoint's fault nor the target's
			return grant{err: &data.Error{Kind: e.Kind, Message: "asking for a token: " + e.Message}, limited: limited}
		}
		why := e.Message
		if e.Kind == data.ErrProtocol {
			why = "its answer is not HTTP" // nor is it shown: it may hold a secret
		}
		g := i.refused("%s (%s)", why, e.Kind)
		g.limited = limited
		return g
	}
	return i.read(ask.HTTP.Status, ask.Body)
}

func (i *issuer) refused(format string, args ...any) grant {
	return grant{err: &data.Error{Kind: data.ErrAuth, Message: bounded("the token endpoint " + i.name + ": " + fmt.Sprintf(format, args...))}}
}

// read reads an answer: RFC 6749, 5.
func (i *issuer) read(status int, body []byte) grant {
	if status < 200 || status > 299 {
		hint := ""
		if status >= 300 && status < 400 {
			hint = ", and redirects are not followed there: write the URL that it leads to"
		}
		return i.refused("it answered %d%s%s", status, errorCode(body), hint)
	}
	var a struct {
		Token   string          `json:"access_token"`
		Type    string          `json:"token_type"`
		Expires json.RawMessage `json:"expires_in"`
	}
	switch err := json.Unmarshal(body, &a); {
	case err != nil || a.Token == "":
		return i.refused("it answered %d%s, without an access_token in JSON", status, errorCode(body))
	case !isBearer(a.Token):
		return i.refused("its access_token has a space or another character that no token has")
	case len(a.Token) > maxToken:
		return i.refused("its access_token has %d bytes, and at most %d are kept", len(a.Token), maxToken)
	case a.Type != "" && !strings.EqualFold(a.Type, "Bearer"):
		return i.refused("its tokens are of another type than Bearer")
	}
	return grant{token: a.Token, life: life(a.Expires)}
}

// life is how long a token lives, in seconds that some servers write as a text.
func life(raw json.RawMessage) time.Duration {
	const unknown, most = 5 * time.Minute, 24 * time.Hour
	seconds, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if err != nil || seconds != seconds {
		return unknown
	}
	return time.Duration(min(max(seconds, 0), most.Seconds()) * float64(time.Second))
}

// errorCode is what an answer says of its reason, as far as it has the form of a code:
// a free text might hold a secret.
func errorCode(body []byte) string {
	var a struct {
		Error any `json:"error"`
	}
	_ = json.Unmarshal(body, &a) // what is no JSON has no code
	code, _ := a.Error.(string)
	if code == "" || len(code) > 40 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return ""
	}
	return ", error " + strconv.Quote(code)
}
