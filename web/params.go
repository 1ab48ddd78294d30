package web

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/monitorink/monitorink/store"
)

// A query is what a request asks for: the id of its path, and its parameters.
type query struct {
	store.Query
	values url.Values    // as they came; only parameters of the route, and once unless they may come often
	step   time.Duration // 0: to be chosen
	find   finding

	kind, format string // of an export
}

// A parameter is one that a path's query may have.
type parameter struct {
	name   string
	does   string // one sentence
	schema object // of one value
	often  bool   // it may be given more than once
	// read keeps v, or says what is allowed; nil: any value is.
	read func(q *query, v string) (allowed string)
}

// saying is p with another description.
func (p parameter) saying(does string) parameter {
	p.does = does
	return p
}

// The parameters that several paths share.
var (
	paramFrom = parameter{
		name: "from", does: "The beginning, inclusive; absent: no bound.", schema: schemaInstant,
		read: func(q *query, v string) (allowed string) { q.From, allowed = instant(v); return },
	}
	paramTo = parameter{
		name: "to", does: "The end, exclusive; absent: no bound.", schema: schemaInstant,
		read: func(q *query, v string) (allowed string) {
			if q.To, allowed = instant(v); allowed == "" && q.To.IsZero() {
				return "after 0001-01-01T00:00:00Z" // a store would take it for no bound
			}
			return allowed
		},
	}
	paramLocation = parameter{
		name: "location", does: "One location only; absent or empty: all.", schema: object{"type": "string"},
		read: func(q *query, v string) string { q.Location = v; return "" },
	}
	paramLimit = parameter{
		name: "limit", does: "The most items of one page.",
		schema: object{"type": "integer", "minimum": 1, "maximum": store.MaxLimit, "default": store.DefaultLimit},
		read: func(q *query, v string) string {
			n, err := strconv.Atoi(v)
			if q.Limit = n; err != nil || n < 1 || n > store.MaxLimit {
				return fmt.Sprintf("a number from 1 to %d", store.MaxLimit)
			}
			return ""
		},
	}
	paramAfter = parameter{
		name: "after", does: "The next of the page before.", schema: object{"type": "string"},
		read: func(q *query, v string) string { q.After = v; return "" },
	}
)

var schemaInstant = object{"type": "string", "format": "date-time"}

// A badParameter says what a request's parameter was, and what is allowed.
type badParameter struct{ name, was, allowed string }

// Error is one sentence for the user. What is asked for without a token is not repeated.
func (e *badParameter) Error() string {
	if e.was == "" {
		return fmt.Sprintf("%s must be %s", short(e.name), e.allowed)
	}
	return fmt.Sprintf("%s is %q: it must be %s", short(e.name), short(e.was), e.allowed)
}

// short cuts what a client sent, before it is sent back.
func short(s string) string {
	if len(s) > 100 {
		return s[:100] + "…"
	}
	return s
}

// parse reads the parameters that a path allows, and refuses any other.
func parse(r *http.Request, allowed []parameter) (query, error) {
	q := query{Query: store.Query{Monitor: r.PathValue("id")}}
	var err error
	if q.values, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		return q, &badParameter{"the query", r.URL.RawQuery, "url-encoded"}
	}
	for _, name := range slices.Sorted(maps.Keys(q.values)) {
		list := q.values[name]
		i := slices.IndexFunc(allowed, func(p parameter) bool { return p.name == name })
		switch {
		case i < 0:
			return q, &badParameter{name, list[0], "left out: this path knows " + oneOf(allowed)}
		case len(list) > 1 && !allowed[i].often:
			return q, &badParameter{name, strings.Join(list, ", "), "given once"}
		case allowed[i].read == nil:
			continue
		}
		for _, v := range list {
			if must := allowed[i].read(&q, v); must != "" {
				return q, &badParameter{name, v, must}
			}
		}
	}
	if !q.From.IsZero() && !q.To.IsZero() && q.To.Before(q.From) {
		return q, &badParameter{"to", q.To.Format(time.RFC3339Nano), "not before from"}
	}
	return q, nil
}

// instant reads a time, or says what is allowed.
func instant(v string) (t time.Time, allowed string) {
	t, err := time.Parse(time.RFC3339, v)
	if t = t.UTC(); err != nil || t.Year() < 1 || t.Year() > 9999 {
		allowed = "an RFC 3339 time such as 2026-11-23T21:48:30Z"
		if strings.Contains(v, " ") {
			allowed += "; in a URL, + is a space, and %2B is +"
		}
		return t, allowed
	}
	return t, ""
}

func oneOf(params []parameter) string {
	if len(params) == 0 {
		return "no parameters"
	}
	var names []string
	for _, p := range params {
		names = append(names, p.name)
	}
	return strings.Join(names, ", ")
}
