package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// sessionTime is how long somebody stays signed in.
const sessionTime = 7 * 24 * time.Hour

// A session is a cookie that says whose it is and until when, signed with the token that
// it was given for: nothing is kept here, and with a new token the old sessions end.
// Another name over https keeps other hosts, and plain http, from setting it. It goes along
// with a link from elsewhere to here, which only asks (SameSite=Lax).
const (
	cookieName       = "monitorink"
	secureCookieName = "__Host-monitorink"
)

// signIn is what the form shows.
type signIn struct {
	Root  string // where the paths begin, from the one that was asked for
	From  string // where who signs in goes back to, after a try that was wrong
	Wrong string // what was wrong with the last try
	Role  string // who is signed in; empty: nobody
}

// form answers with the form.
func form(w http.ResponseWriter, r *http.Request, code int, s signIn) {
	s.Root = root(r)
	w.Header().Set("Referrer-Policy", "same-origin") // by which login knows where to go back to
	show(w, code, s.html())
}

// sessions adds /login and /logout to mux.
func (g *guard) sessions(mux *http.ServeMux) {
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		s := signIn{}
		switch g.session(r) {
		case admin:
			s.Role = "for everything"
		case reader:
			s.Role = "to read"
		}
		form(w, r, http.StatusOK, s)
	})
	mux.HandleFunc("POST /login", g.login)
	mux.HandleFunc("/login", only("GET", "HEAD", "POST"))
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		setCookie(w, r, "", -1)
		seeOther(w, "login")
	})
	mux.HandleFunc("/logout", only("POST"))
}

func (g *guard) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		failUnnamed(w, r, http.StatusBadRequest, "the form cannot be read: it has one field, token, url-encoded")
		return
	}
	shown := strings.TrimSpace(r.PostForm.Get("token"))
	if shown == "" {
		form(w, r, http.StatusUnauthorized, signIn{Wrong: "Write the token.", From: again(r)})
		return
	}
	who, ok := g.try(w, r, shown)
	switch {
	case !ok:
	case who == nobody:
		form(w, r, http.StatusUnauthorized, signIn{Wrong: "This is not the token.", From: again(r)})
	default:
		until := time.Now().Add(sessionTime)
		setCookie(w, r, g.seal(who, until), int(sessionTime/time.Second))
		seeOther(w, origin(r))
	}
}

// origin is the path that the form was shown at first, as the browser knows it.
func origin(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err == nil && u.Host == r.Host && strings.HasSuffix(u.Path, "/login") { // a try was wrong
		if u, err = url.Parse(r.PostForm.Get("from")); err == nil && u.Host == "" {
			u.Host = r.Host
		}
	}
	if err != nil || u.Host != r.Host || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.HasSuffix(u.Path, "/login") {
		return "./"
	}
	return u.RequestURI()
}

// again is what the form repeats of origin after a try that was wrong: a place of the
// page, and no other path, in which anything may stand.
func again(r *http.Request) string {
	if from := origin(r); strings.HasSuffix(strings.SplitN(from, "?", 2)[0], "/") {
		return from
	}
	return "./"
}

func seeOther(w http.ResponseWriter, place string) {
	w.Header().Set("Location", place)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusSeeOther)
}

// seal is a session until then.
func (g *guard) seal(who role, until time.Time) string {
	b := binary.BigEndian.AppendUint64([]byte{byte(who)}, uint64(until.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(b, g.sign(who, b)...))
}

func (g *guard) sign(who role, b []byte) []byte {
	mac := hmac.New(sha256.New, []byte("monitorink session "+g.tokens[who]))
	mac.Write(b)
	return mac.Sum(nil)
}

// session is whose session a request has.
func (g *guard) session(r *http.Request) role {
	for _, name := range []string{secureCookieName, cookieName} {
		c, err := r.Cookie(name)
		if err != nil {
			continue
		}
		b, err := base64.RawURLEncoding.DecodeString(c.Value)
		const head = 1 + 8
		if err != nil || len(b) != head+sha256.Size || g.tokens[role(b[0])] == "" {
			continue
		}
		if hmac.Equal(b[head:], g.sign(role(b[0]), b[:head])) && time.Now().Unix() < int64(binary.BigEndian.Uint64(b[1:head])) {
			return role(b[0])
		}
	}
	return nobody
}

func setCookie(w http.ResponseWriter, r *http.Request, value string, age int) {
	c := &http.Cookie{Name: cookieName, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		c.Name, c.Secure = secureCookieName, true
	}
	http.SetCookie(w, c)
}
