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

// stepAllowed is what a step may be.
const stepAllowed = "whole seconds that divide a minute, minutes that divide an hour, hours that divide a day, or days: such as 10s, 5m, 1h or 7d"

var paramStep = parameter{
	name: "step", does: "The length of one point, such as 10s, 5m, 1h or 7d; absent: the shortest at which there are at most 500 and all of the range is still known.",
	schema: object{"type": "string", "pattern": "^[0-9]+[smhd]$"},
	read:   func(q *query, v string) (allowed string) { q.step, allowed = parseStep(v); return },
}

var units = []struct {
	of   time.Duration
	name byte
}{{time.Second, 's'}, {time.Minute, 'm'}, {time.Hour, 'h'}, {store.Day, 'd'}}

// parseStep reads a step, or says what is allowed.
func parseStep(v string) (step time.Duration, allowed string) {
	for _, u := range units {
		if v == "" || v[len(v)-1] != u.name {
			continue
		}
		n, err := strconv.ParseUint(v[:len(v)-1], 10, 16)
		step = time.Duration(n) * u.of
		now := time.Unix(0, 0)
		if _, _, wrong := (store.SeriesQuery{From: now, To: now, Step: step}).Frame(); err == nil && wrong == nil {
			return step, ""
		}
	}
	return 0, stepAllowed
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
