package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
	"time"
)

// A role is what somebody may do.
type role byte

const (
	nobody role = iota
	reader      // ask
	admin       // and change
)

// roleNames are what Monitorink-Session calls them.
var roleNames = [...]string{reader: "reader", admin: "admin"}

// Why a request is refused, for whoever counts.
const (
	refusedToken     = "token"     // it is wrong
	refusedThrottled = "throttled" // too many were wrong
	refusedRole      = "role"      // the token is only for reading
	refusedHost      = "host"
	refusedOrigin    = "origin"
)

// A guard lets those pass who may. Where it has no token, these are all on this
// machine: a page of another site, whose name was made to mean this machine, is
// known by the name.
type guard struct {
	tokens  map[role]string // no admin: no token is asked for
	hosts   func(host string) bool
	refused func(reason string)
	wrong   tries
}

func newGuard(o HealthOptions) *guard {
	g := &guard{tokens: map[role]string{}, hosts: o.Hosts, refused: o.Refused}
	if o.Token != "" {
		g.tokens[admin] = o.Token
	}
	if o.ReadToken != "" {
		g.tokens[reader] = o.ReadToken
	}
	if g.refused == nil {
		g.refused = func(string) {}
	}
	return g
}

// protect serves h to those who may.
func (g *guard) protect(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.pass(w, r) {
			h.ServeHTTP(w, r)
		}
	})
}

// pass reports whether who asks may; it has answered when not.
func (g *guard) pass(w http.ResponseWriter, r *http.Request) bool {
	if len(g.tokens) == 0 {
		if g.hosts == nil || g.hosts(r.Host) {
			return true
		}
		g.refused(refusedHost)
		failHost(w, r)
		return false
	}
	who := g.session(r)
	if who != nobody {
		w.Header().Set("Monitorink-Session", roleNames[who]) // by it the page offers to sign out
	} else {
		shown := token(r)
		if shown == "" {
			g.ask(w, r)
			return false
		}
		var ok bool
		if who, ok = g.try(w, r, shown); !ok {
			return false
		}
	}
	switch {
	case who == nobody:
		g.ask(w, r)
		return false
	case who < admin && r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions:
		g.refused(refusedRole)
		fail(w, r, http.StatusForbidden, "this token may read only: for "+short(r.Method)+", show the value of MONITORINK_TOKEN")
		return false
	case g.inURL(r):
		// What stands in a URL is in histories and logs, and in what an error repeats.
		failUnnamed(w, r, http.StatusBadRequest, "there is a token in the URL, where logs and histories keep it: send it as Authorization: Bearer only")
		return false
	}
	return true
}

// meter serves h, which asks for the token itself, to those who do not guess: here too,
// wrong tokens are counted, and too many of them are answered in its place.
func (g *guard) meter(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(g.tokens) == 0 {
			if !g.pass(w, r) {
				return
			}
		} else if shown := token(r); shown != "" {
			if _, ok := g.try(w, r, shown); !ok {
				return
			}
		}
		h.ServeHTTP(w, r)
	})
}

// token is what a request shows: as a bearer, or as the password of basic
// authentication, whose name may be any.
func token(r *http.Request) string {
	scheme, shown, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		_, shown, _ = r.BasicAuth()
	}
	return shown
}

// try returns whose token shown is. It is false when too many were wrong, and then
// has answered.
func (g *guard) try(w http.ResponseWriter, r *http.Request, shown string) (role, bool) {
	from, now := client(r), time.Now()
	if wait := g.wrong.wait(from, now); wait > 0 {
		g.refused(refusedThrottled)
		w.Header().Set("Retry-After", retryAfter(wait))
		why := "too many wrong tokens came from this address: try again in " + retryAfter(wait) + " s"
		if inBrowser(r) {
			form(w, r, http.StatusTooManyRequests, signIn{Wrong: sentence(why), From: again(r)})
		} else {
			failUnnamed(w, r, http.StatusTooManyRequests, why)
		}
		return nobody, false
	}
	who := g.role(shown)
	if who == nobody {
		g.wrong.add(from, now)
		g.refused(refusedToken)
	}
	return who, true
}

// role is whose token shown is. It takes the same time for all that are of one length.
func (g *guard) role(shown string) role {
	who, got := nobody, sha256.Sum256([]byte(shown))
	for of, token := range g.tokens {
		want := sha256.Sum256([]byte(token))
		if subtle.ConstantTimeCompare(got[:], want[:]) == 1 && token != "" {
			who = of
		}
	}
	return who
}

// ask answers that a token is needed: to a person in a browser by the form for it. The
// challenge is never Basic, for which a browser would put a window of its own over the page.
func (g *guard) ask(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="monitorink"`)
	if (r.Method == http.MethodGet || r.Method == http.MethodHead) && strings.Contains(r.Header.Get("Accept"), "text/html") {
		form(w, r, http.StatusUnauthorized, signIn{})
		return
	}
	failUnnamed(w, r, http.StatusUnauthorized,
		"a token is required: send Authorization: Bearer and the value of MONITORINK_TOKEN or MONITORINK_READ_TOKEN, or that value as the password of Basic; in a browser, sign in at /login")
}

// inURL reports whether a URL has a token in it. Who asks has shown one already, so the
// answer tells nobody anything.
func (g *guard) inURL(r *http.Request) bool {
	for _, token := range g.tokens {
		if len(token) < 8 { // would be found in what is no secret
			continue
		}
		for _, place := range []string{r.URL.RawQuery, r.URL.Path, r.URL.RawPath} {
			if strings.Contains(place, token) {
				return true
			}
		}
		for name, values := range r.URL.Query() {
			if strings.Contains(name+" "+strings.Join(values, " "), token) {
				return true
			}
		}
	}
	return false
}

// client is whom a request comes from: an address, or for IPv6 its network of 64 bits. A
// proxy on this machine is believed when it says who that is.
func client(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip := net.ParseIP(host)
	if ip != nil && ip.IsLoopback() {
		said := r.Header.Get("X-Forwarded-For")
		if i := strings.LastIndexByte(said, ','); i >= 0 {
			said = said[i+1:]
		}
		if other := net.ParseIP(strings.TrimSpace(said)); other != nil {
			ip = other
		}
	}
	if ip == nil {
		return host
	}
	if ip.To4() == nil {
		ip = ip.Mask(net.CIDRMask(64, 128))
	}
	return ip.String()
}
