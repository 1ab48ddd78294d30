package account

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// gaps wants each slot without a row in one gap, and no other slot in any.
func (j *Judge) gaps(m *Monitor, all []period, open []slot, measured map[int64]bool) {
	over := map[int64][]Gap{}
	for _, g := range m.Gaps {
		j.v.Gaps[g.Reason] += g.Slots
		p := j.bounds(m, all, g)
		if p == nil {
			continue
		}
		for at := g.First; at <= g.Last; at += p.every {
			over[at] = append(over[at], g)
			switch {
			case !measured[at] && len(over[at]) == 1:
			case j.life.pressed(over[at]):
				j.v.Overlaid++
			default:
				j.v.Double++
				j.wrong(Double, m.ID, time.UnixMilli(at), "in %s, and measured: %t", describe(over[at]), measured[at])
			}
		}
	}
	for _, s := range open {
		if gaps := over[s.at]; len(gaps) > 0 {
			j.reason(m, gaps, s)
			continue
		}
		j.v.Missing++
		j.wrong(Missing, m.ID, time.UnixMilli(s.at), "neither a row nor a gap")
	}
}

// bounds wants a gap to count the slots of its definition from its first to its
// last, and returns the period in which that holds.
func (j *Judge) bounds(m *Monitor, all []period, g Gap) *period {
	first, last := holds(all, g.First), holds(all, g.Last)
	if first != nil && first == last && first.Version == g.Version && g.First <= g.Last && g.Slots == (g.Last-g.First)/first.every+1 {
		return first
	}
	j.v.Foreign++
	j.wrong(Foreign, m.ID, time.UnixMilli(g.First), "a gap %s of definition %s to %s with %d slots, which are not the slots of that definition there",
		g.Reason, g.Version, clock(g.Last), g.Slots)
	return nil
}

// reason wants one of the gaps over a slot to be explained.
func (j *Judge) reason(m *Monitor, gaps []Gap, s slot) {
	at := time.UnixMilli(s.at)
	for _, g := range gaps {
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

// before is how much earlier than the start of a probe its target may think that it
// answered: by so much the clocks of two processors may differ.
const before = 5 * time.Millisecond

// answers wants a row of its own for each request that was answered: one whose probe
// was under way then.
func (j *Judge) answers(m *Monitor) {
	rows := slices.SortedFunc(slices.Values(m.Rows), func(a, b Row) int { return cmp.Compare(a.Started, b.Started) })
	for url, times := range m.Answers {
		next, ends := 0, []int64(nil) // of the probes that may have been answered, and were not yet
		for _, us := range slices.Sorted(slices.Values(times)) {
			j.v.Answers++
			for ; next < len(rows) && rows[next].Started <= us+before.Microseconds(); next++ {
				if rows[next].URL == url {
					ends = append(ends, rows[next].answerable())
				}
			}
			ends = slices.DeleteFunc(ends, func(end int64) bool { return end < us })
			if len(ends) > 0 { // the one that ends first leaves most to those that follow
				slices.Sort(ends)
				ends = ends[1:]
				continue
			}
			if at := time.UnixMicro(us); !j.life.lost(at) {
				j.v.Lost++
				j.wrong(Lost, m.ID, at, "its target answered %s, and no row says so", url)
			}
		}
	}
}

// answerable is until when the target of a probe may think that it answered, in Unix
// microseconds.
func (r *Row) answerable() int64 {
	more := tolerance
	if !r.Up {
		more = belated
	}
	return r.Started + r.Total + more.Microseconds()
}
