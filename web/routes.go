package web

import (
	"errors"
	"net/http"

	"github.com/monitorink/monitorink/store"
)

// A route is a path of the API. The table of all of them is what the server
// serves, and what openapi.json says of it: neither knows a path, a parameter or a
// status that the other does not.
type route struct {
	path   string
	does   string      // one sentence
	params []parameter // any other is refused
	answer string      // the schema of what it answers, in schemas.json
	media  []string    // what that comes as; nil: application/json
	codes  []int       // that it may answer beside 200 and those of all
	serve  func(http.ResponseWriter, *http.Request, query) error
}

// What most paths answer beside the statuses of all.
var (
	ofStore   = []int{http.StatusNotModified, http.StatusServiceUnavailable}
	ofMonitor = []int{http.StatusNotModified, http.StatusNotFound, http.StatusServiceUnavailable}
)

// routes adds the API to mux.
func (a *api) routes(mux *http.ServeMux) {
	table := a.table()
	a.document = document(table)
	for _, t := range table {
		get(mux, t.path, a.handle(t))
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, r, http.StatusNotFound, "there is nothing here; the API begins at /api/v1/monitors, /api/v1/openapi.json describes it, and the slashes of an id are written %2F")
	})
}

// comeBack is how many seconds who asks should wait when there is no answer.
const comeBack = "5"

// A refusal is an error that says with which status it is to be told.
type refusal struct {
	code   int
	detail string
}

// Error is one sentence for the user.
func (e *refusal) Error() string { return e.detail }

// handle reads the parameters of t, serves it, and answers with what it returns as
// an error.
func (a *api) handle(t route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := parse(r, t.params)
		if err == nil {
			err = t.serve(w, r, q)
		}
		if err != nil {
			a.refuse(w, r, err)
		}
	})
}

// refuse answers with err.
func (a *api) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var bad *badParameter
	var no *refusal
	switch {
	case errors.As(err, &bad):
		fail(w, r, http.StatusBadRequest, bad.Error())
	case errors.As(err, &no):
		if no.code == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", comeBack)
		}
		fail(w, r, no.code, no.detail)
	case errors.Is(err, store.ErrCursor):
		fail(w, r, http.StatusBadRequest, (&badParameter{"after", r.URL.Query().Get("after"), "the next of an earlier page of the same list"}).Error())
	case errors.Is(err, store.ErrUnknown):
		fail(w, r, http.StatusNotFound, "there is no monitor of this id; /api/v1/monitors lists them")
	case r.Context().Err() != nil: // the client has gone
	default:
		a.log.Error("a query of the API", "path", r.URL.Path, "error", err)
		w.Header().Set("Retry-After", comeBack)
		fail(w, r, http.StatusServiceUnavailable, "the store does not answer; try again later")
	}
}
