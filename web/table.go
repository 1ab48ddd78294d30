package web

import (
	"net/http"
	"slices"

	"github.com/monitorink/monitorink/store"
)

// table lists the routes, in the order of the document.
func (a *api) table() []route {
	return slices.Concat(a.everyMonitor(), a.oneMonitor(), []route{
		{
			path: "/api/v1/openapi.json", does: "This document.",
			answer: "OpenAPI", codes: []int{http.StatusNotModified}, serve: a.openapi,
		},
	})
}

// everyMonitor are the paths of every monitor.
func (a *api) everyMonitor() []route {
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
	}
}

// oneMonitor are the paths of one monitor.
func (a *api) oneMonitor() []route {
	span := []parameter{paramFrom, paramTo, paramLocation}
	list := slices.Concat(span, []parameter{paramLimit, paramAfter})
	return []route{
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
			path: "/api/v1/monitors/{id}/measurements/{scheduled_at}", does: "Its measurements of one slot, by location, the last attempt first, and the gaps that cover it.",
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
	}
}

// beside are the paths of the document that are not the API's own, and may be open to
// all. They have handlers of their own.
func beside() []route {
	return []route{
		{
			path: "/badge/{id}.svg", does: "An image that says how a monitor is: open to all for what the status page shows.",
			params: []parameter{
				choice("kind", "What it says.", []string{"state", "uptime", "latency"}, nil),
				choice("period", "Of uptime and latency.", []string{"30d", "24h", "7d", "90d"}, nil),
				{name: "label", does: "The text on its left; absent: the monitor's title.", schema: object{"type": "string"}},
			},
			answer: "Badge", media: []string{"image/svg+xml"}, codes: slices.Concat(ofAll, ofMonitor),
		},
		{
			path: "/status.json", does: "The public status page, where there is one: open to all.",
			answer: "StatusPage", codes: ofMonitor,
		},
	}
}
