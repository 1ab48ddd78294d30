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

// A badParameter says what a request's parameter was, and what is allowed.
type badParameter struct{ name, was, allowed string }

// Error is one sentence for the user.
func (e *badParameter) Error() string {
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
func parse(r *http.Request, allowed ...string) (store.Query, error) {
	q := store.Query{Monitor: r.PathValue("id")}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, &badParameter{"the query", r.URL.RawQuery, "url-encoded"}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list := values[name]
		v := list[0]
		switch {
		case !slices.Contains(allowed, name):
			return q, &badParameter{name, v, "left out: this path knows " + oneOf(allowed)}
		case len(list) > 1:
			return q, &badParameter{name, strings.Join(list, ", "), "given once"}
		}
		switch name {
		case "from":
			q.From, err = instant(name, v)
		case "to":
			q.To, err = instant(name, v)
		case "limit":
			n, e := strconv.Atoi(v)
			if e != nil || n < 1 || n > store.MaxLimit {
				err = &badParameter{name, v, fmt.Sprintf("a number from 1 to %d", store.MaxLimit)}
			}
			q.Limit = n
		case "after":
			q.After = v
		case "location":
			q.Location = v
		}
		if err != nil {
			return q, err
		}
	}
	if !q.From.IsZero() && !q.To.IsZero() && q.To.Before(q.From) {
		return q, &badParameter{"to", q.To.Format(time.RFC3339Nano), "not before from"}
	}
	return q, nil
}

func instant(name, v string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, v)
	if t = t.UTC(); err != nil || t.Year() < 1 || t.Year() > 9999 {
		return t, &badParameter{name, v, "an RFC 3339 time such as 2026-11-23T21:48:30Z"}
	}
	return t, nil
}

func oneOf(names []string) string {
	if len(names) == 0 {
		return "no parameters"
	}
	return strings.Join(names, ", ")
}
