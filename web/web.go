// Package web serves what a store holds: the JSON API, the page, and a daemon's
// own health and metrics.
//
// It knows the store's contract and nothing else, so it serves every store alike.
// The API's items are events in their JSON form; lists are {"items": […], "next":
// "cursor"}, newest first; errors are problem details (RFC 9457) that name the
// parameter and what is allowed.
package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/monitorink/monitorink/store"
)

// A Problem is one thing that keeps a daemon from being ready.
type Problem struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

// HealthOptions are the settings of Health.
type HealthOptions struct {
	Ready   func() []Problem // what is wrong now; nil, or empty: ready
	Notes   func() []Problem // what is wrong, and keeps nothing from being ready; nil: nothing
	Metrics http.Handler     // nil: none
	Reload  http.Handler     // of POST /-/reload; nil: none
	// Token is asked for, as a bearer or as a password, by all but /livez and /readyz; empty:
	// nothing is asked for.
	Token string
}

// Options are the settings of New. Store is required.
type Options struct {
	Store   store.Reader
	Ready   func() []Problem
	Notes   func() []Problem
	Metrics http.Handler
	Reload  http.Handler
	Token   string
	Logger  *slog.Logger // nil: silent
}

// Health serves /livez, /readyz, /metrics and /-/reload.
func Health(o HealthOptions) http.Handler {
	guarded := http.NewServeMux()
	guarded.HandleFunc("/", nothing)
	return health(o, guarded)
}

// New serves the API under /api/v1, the page at /, and what Health serves.
func New(o Options) http.Handler {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	guarded := http.NewServeMux()
	a := &api{store: o.Store, log: o.Logger}
	a.routes(guarded)
	page(guarded)
	guarded.HandleFunc("/", nothing)
	return health(HealthOptions{Ready: o.Ready, Notes: o.Notes, Metrics: o.Metrics, Reload: o.Reload, Token: o.Token}, guarded)
}

// health serves what o says, and leaves the rest to guarded, which with
// /metrics is behind the token.
func health(o HealthOptions, guarded *http.ServeMux) http.Handler {
	mux := http.NewServeMux()
	get(mux, "/livez", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]string{"status": "alive"})
	}))
	get(mux, "/readyz", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		code, answer := http.StatusOK, map[string]any{"status": "ready"}
		if problems := all(o.Ready); len(problems) > 0 {
			code, answer = http.StatusServiceUnavailable, map[string]any{"status": "not ready", "problems": problems}
		}
		if notes := all(o.Notes); len(notes) > 0 {
			answer["notes"] = notes
		}
		reply(w, code, answer)
	}))
	if o.Metrics != nil {
		get(guarded, "/metrics", o.Metrics)
	}
	if o.Reload != nil {
		guarded.Handle("POST /-/reload", o.Reload)
		guarded.HandleFunc("/-/reload", only("POST"))
	}
	mux.Handle("/", guard(o.Token, guarded))
	return secure(mux)
}

// get serves path with h, and says to other methods which are allowed.
func get(mux *http.ServeMux, path string, h http.Handler) {
	mux.Handle("GET "+path, h)
	mux.HandleFunc(path, only("GET", "HEAD"))
}

// only says which methods are allowed.
func only(methods ...string) http.HandlerFunc {
	detail := "only " + strings.Join(methods, " and ") + " are allowed here"
	if len(methods) == 1 {
		detail = "only " + methods[0] + " is allowed here"
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", strings.Join(methods, ", "))
		fail(w, r, http.StatusMethodNotAllowed, detail)
	}
}

func all(problems func() []Problem) []Problem {
	if problems == nil {
		return nil
	}
	return problems()
}

// nothing serves the paths that there are not.
func nothing(w http.ResponseWriter, r *http.Request) {
	fail(w, r, http.StatusNotFound, "there is nothing at this path")
}

// guard lets only those pass who show the token, as a bearer or, for browsers, as
// the password of basic authentication.
func guard(token string, h http.Handler) http.Handler {
	if token == "" {
		return h
	}
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, shown, ok := strings.Cut(r.Header.Get("Authorization"), " ")
		if !ok || !strings.EqualFold(scheme, "Bearer") { // a browser asks its user for a name, which may be any, and a password
			_, shown, ok = r.BasicAuth()
		}
		got := sha256.Sum256([]byte(shown))
		if !ok || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.Header().Add("WWW-Authenticate", `Bearer realm="monitorink"`)
			w.Header().Add("WWW-Authenticate", `Basic realm="monitorink: the token is the password", charset="UTF-8"`)
			fail(w, r, http.StatusUnauthorized, "a token is required: send Authorization: Bearer and the value of MONITORINK_TOKEN, or that value as the password of Basic")
			return
		}
		h.ServeHTTP(w, r)
	})
}

// answerTime is how long a client may take to read an answer.
const answerTime = 30 * time.Second

// secure adds the headers that keep a browser from doing what the page does not,
// and the deadline that keeps a client that does not read from holding an answer.
func secure(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// What cannot have a deadline, such as a recorder in a test, needs none.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTime))
		head := w.Header()
		head.Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		h.ServeHTTP(w, r)
	})
}
