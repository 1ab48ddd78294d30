package heartbeat

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
	"github.com/monitorink/monitorink/pipeline"
)

func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

func still() time.Duration { return 0 }

// A model plays scheduler, probes and queue against a ledger, and knows which
// slots are safe.
type model struct {
	l     *ledger
	rng   *rand.Rand
	at    time.Time
	jobs  []job
	safe  map[string]map[time.Time]bool
	given map[string][]time.Time
	regs  []*data.Registration
}

func (m *model) step() {
	switch m.rng.IntN(6) {
	case 0, 1: // a window is released
		m.at = m.at.Add(time.Duration(1+m.rng.IntN(500)) * time.Millisecond)
		w := schedule.Window{Upto: m.at}
		for _, r := range m.regs {
			if m.rng.IntN(2) == 0 {
				continue
			}
			slot := data.Slot{Monitor: r.Monitor, Location: "l", Scheduled: m.at}
			m.given[r.Monitor] = append(m.given[r.Monitor], m.at)
			if m.rng.IntN(3) == 0 {
				reason := []data.Reason{data.Overload, data.Overlap}[m.rng.IntN(2)]
				w.Skipped = append(w.Skipped, schedule.Skip{Registration: r, First: m.at, Last: m.at, Slots: 1, Reason: reason})
				continue
			}
			w.Due = append(w.Due, schedule.Due{Slot: slot, Registration: r})
		}
		m.jobs = m.l.release(w, m.jobs)
	case 2, 3: // a probe ends, and its result is safe
		if len(m.jobs) > 0 {
			j := m.take()
			m.l.measured(j.due.Slot.Monitor)
			m.mark(j.due.Slot.Monitor, j.due.Slot.Scheduled)
			j.window.open.Add(-1)
		}
	case 4: // a slot could not begin
		if len(m.jobs) > 0 {
			j := m.take()
			m.l.late(j.due)
			j.window.open.Add(-1)
		}
	case 5: // the gaps are written, or only some of them
		gaps := m.l.take(m.rng.IntN(2) == 0)
		n := 0
		if len(gaps) > 0 {
			n = m.rng.IntN(len(gaps) + 1)
		}
		for _, g := range gaps[:n] {
			for _, at := range m.given[g.Monitor] {
				if g.Covers(data.Slot{Monitor: g.Monitor, Location: "l", Scheduled: at}) {
					m.mark(g.Monitor, at)
				}
			}
		}
		m.l.written(n)
	}
}

func (m *model) take() job {
	i := m.rng.IntN(len(m.jobs))
	j := m.jobs[i]
	m.jobs = append(m.jobs[:i:i], m.jobs[i+1:]...)
	return j
}

func (m *model) mark(monitor string, at time.Time) { m.safe[monitor][at] = true }

// unsafe is the first slot up to the checkpoint that is not safe.
func (m *model) unsafe(upto time.Time) (string, time.Time) {
	for monitor, slots := range m.given {
		for _, at := range slots {
			if !at.After(upto) && !m.safe[monitor][at] {
				return monitor, at
			}
		}
	}
	return "", time.Time{}
}

func TestCheckpointIsNeverAheadOfWhatIsSafe(t *testing.T) {
	rng := seeded(t)
	advanced := 0
	for range 300 {
		start := time.UnixMilli(1_800_000_000_000).UTC()
		m := &model{
			rng: rng, at: start,
			safe: map[string]map[time.Time]bool{}, given: map[string][]time.Time{},
		}
		m.l = newLedger("l", "i", start, func() time.Duration { return m.at.Sub(start) }, &counters{})
		for _, id := range []string{"a", "b", "c"} {
			m.regs = append(m.regs, &data.Registration{Monitor: id, Location: "l", Version: "v"})
			m.safe[id] = map[time.Time]bool{}
		}
		last := start.Add(-time.Millisecond)
		for range 60 {
			m.step()
			at := m.l.checkpoint()
			if monitor, slot := m.unsafe(at); monitor != "" {
				t.Fatalf("checkpoint %v, and the slot %v of %s is not safe", at, slot, monitor)
			}
			if at.Before(last) {
				t.Fatalf("checkpoint %v after %v", at, last)
			}
			if at.After(last) {
				advanced++
			}
			last = at
		}
		for len(m.jobs) > 0 { // in the end everything is safe
			j := m.take()
			m.mark(j.due.Slot.Monitor, j.due.Slot.Scheduled)
			j.window.open.Add(-1)
		}
		m.l.written(len(m.l.take(true)))
		if at := m.l.checkpoint(); !at.Equal(m.l.upto) {
			t.Fatalf("with everything safe the checkpoint is %v, want %v", at, m.l.upto)
		}
	}
	if advanced < 300 {
		t.Errorf("the checkpoint advanced only %d times", advanced)
	}
}

func TestGapsAreJoinedWhileNothingIsMeasuredBetween(t *testing.T) {
	start := time.UnixMilli(1_800_000_000_000).UTC()
	r := &data.Registration{Monitor: "a", Version: "v", Schedule: data.Schedule{Every: data.Duration(time.Second)}}
	l := newLedger("l", "i", start, still, &counters{})
	skip := func(second int, reason data.Reason) {
		at := start.Add(time.Duration(second) * time.Second)
		l.release(schedule.Window{Upto: at, Skipped: []schedule.Skip{{Registration: r, First: at, Last: at, Slots: 1, Reason: reason}}}, nil)
	}
	skip(0, data.Overload)
	skip(1, data.Overload)
	skip(2, data.Overlap)
	l.measured("a")
	skip(4, data.Overlap)
	type gap struct {
		first, last int
		slots       int64
		reason      data.Reason
	}
	want := []gap{{0, 1, 2, data.Overload}, {2, 2, 1, data.Overlap}, {4, 4, 1, data.Overlap}}
	gaps := l.take(true)
	if len(gaps) != len(want) {
		t.Fatalf("%d gaps, want %d", len(gaps), len(want))
	}
	for i, g := range gaps {
		got := gap{int(g.First.Sub(start).Seconds()), int(g.Last.Sub(start).Seconds()), g.Slots, g.Reason}
		if got != want[i] {
			t.Errorf("gap %d: %+v, want %+v", i, got, want[i])
		}
	}
}

func TestAGapCoversNothingThatWasNotEnteredInIt(t *testing.T) {
	start := time.UnixMilli(1_800_000_000_000).UTC()
	for name, s := range map[string]data.Schedule{"every": {Every: data.Duration(time.Minute)}, "cron": {Cron: "* * * * *"}} {
		r := &data.Registration{Monitor: "a", Version: "v", Schedule: s}
		mono := time.Duration(0)
		l := newLedger("l", "i", start, func() time.Duration { return mono }, &counters{})
		for _, minute := range []int{0, 1, 5, 3, 6} { // what lies between was given while the clock was ahead
			at := start.Add(time.Duration(minute) * time.Minute)
			l.release(schedule.Window{Upto: at, Skipped: []schedule.Skip{{Registration: r, First: at, Last: at, Slots: 1, Reason: data.Overload}}}, nil)
		}
		if n := len(l.take(false)); n != 3 {
			t.Errorf("%s: %d gaps are closed, want 3", name, n)
		}
		mono = gapAge
		if gaps := l.take(false); len(gaps) != 4 || gaps[0].Slots != 2 {
			t.Errorf("%s: %d gaps, once the last is old enough, want 4", name, len(gaps))
		}
	}
}

func TestGapsStayBoundedWhileTheyCannotBeWritten(t *testing.T) {
	start := time.UnixMilli(1_800_000_000_000).UTC()
	r := &data.Registration{Monitor: "a", Version: "v", Schedule: data.Schedule{Every: data.Duration(time.Second)}}
	l := newLedger("l", "i", start, still, &counters{})
	var slots int64
	for i := range 10_000 {
		at := start.Add(time.Duration(i) * time.Second)
		reason := []data.Reason{data.Overload, data.Overlap}[i%2]
		l.release(schedule.Window{Upto: at, Skipped: []schedule.Skip{{Registration: r, First: at, Last: at, Slots: 1, Reason: reason}}}, nil)
	}
	gaps := l.take(true)
	if len(gaps) > 1100 {
		t.Errorf("%d gaps are held", len(gaps))
	}
	for _, g := range gaps {
		slots += g.Slots
	}
	if slots != 10_000 {
		t.Errorf("they account for %d slots, want 10,000", slots)
	}
}

func TestASlotWhoseResultMayBeLostHoldsTheCheckpointBack(t *testing.T) {
	start := time.UnixMilli(1_800_000_000_000).UTC()
	h := &Heartbeat{}
	h.ledger = newLedger("l", "i", start, still, &h.counts)
	at := start.Add(time.Second)
	due := schedule.Due{Slot: data.Slot{Monitor: "a", Location: "l", Scheduled: at}, Registration: &data.Registration{Monitor: "a"}}
	jobs := h.ledger.release(schedule.Window{Due: []schedule.Due{due}, Upto: at.Add(time.Second)}, nil)
	s := &source{h: h}
	s.Settle(jobs[0], pipeline.Outcome{Verdict: pipeline.Undecided})
	if got := h.ledger.checkpoint(); !got.Before(at) {
		t.Errorf("checkpoint %v, although the slot %v is undecided", got, at)
	}
}
