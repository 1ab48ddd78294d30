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

// table lists the routes, in the order of the document.
func (a *api) table() []route {
	span := []parameter{paramFrom, paramTo, paramLocation}
	list := append(span, paramLimit, paramAfter)
	return []route{
		{
			path: "/api/v1/overview", does: "Every monitor at every location as it is now, compact, by column.",
			answer: "Overview", codes: ofStore, serve: a.overview,
		},
		{
			path: "/api/v1/events", does: "What changes in the overview, as it changes: server-sent events. Last-Event-ID goes on where another stream ended.",
			params: []parameter{paramMonitor, paramAfter.saying("The cursor of an overview, or the id of an event: what came after it is told first.")},
			media:  []string{"text/event-stream"}, answer: "Changes", codes: []int{http.StatusServiceUnavailable}, serve: a.live,
		},
		{
			path: "/api/v1/strips", does: "Slots and latency of several monitors, in buckets of a day, an hour or a minute.",
			params: []parameter{
				paramMonitor, paramStripStep,
				paramFrom.saying("The beginning, brought down to a whole step; absent: 90 days, a day or an hour before to."),
				paramTo.saying("The end, brought up to a whole step; absent: now."), paramLocation,
			},
			answer: "Strips", codes: ofStore, serve: a.strips,
		},
		{
			path: "/api/v1/monitors", does: "Every monitor at every location: its state, registration, last measurement and last gap, by id; or those that are chosen, sorted.",
			params: []parameter{paramText, paramLabel, paramState, paramLocation, paramSort, paramLimit, paramAfter},
			answer: "Monitors", codes: ofStore, serve: a.monitors,
		},
		{
			path: "/api/v1/monitors/{id}", does: "One monitor, by location.",
			answer: "Monitor", codes: ofMonitor, serve: a.monitor,
		},
		{
			path: "/api/v1/monitors/{id}/summary", does: "Its slots in a range by what became of them, uptime of what was measured, coverage, latency.",
			params: span, answer: "Summary", codes: ofMonitor, serve: a.summary,
		},
		{
			path: "/api/v1/monitors/{id}/measurements", does: "Its measurements, newest first.",
			params: list, answer: "Measurements", codes: ofMonitor, serve: events(a, store.Reader.Measurements),
		},
		{
			path: "/api/v1/monitors/{id}/measurements/{scheduled_at}", does: "Its measurements of one slot, the last attempt first, and the gaps that cover it.",
			params: []parameter{paramLocation}, answer: "Slot", codes: ofMonitor, serve: a.slot,
		},
		{
			path: "/api/v1/monitors/{id}/series", does: "Its slots and latencies over time, in points of equal length, oldest first; points in which nothing was scheduled are left out.",
			params: []parameter{
				paramFrom.saying("The beginning, inclusive, brought down to a whole step; absent: a day before to."),
				paramTo.saying("The end, exclusive; absent: now."), paramStep, paramLocation,
			},
			answer: "Series", codes: ofMonitor, serve: a.series,
		},
		{
			path: "/api/v1/monitors/{id}/incidents", does: "Its runs of slots that are down, by location, that overlap a range, newest first.",
			params: list, answer: "Incidents", codes: ofMonitor, serve: a.incidents,
		},
		{
			path: "/api/v1/monitors/{id}/gaps", does: "Its gaps that overlap a range, newest first.",
			params: list, answer: "Gaps", codes: ofMonitor, serve: events(a, store.Reader.Gaps),
		},
		{
			path: "/api/v1/monitors/{id}/registrations", does: "The history of its definition, newest first.",
			params: list, answer: "Registrations", codes: ofMonitor, serve: events(a, store.Reader.Registrations),
		},
		{
			path: "/api/v1/monitors/{id}/export", does: "All of a range, as a file: newest first, but for series. One that breaks off ends with a problem as its last line (NDJSON), and with an aborted connection.",
			params: []parameter{paramKind, paramFormat, paramFrom, paramTo, paramLocation, paramStep}, answer: "Export",
			media: []string{"application/x-ndjson", "text/csv"}, codes: []int{http.StatusNotFound, http.StatusServiceUnavailable}, serve: a.export,
		},
		{
			path: "/api/v1/openapi.json", does: "This document.",
			answer: "OpenAPI", codes: []int{http.StatusNotModified}, serve: a.openapi,
		},
	}
}

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
