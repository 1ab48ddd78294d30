package account

import (
	"fmt"
	"slices"
	"time"
)

// A Judge goes through monitors one after the other, and keeps of each only what
// is wrong.
type Judge struct {
	life     Life
	examples int
	v        Verdict
}

// New returns a judge who gives so many examples of each kind of fault. All of life
// is known by then.
func New(life Life, examples int) *Judge {
	return &Judge{life: life, examples: examples, v: Verdict{Gaps: map[string]int64{}, Examples: map[string][]string{}}}
}

// What can be wrong: the keys of Verdict.Examples.
const (
	Missing     = "missing"
	Double      = "double"
	Foreign     = "foreign"
	Edits       = "edits"
	Unexplained = "unexplained"
	Lost        = "answered but lost"
)

// A Verdict is how everything added up.
type Verdict struct {
	Monitors, Edits      int64
	Slots, Up, Down      int64
	Gaps                 map[string]int64 // slots that gaps count, by reason
	Missing, Double      int64            // slots
	Overlaid             int64            // slots that gaps count beside a row or another gap, after a full queue
	Foreign              int64            // rows and gaps that are not of a slot
	WrongEdits           int64            // registrations that were not written, or are not there
	Unexplained          int64            // unmeasured slots
	Starved              int64            // those of them for which only a lack of processor accounts
	Answers, Lost        int64
	Alive, MeasuredAlive int64
	Examples             map[string][]string
}

// Share is the part of the slots that were measured while heartbeat could.
func (v *Verdict) Share() float64 {
	if v.Alive == 0 {
		return 0
	}
	return float64(v.MeasuredAlive) / float64(v.Alive)
}

// LeastShare is what Share must be.
const LeastShare = 0.95

// Busy reports whether so much was not measured for lack of processor that nothing
// can be said.
func (v *Verdict) Busy() bool { return 10*v.Starved > v.Slots }

// Idle reports whether heartbeat could measure so few slots that nothing can be said.
func (v *Verdict) Idle() bool { return 10*v.Alive < v.Slots }

// Pass reports whether all is as promised.
func (v *Verdict) Pass() bool {
	return v.Slots > 0 && v.Up > 0 && !v.Busy() && !v.Idle() && v.Missing+v.Double+v.Foreign+v.WrongEdits+v.Unexplained+v.Lost == 0 && v.Share() >= LeastShare
}

// Verdict is of the monitors so far.
func (j *Judge) Verdict() *Verdict { return &j.v }

func (j *Judge) wrong(kind, id string, at time.Time, format string, args ...any) {
	if len(j.v.Examples[kind]) >= j.examples {
		return
	}
	text := fmt.Sprintf("%s %s: %s", id, at.UTC().Format("15:04:05.000"), fmt.Sprintf(format, args...))
	if near := j.life.near(at); len(near) > 0 {
		text += fmt.Sprintf("; near %v", near)
	} else {
		text += "; no fault is near"
	}
	j.v.Examples[kind] = append(j.v.Examples[kind], text)
}

// Monitor judges one monitor.
func (j *Judge) Monitor(m Monitor) {
	j.v.Monitors++
	j.edits(&m)
	if m.Locations > 1 {
		j.v.Foreign++
		j.wrong(Foreign, m.ID, m.End, "the store has it under %d locations", m.Locations)
	}
	all := periods(m.ID, m.Registrations, m.End)
	j.rows(&m, all)
	measured := make(map[int64]bool, len(m.Rows))
	for _, r := range m.Rows {
		measured[r.Scheduled] = true
	}
	var open []slot
	for i := range all {
		p := &all[i]
		for at := range p.slots {
			j.v.Slots++
			alive := !p.Paused && j.life.alive(time.UnixMilli(at))
			if alive {
				j.v.Alive++
			}
			if !measured[at] {
				open = append(open, slot{at, p})
			} else if alive {
				j.v.MeasuredAlive++
			}
		}
	}
	j.gaps(&m, all, open, measured)
	j.answers(&m)
}

// A slot is one without a row.
type slot struct {
	at int64
	*period
}

func (j *Judge) rows(m *Monitor, all []period) {
	for i, r := range m.Rows {
		if r.Up {
			j.v.Up++
		} else {
			j.v.Down++
		}
		at := time.UnixMilli(r.Scheduled)
		if i > 0 && m.Rows[i-1].Scheduled == r.Scheduled {
			j.v.Double++
			j.wrong(Double, m.ID, at, "two rows for one slot")
		}
		switch p := holds(all, r.Scheduled); {
		case p == nil:
			j.v.Foreign++
			j.wrong(Foreign, m.ID, at, "a row, and no slot")
		case p.Paused:
			j.v.Foreign++
			j.wrong(Foreign, m.ID, at, "a row, and the monitor was paused")
		case p.Version != r.Version || p.URL != r.URL:
			j.v.Foreign++
			j.wrong(Foreign, m.ID, at, "a row of definition %s (%s), and %s (%s) held", r.Version, r.URL, p.Version, p.URL)
		}
	}
}

// edits holds the registrations against what was written in the file.
func (j *Judge) edits(m *Monitor) {
	regs := slices.SortedFunc(slices.Values(m.Registrations), func(a, b Registration) int { return a.From.Compare(b.From) })
	bad := func(at time.Time, format string, args ...any) {
		j.v.WrongEdits++
		j.wrong(Edits, m.ID, at, format, args...)
	}
	versions := map[Definition]string{}
	for i, r := range regs {
		run := j.life.run(r.From)
		if run < 0 {
			bad(r.From, "a registration from before any heartbeat")
			continue
		}
		if began := j.life.Runs[run]; !began.Ready.IsZero() && r.From.After(began.Ready.Add(ahead)) && !m.reloaded(run, r.From) {
			bad(r.From, "a registration from after the start of %s", began.Launch.UTC().Format("15:04:05.000"))
		}
		if d := m.written(run, r.From); !r.is(d) {
			bad(r.From, "registration %+v, and the file said %+v", r, d)
		}
		if i > 0 && regs[i-1].Removed == r.Removed && regs[i-1].Version == r.Version {
			bad(r.From, "the same registration twice")
		}
		if r.Removed {
			continue
		}
		if v := versions[r.Definition]; v != "" && v != r.Version {
			bad(r.From, "one definition has the versions %s and %s", v, r.Version)
		}
		versions[r.Definition] = r.Version
	}
	seen := map[string]bool{}
	for _, v := range versions {
		if seen[v] {
			bad(m.End, "two definitions have the version %s", v)
		}
		seen[v] = true
	}
	j.v.Edits += int64(len(m.Edits))
	j.missingEdits(m, regs, bad)
}

// missingEdits wants what the file said to hold as soon as a start was through, or
// just before the next one when that came sooner, and reloading after an edit.
func (j *Judge) missingEdits(m *Monitor, regs []Registration, bad func(time.Time, string, ...any)) {
	want := func(run int, at time.Time) {
		held := Registration{Removed: true}
		for _, reg := range regs {
			if !reg.From.After(at) {
				held = reg
			}
		}
		if d := m.written(run, at); !held.is(d) {
			bad(at, "%+v holds, and the file said %+v", held, d)
		}
	}
	for run, r := range j.life.Runs {
		if r.Ready.IsZero() {
			continue
		}
		at := r.Ready.Add(ahead)
		if run+1 < len(j.life.Runs) {
			at = earlier(at, j.life.Runs[run+1].Launch)
		}
		if !j.life.probes(run).After(at) && !m.reloaded(run, at) {
			want(run, at)
		}
	}
	for i, e := range m.Edits {
		at := e.At.Add(reloading)
		if i+1 < len(m.Edits) && m.Edits[i+1].Run == e.Run && m.Edits[i+1].At.Before(at) {
			continue // by then it is another
		}
		if !e.At.IsZero() && j.life.undisturbed(e.Run, e.At, at) {
			want(e.Run, at)
		}
	}
}

// written is what the file said at an instant of a run; nil: nothing.
func (m *Monitor) written(run int, at time.Time) *Definition {
	var d *Definition
	for _, e := range m.Edits {
		if e.Run < run || e.Run == run && !e.At.After(at) {
			d = e.Definition
		}
	}
	return d
}

// reloaded reports whether the file was edited in a run before at.
func (m *Monitor) reloaded(run int, at time.Time) bool {
	return slices.ContainsFunc(m.Edits, func(e Edit) bool { return e.Run == run && !e.At.IsZero() && !e.At.After(at) })
}

func (r *Registration) is(d *Definition) bool {
	if d == nil {
		return r.Removed
	}
	return !r.Removed && r.Definition == *d
}
