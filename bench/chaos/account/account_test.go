package account_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/bench/chaos/account"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

const (
	id    = "m1"
	every = 500 * time.Millisecond
)

var (
	t0  = time.UnixMilli(1_800_000_000_000).UTC()
	def = account.Definition{URL: "http://target.example/m1/1", Every: every, Timeout: 300 * time.Millisecond}
)

func at(seconds float64) time.Time { return t0.Add(time.Duration(seconds * float64(time.Second))) }

func span(from, to float64) account.Span { return account.Span{From: at(from), To: at(to)} }

// A world is a life and a monitor that go together: two runs with a kill between.
type world struct {
	life account.Life
	m    account.Monitor
}

// sound is 60 s with a kill -9 at 20 s and a new start at 23 s, an overload while the
// process was stopped at 40 s, and a removal at 60 s; all of it as it should be.
func sound() *world {
	w := &world{}
	w.life.Runs = []account.Run{
		{Launch: at(0), Ready: at(0.2), End: at(20), Last: at(20), Killed: true},
		{Launch: at(23), Ready: at(23.2), End: at(60), Last: at(60)},
		{Launch: at(60.1), Ready: at(60.5), End: at(70), Last: at(70)},
	}
	w.life.Frozen = []account.Span{span(40, 43)}
	w.m = account.Monitor{ID: id, Locations: 1, End: at(80), Answers: map[string][]int64{}}
	w.m.Edits = []account.Edit{{Run: 0, Definition: &def}, {Run: 2}}
	w.m.Registrations = []account.Registration{
		{From: at(0.1), Version: "v1", Definition: def}, {From: at(60.2), Removed: true},
	}
	var stopped, overload, ending account.Gap
	for s := range slots(at(0.1), at(60.2)) {
		switch t := time.UnixMilli(s); {
		case !t.Before(at(19.9)) && t.Before(at(23.1)):
			extend(&stopped, s, data.Stopped)
		case !t.Before(at(40)) && t.Before(at(43)):
			extend(&overload, s, data.Overload)
		case !t.Before(at(60)):
			extend(&ending, s, data.Stopped)
		default:
			w.measure(s)
		}
	}
	w.m.Gaps = append(w.m.Gaps, stopped, overload)
	if ending.Slots > 0 {
		w.m.Gaps = append(w.m.Gaps, ending)
	}
	return w
}

func (w *world) measure(slot int64) {
	started := slot*1000 + 2000
	w.m.Rows = append(w.m.Rows, account.Row{Scheduled: slot, Started: started, Total: 1500, Up: true, Version: "v1", URL: def.URL})
	w.m.Answers[def.URL] = append(w.m.Answers[def.URL], started+700)
}

func extend(g *account.Gap, slot int64, reason data.Reason) {
	if g.Slots == 0 {
		*g = account.Gap{First: slot, Reason: string(reason), Version: "v1"}
	}
	g.Last = slot
	g.Slots++
}

// slots lists what the product thinks are slots: the witness's own list is tested by it.
func slots(from, to time.Time) func(func(int64) bool) {
	history := []*data.Registration{{Monitor: id, From: from, Schedule: data.Schedule{Every: data.Duration(every)}}}
	return func(yield func(int64) bool) {
		for s := range schedule.Slots(history, from, to) {
			if !yield(s.Scheduled.UnixMilli()) {
				return
			}
		}
	}
}

func (w *world) judge() *account.Verdict {
	j := account.New(w.life, 10)
	j.Monitor(w.m)
	return j.Verdict()
}

// row is the index of the first row at or after a time.
func (w *world) row(seconds float64) int {
	return slices.IndexFunc(w.m.Rows, func(r account.Row) bool { return r.Scheduled >= at(seconds).UnixMilli() })
}

func TestWhatIsSoundPasses(t *testing.T) {
	v := sound().judge()
	if !v.Pass() || v.Slots < 118 || v.Gaps["stopped"] < 6 || v.Gaps["overload"] != 6 || v.Share() != 1 || v.Answers != v.Up {
		t.Errorf("%+v", v)
	}
}

func TestPhaseAgreesWithTheSchedule(t *testing.T) {
	for i := range 1000 {
		name, d := fmt.Sprintf("monitor-%d", i), time.Duration(100+i*37)*time.Millisecond
		if got, want := account.Phase(name, d), schedule.Phase(name, d); got != want {
			t.Fatalf("Phase(%q, %v) = %d, want %d", name, d, got, want)
		}
	}
}

func TestEveryMutationIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		kind   string
		mutate func(*world)
	}{
		"a row is dropped":              {account.Missing, func(w *world) { i := w.row(10); w.m.Rows = slices.Delete(w.m.Rows, i, i+1) }},
		"a gap is dropped":              {account.Missing, func(w *world) { w.m.Gaps = slices.Delete(w.m.Gaps, 1, 2) }},
		"a gap counts too few":          {account.Missing, func(w *world) { w.m.Gaps[0].Slots-- }},
		"a row comes twice":             {account.Double, func(w *world) { i := w.row(10); w.m.Rows = slices.Insert(w.m.Rows, i, w.m.Rows[i]) }},
		"a gap counts too many":         {account.Foreign, func(w *world) { w.m.Gaps[0].Slots++ }},
		"two gaps count the same":       {account.Double, func(w *world) { g := w.m.Gaps[0]; g.Reason = "overlap"; w.m.Gaps = append(w.m.Gaps, g) }},
		"a gap over what is measured":   {account.Double, func(w *world) { r := w.m.Rows[w.row(10)].Scheduled; w.m.Gaps = append(w.m.Gaps, gap(r, r, "stopped")) }},
		"a row is no slot":              {account.Foreign, func(w *world) { w.m.Rows[w.row(10)].Scheduled++ }},
		"a row after the removal":       {account.Foreign, func(w *world) { w.measure(next(65)) }},
		"a row of another version":      {account.Foreign, func(w *world) { w.m.Rows[w.row(10)].Version = "v2" }},
		"a row of another URL":          {account.Foreign, func(w *world) { w.m.Rows[w.row(10)].URL += "0" }},
		"a gap begins at no slot":       {account.Foreign, func(w *world) { w.m.Gaps[0].First++ }},
		"a gap ends at no slot":         {account.Foreign, func(w *world) { w.m.Gaps[0].Last-- }},
		"a gap of another version":      {account.Foreign, func(w *world) { w.m.Gaps[0].Version = "v2" }},
		"a second location":             {account.Foreign, func(w *world) { w.m.Locations = 2 }},
		"stopped while it ran":          {account.Unexplained, func(w *world) { w.swallow(30, "stopped") }},
		"overload with no cause":        {account.Unexplained, func(w *world) { w.swallow(30, "overload") }},
		"overlap with no cause":         {account.Unexplained, func(w *world) { w.swallow(30, "overlap") }},
		"paused and it was not":         {account.Unexplained, func(w *world) { w.swallow(30, "paused") }},
		"the clock, ever":               {account.Unexplained, func(w *world) { w.m.Gaps[1].Reason = "clock" }},
		"overload that was stopped":     {account.Unexplained, func(w *world) { w.m.Gaps[0].Reason = "overload" }},
		"a gap hides an answered probe": {account.Lost, func(w *world) { w.swallow(18.5, "stopped") }},
		"a request without a row": {account.Lost, func(w *world) {
			w.m.Answers[def.URL] = append(w.m.Answers[def.URL], w.m.Rows[w.row(30)].Started+300_000)
		}},
		"a second answer of one probe": {account.Lost, func(w *world) {
			w.m.Answers[def.URL] = append(w.m.Answers[def.URL], w.m.Rows[w.row(30)].Started+800)
		}},
		"a lost row beside one that timed out": {account.Lost, func(w *world) {
			w.swallow(30, "stopped")
			r := &w.m.Rows[w.row(29.5)]
			r.Up, r.Total = false, def.Timeout.Microseconds()
		}},
		"an edit that is not there": {account.Edits, func(w *world) { w.m.Registrations = w.m.Registrations[:1] }},
		"an edit that nobody made":  {account.Edits, func(w *world) { w.m.Edits = w.m.Edits[:1] }},
		"an edit from too late":     {account.Edits, func(w *world) { w.m.Registrations[1].From = at(62) }},
		"an edit of other content":  {account.Edits, func(w *world) { w.m.Registrations[0].Timeout++ }},
		"an edit twice": {account.Edits, func(w *world) {
			r := w.m.Registrations[0]
			r.From = at(23.1)
			w.m.Registrations = append(w.m.Registrations, r)
		}},
		"paused, and measured": {account.Foreign, func(w *world) { w.m.Registrations[0].Paused = true }},
	} {
		t.Run(name, func(t *testing.T) {
			w := sound()
			c.mutate(w)
			v := w.judge()
			if v.Pass() || len(v.Examples[c.kind]) == 0 {
				t.Errorf("it passes as far as %q is concerned: %+v", c.kind, v)
			}
		})
	}
}

func gap(first, last int64, reason string) account.Gap {
	return account.Gap{First: first, Last: last, Slots: 1, Reason: reason, Version: "v1"}
}

func next(seconds float64) int64 {
	for s := range slots(at(seconds), at(seconds+10)) {
		return s
	}
	panic("no slot")
}

// swallow makes a gap of a row; its answer stays.
func (w *world) swallow(seconds float64, reason string) {
	i := w.row(seconds)
	s := w.m.Rows[i].Scheduled
	w.m.Rows = slices.Delete(w.m.Rows, i, i+1)
	w.m.Gaps = append(w.m.Gaps, gap(s, s, reason))
}

func TestTooFewMeasuredWhileAliveFails(t *testing.T) {
	w := sound()
	w.life.Slow = []account.Span{span(30, 34)}
	for i := range 7 {
		w.swallow(30+float64(i)/2, "overlap")
	}
	w.m.Answers = nil
	if v := w.judge(); v.Pass() || v.Unexplained != 0 || v.Share() > 0.95 {
		t.Errorf("share %.3f: %+v", v.Share(), v)
	}
}

func TestARunInWhichItHardlyLivedIsNoProof(t *testing.T) {
	w := sound()
	w.life.Full = []account.Span{span(3, 60)}
	if v := w.judge(); v.Pass() || v.Share() != 1 {
		t.Errorf("it could measure %d of %d slots, and passes: %+v", v.Alive, v.Slots, v)
	}
}

func TestLackOfProcessorIsCountedApart(t *testing.T) {
	w := sound()
	w.swallow(30, "overload")
	w.m.Answers = nil
	w.life.Starved = []account.Span{span(30, 30.6)}
	if v := w.judge(); !v.Pass() || v.Starved != 1 {
		t.Errorf("%+v", v)
	}
}

func TestWhatWaitedForRoomMayBeLostWithTheProcess(t *testing.T) {
	w := sound()
	w.life.Full = []account.Span{span(12, 20)}
	for i := range 6 {
		w.swallow(15+float64(i)/2, "stopped")
	}
	if v := w.judge(); !v.Pass() {
		t.Errorf("%+v", v)
	}
}

func TestAGapThatOpensAfterAStopMayNotBeWrittenBeforeTheEnd(t *testing.T) {
	for end, pass := range map[float64]bool{54: true, 58: false} {
		w := sound()
		w.life.Runs[1].Last, w.life.Runs[1].End = at(end), at(end)
		w.life.Frozen = []account.Span{span(30, 50)}
		for i := range 10 {
			w.swallow(35+float64(i)/2, "stopped")
		}
		w.m.Answers = nil
		if v := w.judge(); (v.Unexplained == 0) != pass {
			t.Errorf("an end at %v s: %+v", end, v)
		}
	}
}

func TestAStartBeginsWithTheDefinitionsThatWereReadJustBeforeIt(t *testing.T) {
	for name, c := range map[string]struct {
		told, slot float64
		pass       bool
	}{
		"before they hold":                {told: 29.9, slot: 30.2, pass: true},
		"once they hold":                  {told: 29.9, slot: 30.7},
		"without a reload":                {slot: 30.2},
		"after a reload that was through": {told: 20, slot: 30.2},
	} {
		t.Run(name, func(t *testing.T) {
			w := sound()
			last := w.life.Runs[2]
			w.life.Runs[1].End, w.life.Runs[1].Last = at(30), at(30)
			if c.told > 0 {
				w.life.Runs[1].Told = at(c.told)
			}
			// The second of two starts at once is no sooner.
			w.life.Runs = append(w.life.Runs[:2], account.Run{Launch: at(30.01), Ready: at(30.05), End: at(30.07), Last: at(30.07)},
				account.Run{Launch: at(30.08), Ready: at(30.1), End: at(60), Last: at(60)}, last)
			w.m.Edits[1].Run = 4
			w.swallow(c.slot, "stopped")
			w.m.Answers = nil
			if v := w.judge(); (v.Unexplained == 0) != c.pass || v.WrongEdits > 0 {
				t.Errorf("slot at %v s: %+v", c.slot, v)
			}
		})
	}
}

// TestARunThatIsOverAtOnceHasItsOwnFile has an edit come right after a start.
func TestARunThatIsOverAtOnceHasItsOwnFile(t *testing.T) {
	w := sound()
	w.life.Runs[1].End, w.life.Runs[1].Last = at(60), at(60)
	w.life.Runs = append(w.life.Runs[:2], account.Run{Launch: at(60.01), Ready: at(60.05), End: at(60.08), Last: at(60.08)}, w.life.Runs[2])
	w.m.Edits[1].Run = 3 // as before, from 60.1 s on
	if v := w.judge(); !v.Pass() {
		t.Errorf("%+v", v)
	}
	w.m.Edits[1].Run = 2 // and so it was the earlier of the two that had to remove it
	if v := w.judge(); v.WrongEdits == 0 {
		t.Errorf("an edit that a run left out passes: %+v", v)
	}
}

func TestCountedTwiceAfterAFullQueueIsCountedApart(t *testing.T) {
	w := sound()
	w.life.Full = []account.Span{span(17, 18)}
	r := w.m.Rows[w.row(18.5)].Scheduled
	w.m.Gaps = append(w.m.Gaps, gap(r, r, "stopped"))
	if v := w.judge(); !v.Pass() || v.Overlaid != 1 {
		t.Errorf("%+v", v)
	}
	w.m.Gaps[len(w.m.Gaps)-1].Slots = 2
	if v := w.judge(); v.Pass() {
		t.Errorf("a gap of one slot counts two, and it passes: %+v", v)
	}
}

func TestAnAnswerAfterTheProbeGaveUpIsNotLost(t *testing.T) {
	w := sound()
	r := &w.m.Rows[w.row(30)]
	r.Total = def.Timeout.Microseconds()
	answers := w.m.Answers[def.URL]
	answers[slices.Index(answers, r.Started+700)] = r.Started + 450_000
	if v := w.judge(); v.Lost != 1 {
		t.Errorf("%d lost after a probe that had its answer, want 1", v.Lost)
	}
	r.Up = false
	if v := w.judge(); v.Lost != 0 {
		t.Errorf("%d lost after a probe that timed out, want 0", v.Lost)
	}
}

// TestRandomLossIsFound takes away or doubles anything at all.
func TestRandomLossIsFound(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 300 {
		w := sound()
		switch rng.IntN(3) {
		case 0:
			i := rng.IntN(len(w.m.Rows))
			w.m.Rows = slices.Delete(w.m.Rows, i, i+1)
		case 1:
			i := rng.IntN(len(w.m.Gaps))
			w.m.Gaps = slices.Delete(w.m.Gaps, i, i+1)
		case 2:
			i := rng.IntN(len(w.m.Rows))
			w.m.Rows = slices.Insert(w.m.Rows, i, w.m.Rows[i])
		}
		if v := w.judge(); v.Missing+v.Double == 0 {
			t.Fatalf("not found: %+v", v)
		}
	}
}

func TestExamplesNameMonitorInstantAndFaultsNear(t *testing.T) {
	w := sound()
	w.life.Faults = []account.Fault{{Kind: "kill -9", On: "broker", Span: span(9, 9.5)}}
	i := w.row(10)
	w.m.Rows = slices.Delete(w.m.Rows, i, i+1)
	v := w.judge()
	text := strings.Join(v.Examples[account.Missing], "\n")
	if !strings.Contains(text, id+" ") || !strings.Contains(text, "kill -9 broker") {
		t.Errorf("got %q", text)
	}
}
