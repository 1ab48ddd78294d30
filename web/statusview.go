package web

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const maxOutages = 50 // on the page

// A statusView is what the public sees, put together once for all visitors.
type statusView struct {
	list  []*subject
	byID  map[string]*subject
	at    time.Time
	stale bool
	html  packed
	json  packed
}

// A pageView is what the page shows.
type pageView struct {
	Title, State, Headline string
	Concerned              string // by it: names
	Stale                  bool
	At                     time.Time
	Monitors               []monitorView
	Outages                []outageView
	MoreOutages            int
	First                  time.Time
}

type monitorView struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	State    string   `json:"state"`
	Uptime   *float64 `json:"uptime,omitempty"` // of what was measured, in 90 days
	Coverage float64  `json:"coverage"`         // how much was
	// Days are slots up, down and not observed, of each day.
	Days [][3]int64 `json:"days"`
	Bar  bar        `json:"-"`

	Words, UptimeWords, Unobserved string `json:"-"`
}

type outageView struct {
	Monitor string     `json:"monitor"`
	Title   string     `json:"title"`
	From    time.Time  `json:"from"`
	To      *time.Time `json:"to,omitempty"` // absent: it lasts
	Took    string     `json:"-"`
}

var stateWords = map[string]string{isUp: "Up", isPartly: "Partly down", isDown: "Down", isUnknown: "Not observed", isPaused: "Paused", isRemoved: "Removed"}

func newStatusView(title string, list []*subject, at time.Time, stale bool) *statusView {
	v := &statusView{list: list, byID: map[string]*subject{}, at: at, stale: stale}
	p := pageView{Title: title, Stale: stale, At: at.UTC(), First: firstDay(at), Monitors: []monitorView{}, Outages: []outageView{}}
	for _, s := range list {
		v.byID[s.id] = s
		p.Monitors = append(p.Monitors, viewOf(s, at))
		for _, o := range s.outages {
			p.Outages = append(p.Outages, outageOf(s.id, o, at))
		}
	}
	slices.SortStableFunc(p.Monitors, func(a, b monitorView) int { return strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)) })
	slices.SortStableFunc(p.Outages, func(a, b outageView) int { return b.From.Compare(a.From) })
	p.State, p.Headline = headline(list)
	p.Concerned = concerned(p.Monitors)
	b, err := encode(map[string]any{
		"title": title, "at": p.At, "stale": stale, "state": p.State, "first_day": p.First.Format(time.DateOnly), "monitors": p.Monitors, "incidents": p.Outages,
	})
	if err != nil { // it is built here, of types that JSON can express
		panic(err)
	}
	v.json = pack(b)
	p.MoreOutages = max(0, len(p.Outages)-maxOutages)
	p.Outages = p.Outages[:len(p.Outages)-p.MoreOutages]
	v.html = pack(p.html())
	return v
}

func viewOf(s *subject, at time.Time) monitorView {
	all := total(s.days[:])
	uptime, measured := all.uptime()
	m := monitorView{
		ID: s.id, Title: s.title, State: s.state, Coverage: all.coverage(),
		Words: stateWords[s.state], UptimeWords: "no measurements yet", Bar: barOf(s.days[:], firstDay(at)),
	}
	if measured {
		m.Uptime, m.UptimeWords = &uptime, percent(uptime)+" up"
		if all.missed > 0 {
			m.Unobserved = percent(m.Coverage) + " observed"
		}
	}
	for _, d := range s.days {
		m.Days = append(m.Days, [3]int64{d.up, d.down, d.missed})
	}
	return m
}

func outageOf(id string, o outage, now time.Time) outageView {
	v := outageView{Monitor: id, Title: o.title, From: o.from.UTC()}
	if o.to.IsZero() {
		v.Took = roughly(now.Sub(o.from)) + " so far"
		return v
	}
	to := o.to.UTC()
	v.To, v.Took = &to, roughly(o.to.Sub(o.from))
	return v
}

// maxConcerned is how many are named at the top.
const maxConcerned = 5

// concerned names the monitors that are down, here or there.
func concerned(list []monitorView) string {
	var names []string
	for _, state := range []string{isDown, isPartly} {
		for i := range list {
			if list[i].State == state {
				names = append(names, list[i].Title)
			}
		}
	}
	if more := len(names) - maxConcerned; more > 0 {
		names = append(names[:maxConcerned], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, " · ")
}

// headline says in one line how it is.
func headline(list []*subject) (state, words string) {
	count := map[string]int{}
	for _, s := range list {
		count[s.state]++
	}
	of := func(n int, words string) string {
		if n == len(list) && n == 1 {
			return "It is " + words
		}
		if n == len(list) {
			return "All " + words
		}
		return fmt.Sprintf("%d of %d %s", n, len(list), words)
	}
	switch {
	case len(list) == 0:
		return isUnknown, "Nothing is shown here yet"
	case count[isDown] > 0 && count[isPartly] > 0:
		return isDown, of(count[isDown], "down") + fmt.Sprintf(", %d partly down", count[isPartly])
	case count[isDown] > 0:
		return isDown, of(count[isDown], "down")
	case count[isPartly] > 0:
		return isPartly, of(count[isPartly], "partly down")
	case count[isUnknown] > 0:
		return isUnknown, of(count[isUnknown], "not observed")
	case count[isUp] == 0:
		return isPaused, of(count[isPaused], "paused")
	case count[isPaused] > 0:
		return isUp, of(count[isUp], "up") + fmt.Sprintf(", %d paused", count[isPaused])
	}
	return isUp, of(count[isUp], "up")
}
