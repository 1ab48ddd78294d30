package account

import (
	"slices"
	"strings"
	"time"
)

// gaps holds the unmeasured slots, which are in order, against the gaps.
func (j *Judge) gaps(m *Monitor, all []period, open []slot) {
	sorted := slices.SortedFunc(slices.Values(m.Gaps), func(a, b Gap) int {
		return int(a.First - b.First) //nolint:gosec // within one run
	})
	for _, g := range sorted {
		j.v.Gaps[g.Reason] += g.Slots
		j.bounds(m, all, g)
	}
	for len(sorted) > 0 {
		// Gaps that touch one another are taken together.
		n, last := 1, sorted[0].Last
		for n < len(sorted) && sorted[n].First <= last {
			last = max(last, sorted[n].Last)
			n++
		}
		under := func(s slot) bool { return s.at >= sorted[0].First && s.at <= last }
		from := slices.IndexFunc(open, under)
		var slots []slot
		if from >= 0 {
			slots = open[from:]
			if to := slices.IndexFunc(slots, func(s slot) bool { return !under(s) }); to >= 0 {
				slots = slots[:to]
			}
			j.uncovered(m, open[:from])
			open = open[from+len(slots):]
		}
		j.sum(m, sorted[:n], slots)
		sorted = sorted[n:]
	}
	j.uncovered(m, open)
}

// bounds wants the first and the last slot of a gap to be slots of its definition.
func (j *Judge) bounds(m *Monitor, all []period, g Gap) {
	first, last := holds(all, g.First), holds(all, g.Last)
	if first == nil || first != last || first.Version != g.Version || g.First > g.Last || g.Slots < 1 || g.Slots > (g.Last-g.First)/first.every+1 {
		j.v.Foreign++
		j.wrong(Foreign, m.ID, time.UnixMilli(g.First), "a gap %s of definition %s to %s with %d slots, which are not the slots of that definition there, or a part of them",
			g.Reason, g.Version, clock(g.Last), g.Slots)
	}
}

func (j *Judge) uncovered(m *Monitor, list []slot) {
	for _, s := range list {
		j.v.Missing++
		j.wrong(Missing, m.ID, time.UnixMilli(s.at), "neither a row nor a gap")
	}
}

// sum wants gaps that touch one another to count each unmeasured slot under them
// once, and each of these to have a reason.
func (j *Judge) sum(m *Monitor, gaps []Gap, slots []slot) {
	var counted int64
	for _, g := range gaps {
		counted += g.Slots
	}
	switch surplus := counted - int64(len(slots)); {
	case surplus > 0 && j.life.pressed(gaps):
		j.v.Overlaid += surplus
	case surplus > 0:
		j.v.Double += surplus
		j.wrong(Double, m.ID, time.UnixMilli(gaps[0].First), "%s count %d slots, and %d are unmeasured", describe(gaps), counted, len(slots))
	case surplus < 0:
		j.v.Missing -= surplus
		j.wrong(Missing, m.ID, time.UnixMilli(gaps[0].First), "%s count only %d slots, and %d are unmeasured", describe(gaps), counted, len(slots))
	}
	for _, s := range slots {
		j.reason(m, gaps, s)
	}
}

func (j *Judge) reason(m *Monitor, gaps []Gap, s slot) {
	at := time.UnixMilli(s.at)
	for _, g := range gaps {
		if s.at < g.First || s.at > g.Last {
			continue
		}
		ok, hungry := j.life.explains(g.Reason, at, s.Timeout, s.Paused)
		if ok || hungry {
			if (hungry || j.life.hungry(g.Reason, at)) && !s.Paused && j.life.alive(at) {
				j.v.Alive-- // it is the machine that was not
			}
			if hungry {
				j.v.Starved++
			}
			return
		}
	}
	j.v.Unexplained++
	j.wrong(Unexplained, m.ID, at, "nothing explains %s", describe(gaps))
}

func describe(gaps []Gap) string {
	var list []string
	for _, g := range gaps {
		if len(list) == 4 {
			list = append(list, "…")
			break
		}
		list = append(list, g.Reason+" "+clock(g.First)+"–"+clock(g.Last))
	}
	return strings.Join(list, ", ")
}

func clock(ms int64) string { return time.UnixMilli(ms).UTC().Format("15:04:05.000") }

// tolerance is how much later than the end of a probe its target may think that it
// answered.
const tolerance = 100 * time.Millisecond

// belated is the same for a probe that found its target down: it may have given up
// before a target that waited for a processor saw the request.
const belated = 2 * time.Second

// answers wants a row for each request that was answered.
func (j *Judge) answers(m *Monitor) {
	rows := slices.SortedFunc(slices.Values(m.Rows), func(a, b Row) int { return int(a.Started - b.Started) })
	for url, times := range m.Answers {
		for _, us := range times {
			j.v.Answers++
			if witnessed(rows, url, us) {
				continue
			}
			if at := time.UnixMicro(us); !j.life.lost(at) {
				j.v.Lost++
				j.wrong(Lost, m.ID, at, "its target answered %s, and no row says so", url)
			}
		}
	}
}

// witnessed reports whether a row's probe was under way at an instant.
func witnessed(rows []Row, url string, us int64) bool {
	const before = 5_000 // microseconds that the clocks of two processors may differ by
	i, _ := slices.BinarySearchFunc(rows, us+before, func(r Row, us int64) int {
		if r.Started > us {
			return 1
		}
		return -1
	})
	for i--; i >= 0 && us-rows[i].Started < int64(5*time.Minute/time.Microsecond); i-- {
		r, more := rows[i], tolerance
		if !r.Up {
			more = belated
		}
		if r.URL == url && us <= r.Started+r.Total+more.Microseconds() {
			return true
		}
		if us-rows[i].Started > int64(10*time.Second/time.Microsecond) && rows[i].Total < int64(time.Second/time.Microsecond) {
			return false // and those before it have ended long ago
		}
	}
	return false
}
