package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/monitorink/monitorink/store"
)

// badges serves /badge/{id}.svg: to everybody of what the status page shows, and to those
// who may of all else. Who may not is not told what there is.
type badges struct {
	board *statusBoard // nil: there is no page
	guard *guard
	api   *api
}

var badgePeriods = map[string]string{"24h": "24 h", "7d": "7 days", "30d": "30 days", "90d": "90 days"}

// An order is what a badge is asked to say.
type order struct {
	kind, period, label string
	labelled            bool
}

func (b *badges) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, isBadge := strings.CutSuffix(r.PathValue("file"), ".svg")
	if b.board != nil && isBadge {
		if v := b.board.view(r.Context()); v != nil && v.byID[id] != nil {
			w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin") // it is for other sites
			b.answer(w, r, v.byID[id], "public, max-age=30")
			return
		}
	}
	if !b.guard.pass(w, r) {
		return
	}
	if !isBadge {
		fail(w, r, http.StatusNotFound, "there is nothing at this path; a badge is at /badge/, the id of a monitor, and .svg")
		return
	}
	s, err := b.subject(r, id)
	switch {
	case errors.Is(err, store.ErrUnknown):
		w.Header().Set("Content-Type", "image/svg+xml")
		w.Header().Set("Cache-Control", asNow)
		w.WriteHeader(http.StatusNotFound)
		w.Write(badge{"monitor", "not found", badgeGrey, "There is no monitor of this id."}.svg()) // an error is the client's: it has gone
	case err != nil:
		b.api.refuse(w, r, err)
	default:
		b.answer(w, r, s, "private, max-age=30")
	}
}

func (b *badges) subject(r *http.Request, id string) (*subject, error) {
	statuses, err := b.api.store.Monitor(r.Context(), id)
	if err != nil {
		return nil, err
	}
	rows := rowsOf(statuses)
	if there := slices.DeleteFunc(slices.Clone(rows), (*row).removed); len(there) > 0 {
		rows = there // where it was removed says nothing of where it is
	}
	list, err := b.api.subjects(r.Context(), rows, time.Now())
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func (b *badges) answer(w http.ResponseWriter, r *http.Request, s *subject, cache string) {
	o, err := orderOf(r)
	if err != nil {
		b.api.refuse(w, r, err)
		return
	}
	send(w, r, cache, "image/svg+xml", s.badge(o).svg())
}

func orderOf(r *http.Request) (order, error) {
	o := order{kind: "state", period: "30d"}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return o, &badParameter{name: "the query", allowed: "url-encoded"}
	}
	for name, list := range values {
		v := list[0]
		switch {
		case len(list) > 1:
			return o, &badParameter{name: name, allowed: "given once"}
		case name == "kind" && (v == "state" || v == "uptime" || v == "latency"):
			o.kind = v
		case name == "kind":
			return o, &badParameter{name: name, allowed: "state, uptime or latency"}
		case name == "period" && badgePeriods[v] != "":
			o.period = v
		case name == "period":
			return o, &badParameter{name: name, allowed: "24h, 7d, 30d or 90d"}
		case name == "label":
			o.label, o.labelled = v, true
		default:
			return o, &badParameter{name: "the query", allowed: "of these alone: kind, period, label"}
		}
	}
	return o, nil
}

// badge says of s what o asks for.
func (s *subject) badge(o order) badge {
	buckets, period := s.hours[:], badgePeriods[o.period]
	if days := map[string]int{"7d": 7, "30d": 30, "90d": barDays}[o.period]; days > 0 {
		buckets = s.days[barDays-days:]
	}
	all := total(buckets)
	b := badge{Label: s.title, Colour: badgeGrey}
	switch o.kind {
	case "state":
		b.Value = strings.ToLower(stateWords[s.state])
		b.Words = fmt.Sprintf("%s is %s", s.title, b.Value)
		b.Colour = map[string]string{isUp: badgeGreen, isDown: badgeRed, isPartly: badgeAmber}[s.state]
		if b.Colour == "" {
			b.Colour = badgeGrey
		}
	case "uptime":
		b.Label, b.Value = "uptime "+period, "no data"
		if uptime, measured := all.uptime(); measured {
			b.Value, b.Colour = percent(uptime), uptimeColour(uptime)
		}
		b.Words = fmt.Sprintf("%s: uptime of %s is %s; %s was observed", s.title, period, b.Value, percent(all.coverage()))
	case "latency":
		b.Label, b.Value = "latency "+period, "no data"
		if all.count > 0 {
			b.Value, b.Colour = quick(all.sum/time.Duration(all.count)), badgeBlue
		}
		b.Words = fmt.Sprintf("%s: mean latency of %s is %s", s.title, period, b.Value)
	}
	if o.labelled {
		b.Label = o.label
	}
	return b
}

func uptimeColour(uptime float64) string {
	switch {
	case uptime >= 0.999:
		return badgeGreen
	case uptime >= 0.99:
		return badgeAmber
	}
	return badgeRed
}
