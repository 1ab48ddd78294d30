// Package web serves what a store holds: the JSON API, the page, and a daemon's
// own health and metrics.
//
// It knows the store's contract and nothing else, so it serves every store alike.
// The API's items are events in their JSON form; lists are {"items": […], "next":
// "cursor"}, newest first; errors are problem details (RFC 9457) that name the
// parameter and what is allowed.
package web

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/monitorink/monitorink/data"
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
	Queue   http.Handler     // below /queue/, which asks for Token itself; nil: none
	// Token is asked for, as a bearer, as a password or by a form, by all but /livez, /readyz
	// and what is public; empty: nothing is asked for. Who shows ReadToken may not change
	// anything; empty: there is none.
	Token, ReadToken string
	// Hosts tells, where no token is asked for, whether a Host header will do; nil: any.
	Hosts func(host string) bool
	// Refused is told why a request was: token, throttled, role, host or origin; nil: nobody is.
	Refused func(reason string)
}

// Options are the settings of New. Store is required.
type Options struct {
	Store   store.Reader
	Ready   func() []Problem
	Notes   func() []Problem
	Metrics http.Handler
	Reload  http.Handler
	Logger  *slog.Logger // nil: silent

	Token, ReadToken string
	Hosts            func(host string) bool
	Refused          func(reason string)

	Status StatusOptions
	// Next is the first instant after another at which a monitor with a cron schedule is to be
	// measured; zero: there is none. By it the status page and badges tell that nothing was
	// heard for too long. Nil: they do so of monitors with an interval only.
	Next func(monitor string, s data.Schedule, after time.Time) time.Time

	// Ending is closed when the server is to end: streams of events do, at once; nil: never.
	Ending <-chan struct{}
	// Listeners is told how many listen to events, and Dropped of each that did not read and
	// was sent away; nil: nobody is.
	Listeners func(now int)
	Dropped   func()
}

// Health serves /livez, /readyz, /metrics, /-/reload and a queue.
func Health(o HealthOptions) http.Handler {
	guarded, g := http.NewServeMux(), newGuard(o)
	guarded.HandleFunc("/", nothing)
	h := health(o, g, http.NewServeMux(), guarded)
	if o.Queue == nil {
		return h
	}
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.Handle("/queue/", g.meter(o.Queue)) // not as an answer to a browser: a poll takes longer
	return mux
}

// New serves the API under /api/v1, the page at /, and what Health serves.
func New(o Options) http.Handler {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	guarded := http.NewServeMux()
	a := &api{store: o.Store, board: newBoard(o), log: o.Logger, next: o.Next}
	a.routes(guarded)
	page(guarded)
	guarded.HandleFunc("/", nothing)
	h := HealthOptions{
		Ready: o.Ready, Notes: o.Notes, Metrics: o.Metrics, Reload: o.Reload, Token: o.Token, ReadToken: o.ReadToken, Hosts: o.Hosts, Refused: o.Refused,
	}
	g, open := newGuard(h), http.NewServeMux()
	images := &badges{guard: g, api: a}
	if len(o.Status.Labels) > 0 {
		images.board = newStatusBoard(o.Status, a)
		images.board.open(open)
	}
	get(open, "/badge/{file}", images)
	return health(h, g, open, guarded)
}

// health serves what o says beside what is open to all, and leaves the rest to
// guarded, which with /metrics is behind g.
func health(o HealthOptions, g *guard, mux, guarded *http.ServeMux) http.Handler {
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
	if len(g.tokens) > 0 {
		g.sessions(mux)
	}
	for name, h := range files("public") {
		get(mux, "/"+name, h)
	}
	mux.Handle("/", g.protect(guarded))
	return secure(g.refused, compress(mux))
}

// get serves path with h, and says to other methods which are allowed.
func get(mux *http.ServeMux, path string, h http.Handler) {
	mux.Handle("GET "+path, h)
	mux.HandleFunc(path, only("GET", "HEAD"))
}

// only says which methods are allowed: to OPTIONS as an answer, to any other as a problem.
func only(methods ...string) http.HandlerFunc {
	detail := "only " + strings.Join(methods, " and ") + " are allowed here"
	if len(methods) == 1 {
		detail = "only " + methods[0] + " is allowed here"
	}
	allow := strings.Join(append(methods, "OPTIONS"), ", ")
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
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
