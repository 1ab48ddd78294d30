package web

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/monitorink/monitorink/store"
)

const (
	barDays      = 90
	dayHours     = 25 // so that 24 whole ones are in it
	incidentDays = 14
	maxStrips    = 200 // at once: buckets are large
)

// What a monitor is, over all its locations.
const (
	isUp      = "up"
	isPartly  = "partly" // down at some of its locations
	isDown    = "down"
	isUnknown = "unknown"
	isPaused  = "paused"
	isRemoved = "removed" // everywhere
)

// A subject is a monitor as the public may know it: no URL, location or error.
type subject struct {
	id, title string
	state     string
	days      [barDays]share // of all locations; the last is today, in UTC
	hours     [dayHours]share
	outages   []outage // newest first
}

// An outage is a time when a monitor was down somewhere.
type outage struct {
	title    string
	from, to time.Time // to is zero: it lasts
}

// A selector chooses monitors by labels: for each key, any of its values.
type selector map[string][]string

// newSelector reads labels of the form key:value.
func newSelector(labels []string) selector {
	s := selector{}
	for _, l := range labels {
		key, value, _ := strings.Cut(l, ":")
		s[key] = append(s[key], value)
	}
	return s
}

// of returns those of rows that s chooses.
func (s selector) of(rows []*row) (chosen []*row) {
	for _, r := range rows {
		if !r.removed() && s.has(r) {
			chosen = append(chosen, r)
		}
	}
	return chosen
}

func (s selector) has(r *row) bool {
	for key, values := range s {
		if !slices.Contains(values, r.label(key)) {
			return false
		}
	}
	return len(s) > 0
}

func (r *row) removed() bool { return r.state == isRemoved }

// label is the value of a label; empty: there is none.
func (r *row) label(name string) string {
	for _, l := range r.labels {
		if l.name == name {
			return l.value
		}
	}
	return ""
}

// subjects puts together what is known of monitors, whose rows are in the order of their
// ids.
func (a *api) subjects(ctx context.Context, rows []*row, now time.Time) ([]*subject, error) {
	var all []*subject
	for part := range slices.Chunk(rows, maxStrips) {
		q := store.StripQuery{From: firstDay(now), To: firstDay(now).AddDate(0, 0, barDays), Step: store.Day}
		for _, m := range part {
			q.Keys = append(q.Keys, m.Key)
		}
		days, err := a.store.Strips(ctx, q)
		if err != nil {
			return nil, err
		}
		q.From, q.To, q.Step = firstHour(now), firstHour(now).Add(dayHours*store.Hour), store.Hour
		hours, err := a.store.Strips(ctx, q)
		if err != nil {
			return nil, err
		}
		for i := range part {
			if len(all) == 0 || all[len(all)-1].id != part[i].Monitor {
				all = append(all, &subject{id: part[i].Monitor, title: part[i].Monitor})
			}
			all[len(all)-1].add(part[i], a.stateAt(part[i], now), days[i], hours[i], now)
		}
	}
	return all, nil
}

func firstDay(now time.Time) time.Time {
	return now.UTC().Truncate(store.Day).AddDate(0, 0, 1-barDays)
}

func firstHour(now time.Time) time.Time {
	return now.UTC().Truncate(store.Hour).Add((1 - dayHours) * store.Hour)
}

// add adds a location.
func (s *subject) add(r *row, state string, days, hours []store.Bucket, now time.Time) {
	s.title = cmp.Or(r.label("title"), s.title)
	s.state = together(s.state, state)
	merge(s.days[:], days, firstDay(now), store.Day)
	merge(s.hours[:], hours, firstHour(now), store.Hour)
}

func merge(into []share, from []store.Bucket, first time.Time, step time.Duration) {
	for i := range from {
		if n := from[i].From.Sub(first) / step; n >= 0 && int(n) < len(into) {
			b := &from[i]
			into[n] = into[n].plus(share{b.Up, b.Down, b.Missed(), b.Total.Count, b.Total.Sum})
		}
	}
}

// stateAt is the state at one location. Where something should have been heard of long
// ago it is unknown, whatever it was then.
func (a *api) stateAt(r *row, now time.Time) string {
	switch {
	case r.state == isPaused, r.removed():
		return r.state
	case r.last == none, r.reason != "", a.overdue(r, now):
		return isUnknown
	}
	return r.state
}

// overdue reports whether the slot after the last measurement is long past: by the time of
// two more, or an hour where that is less, and a minute.
func (a *api) overdue(r *row, now time.Time) bool {
	last := time.UnixMilli(r.last)
	var next time.Time
	var interval time.Duration
	switch {
	case r.every != none:
		interval = time.Duration(r.every) * time.Microsecond
		next = last.Add(interval)
	case r.cron != nil && a.next != nil:
		if next = a.next(r.Monitor, *r.cron, last); next.IsZero() {
			return false
		}
		interval = time.Hour
		if after := a.next(r.Monitor, *r.cron, next); !after.IsZero() {
			interval = after.Sub(next)
		}
	default:
		return false
	}
	return now.Sub(next) > min(2*interval, time.Hour)+time.Minute
}

// together is the state at two locations or more. One where nothing is known says nothing
// about the others.
func together(a, b string) string {
	switch {
	case a == b, b == "":
		return a
	case a == "", a == isPaused, a == isUnknown && b != isPaused:
		return b
	case b == isPaused, b == isUnknown:
		return a
	}
	return isPartly
}

// outagesOf are the times when s was down at some location.
func (a *api) outagesOf(ctx context.Context, s *subject, now time.Time) ([]outage, error) {
	got, err := a.store.Incidents(ctx, store.Query{Monitor: s.id, From: now.AddDate(0, 0, -incidentDays), Limit: store.DefaultLimit})
	if err != nil && !errors.Is(err, store.ErrUnknown) {
		return nil, err
	}
	slices.SortFunc(got.Items, func(a, b store.Incident) int { return a.From.Compare(b.From) })
	var all []outage
	for _, i := range got.Items {
		if n := len(all) - 1; n >= 0 && (all[n].to.IsZero() || !i.From.After(all[n].to)) { // at another location
			if i.To.IsZero() || i.To.After(all[n].to) && !all[n].to.IsZero() {
				all[n].to = i.To
			}
			continue
		}
		all = append(all, outage{s.title, i.From, i.To})
	}
	slices.Reverse(all)
	return all, nil
}

// A share is what became of slots, and how long those took that were up.
type share struct {
	up, down, missed int64
	count            int64
	sum              time.Duration
}

func (s share) plus(o share) share {
	return share{s.up + o.up, s.down + o.down, s.missed + o.missed, s.count + o.count, s.sum + o.sum}
}

func total(all []share) (s share) {
	for _, o := range all {
		s = s.plus(o)
	}
	return s
}

func (s share) slots() int64 { return s.up + s.down + s.missed }

// uptime is that of what was measured; false: nothing was.
func (s share) uptime() (float64, bool) {
	return ratio(s.up, s.up+s.down), s.up+s.down > 0
}

// coverage is how much was measured.
func (s share) coverage() float64 { return ratio(s.up+s.down, s.slots()) }

func ratio(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}
