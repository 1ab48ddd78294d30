package main

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"
)

// What can happen to whom.
const (
	kill     = "kill -9"
	freeze   = "SIGSTOP"
	freezeTo = "SIGSTOP, then kill -9"
	term     = "SIGTERM"
	edit     = "edit, SIGTERM"
	editKill = "edit, kill -9"
	editHup  = "edit, SIGHUP"
	// The kill comes while the edit is read, or is made to hold.
	editHupKill = "edit, SIGHUP, kill -9"
	cut         = "cut"
	delay       = "delay"
	hole        = "black hole"
	refuse      = "refuse"
	down        = "down"
	slow        = "slow"
	broken      = "answers 500"
	resets      = "resets"
	replay      = "replay"
)

// An event is one fault of the plan.
type event struct {
	at    time.Duration // after the beginning
	on    string
	kind  string
	lasts time.Duration
	seed  uint64 // for what else it chooses
}

// kills reports whether something is killed.
func (e event) kills() bool {
	return e.kind == kill || e.kind == freezeTo || e.kind == editKill || e.kind == editHupKill || e.kind == down
}

// killed is how many of them kill something.
func killed(events []event) (n int) {
	for _, e := range events {
		if e.kills() {
			n++
		}
	}
	return n
}

// A plan is every event, by whom it happens to. One after the other happens to each;
// what happens to two of them overlaps.
type plan map[string][]event

// shortest is what a fault lasts at least.
const shortest = 200 * time.Millisecond

// A temper is how an actor fares.
type temper struct {
	gap     time.Duration // between two events, on average
	longest time.Duration // that one lasts: what stands still stands so for longest
	deck    []string      // each kind as often as it shall come
	fixed   []event
}

// newPlan draws the plan of a run. The same arguments give the same plan.
func newPlan(seed uint64, length time.Duration, queue string, collectors int) plan {
	p := plan{}
	for name, t := range tempers(length, queue, collectors) {
		h := fnv.New64a()
		fmt.Fprint(h, queue, name)
		p[name] = t.draw(rand.New(rand.NewPCG(seed, h.Sum64())), name, length)
	}
	return p
}

func tempers(length time.Duration, queue string, collectors int) map[string]*temper {
	long := length >= 12*time.Minute
	scale := func(short, long time.Duration) time.Duration {
		if length >= 5*time.Minute {
			return long
		}
		return short
	}
	link := []string{cut, cut, delay, hole, refuse}
	all := map[string]*temper{
		"heartbeat": {gap: scale(4*time.Second, 6*time.Second), longest: scale(3*time.Second, time.Minute),
			deck: []string{kill, kill, kill, kill, kill, freeze, freeze, term, edit, editKill, editHup, editHup, editHupKill, editHupKill, editHupKill, editHupKill, freezeTo}},
		"database":      {gap: scale(14*time.Second, 25*time.Second), longest: scale(3*time.Second, 40*time.Second), deck: []string{kill, kill, freeze}},
		"database link": {gap: scale(9*time.Second, 30*time.Second), longest: scale(3*time.Second, 30*time.Second), deck: link},
		"queue link":    {gap: scale(9*time.Second, 30*time.Second), longest: scale(3*time.Second, 30*time.Second), deck: link},
		"target":        {gap: scale(7*time.Second, 25*time.Second), longest: scale(3*time.Second, 10*time.Second), deck: []string{slow, slow, broken, resets}},
	}
	between := 14 * time.Second
	if collectors == 1 {
		between = 6 * time.Second
	}
	for i := range collectors {
		all[collectorName(i)] = &temper{gap: scale(7*time.Second, between), longest: scale(3*time.Second, time.Minute),
			deck: []string{kill, kill, kill, kill, freeze, term}}
	}
	outage := 5 * time.Minute
	if queue == "kafka" {
		all["broker"] = &temper{gap: scale(14*time.Second, 25*time.Second), longest: scale(3*time.Second, 40*time.Second), deck: []string{kill, kill, freeze}}
		all["replays"] = &temper{gap: 24 * time.Hour, deck: []string{replay}, fixed: []event{{at: length * 2 / 10, kind: replay}}}
		if long {
			all["broker"].fixed = []event{{at: length / 8, kind: down, lasts: outage}}
			all["replays"].fixed = []event{{at: length * 4 / 10, kind: replay}, {at: length * 85 / 100, kind: replay}}
		}
	} else if long {
		all["queue link"].fixed = []event{{at: length / 8, kind: refuse, lasts: outage}}
	}
	if long {
		all["database"].fixed = []event{{at: length * 55 / 100, kind: down, lasts: outage}}
	} else { // long enough to fill the spool
		all["queue link"].fixed = []event{{at: length / 2, kind: refuse, lasts: min(length/4, 25*time.Second)}}
	}
	return all
}

func collectorName(i int) string { return fmt.Sprintf("collector %d", i+1) }

// draw lists the events of one actor.
func (t *temper) draw(rng *rand.Rand, name string, length time.Duration) []event {
	var list []event
	var deck []string
	fixed := t.fixed
	for at := time.Duration(0); ; {
		at += t.gap/3 + time.Duration(rng.ExpFloat64()*float64(t.gap)*2/3)
		if len(deck) == 0 {
			deck = slices.Clone(t.deck)
			rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
		// Most are short: the third power of chance.
		x := rng.Float64()
		longest := t.longest
		if deck[0] != freeze && deck[0] != freezeTo {
			longest = min(longest, 8*time.Second)
		}
		if deck[0] == editHupKill {
			longest = time.Second
		}
		lasts := (shortest + time.Duration(x*x*x*float64(longest))).Round(time.Millisecond)
		e := event{at: at, kind: deck[0], lasts: lasts, seed: rng.Uint64()}
		if len(fixed) > 0 && e.at+e.lasts+5*time.Second > fixed[0].at {
			e.at, e.kind, e.lasts = fixed[0].at, fixed[0].kind, fixed[0].lasts
			fixed = fixed[1:]
		} else {
			deck = deck[1:]
		}
		if e.at+e.lasts > length {
			return list
		}
		e.on = name
		list = append(list, e)
		at = e.at + e.lasts
	}
}

// all lists the plan in order of time.
func (p plan) all() []event {
	var list []event
	for _, events := range p {
		list = append(list, events...)
	}
	slices.SortFunc(list, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.on, b.on))
	})
	return list
}

// enough wants a quarter of the plan's kills to have happened: on a machine that is too
// slow for it the others come too late, and are left out.
func (p plan) enough(done []event) error {
	planned, n := killed(p.all()), killed(done)
	if 4*n >= planned {
		return nil
	}
	return fmt.Errorf("only %d of the %d kills of the plan have happened, which proves little", n, planned)
}
