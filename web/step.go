package web

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/monitorink/monitorink/store"
)

// chosenPoints is the most points of a series whose step the server chooses.
const chosenPoints = 500

// steps are those below a day that the server chooses from; above, it is whole days.
var steps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

// stepAllowed is what a step may be.
const stepAllowed = "whole seconds that divide a minute, minutes that divide an hour, hours that divide a day, or days: such as 10s, 5m, 1h or 7d"

// maxStepDays is the longest step: longer ones say no more.
const maxStepDays = 36500

var paramStep = parameter{
	name: "step", does: "The length of one point, such as 10s, 5m, 1h or 7d; absent: the shortest at which there are at most 500 and all of the range is still known.",
	schema: object{"type": "string", "pattern": "^[0-9]+[smhd]$"},
	read:   func(q *query, v string) (allowed string) { q.step, allowed = parseStep(v); return },
}

var units = []struct {
	of, in time.Duration
	name   byte
}{{time.Second, time.Minute, 's'}, {time.Minute, time.Hour, 'm'}, {time.Hour, store.Day, 'h'}, {store.Day, maxStepDays * store.Day, 'd'}}

// parseStep reads a step, or says what is allowed.
func parseStep(v string) (step time.Duration, allowed string) {
	for _, u := range units {
		if v == "" || v[len(v)-1] != u.name {
			continue
		}
		n, err := strconv.ParseUint(v[:len(v)-1], 10, 16)
		if step = time.Duration(n) * u.of; err == nil && isStep(step) {
			return step, ""
		}
	}
	return 0, stepAllowed
}

// isStep reports whether a series can have the step d.
func isStep(d time.Duration) bool {
	for _, u := range units {
		if d < u.in {
			return d > 0 && d%u.of == 0 && (u.in%d == 0 || u.of == store.Day)
		}
	}
	return d == maxStepDays*store.Day
}

// stepText is d in the form that a step is asked for in.
func stepText(d time.Duration) string {
	for _, u := range slices.Backward(units) {
		if d%u.of == 0 {
			return fmt.Sprintf("%d%c", d/u.of, u.name)
		}
	}
	return d.String()
}

// stepFor is the shortest step at which there are at most n points from from to to.
func stepFor(from, to time.Time, n int64) time.Duration {
	for _, s := range steps {
		if points(from, to, s) <= n {
			return s
		}
	}
	days := max((to.Unix()-from.Unix())/(n*int64(store.Day/time.Second)), 1)
	for points(from, to, time.Duration(days)*store.Day) > n {
		days++
	}
	return time.Duration(days) * store.Day
}

// points is how many points of a step there are from from to to; the times may be
// further apart than a time.Duration holds.
func points(from, to time.Time, step time.Duration) int64 {
	s := int64(step / time.Second)
	first := from.Unix() - (from.Unix()%s+s)%s
	end := to.Unix()
	if to.Nanosecond() > 0 {
		end++
	}
	return max((end-first+s-1)/s, 0)
}

// coarser is the shortest step of the next tier, which is kept for longer; 0: there
// is none.
func coarser(step time.Duration) time.Duration {
	for _, tier := range []time.Duration{store.Minute, store.Hour, store.Day} {
		if step < tier {
			return tier
		}
	}
	return 0
}
