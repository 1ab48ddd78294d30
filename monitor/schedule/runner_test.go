package schedule_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

func registration(id string, s data.Schedule, from time.Time) *data.Registration {
	return &data.Registration{Monitor: id, Location: "l", Version: fmt.Sprint(s), From: data.Millis(from), Schedule: s}
}

func randomSet(rng *rand.Rand, from time.Time) []*data.Registration {
	var set []*data.Registration
	for i := range 1 + rng.IntN(12) {
		s := data.Schedule{Every: data.Duration(time.Duration(100+rng.IntN(4000)) * time.Millisecond)}
		if rng.IntN(5) == 0 {
			s = data.Schedule{Cron: "* * * * *"}
		}
		r := registration(fmt.Sprintf("m%d", i), s, from)
		if host := r.Monitor[len(r.Monitor)-1] % hostsOfTests; host > 0 {
			r.URL = fmt.Sprint(host)
		}
		if rng.IntN(8) == 0 {
			r.Paused = true
			r.Version += " paused"
		}
		set = append(set, r)
	}
	return set
}

// A tally counts how often each slot was given, as due or as skipped.
type tally map[data.Slot]int

func (y tally) window(t *testing.T, w schedule.Window, histories map[string][]*data.Registration, now time.Time) {
	t.Helper()
	for _, d := range w.Due {
		if d.Slot.Scheduled.After(now) {
			t.Errorf("%v is released at %v", d.Slot, now)
		}
		if d.Attempt == 1 {
			y[d.Slot]++
		} else if y[d.Slot] == 0 {
			t.Errorf("%v is attempt %d, and there was no first", d.Slot, d.Attempt)
		}
	}
	for _, s := range w.Skipped {
		n := int64(0)
		for slot := range schedule.Slots(histories[s.Registration.Monitor], s.First, s.Last.Add(time.Millisecond)) {
			y[slot]++
			n++
		}
		if n != s.Slots {
			t.Errorf("a skip of %s from %v to %v says %d slots, and there are %d", s.Registration.Monitor, s.First, s.Last, s.Slots, n)
		}
	}
}

// Sets are edited, callers stall, probes take their time and are repeated, clocks
// step.
func TestRunnerGivesEverySlotOnceAsDueOrSkipped(t *testing.T) {
	rng := seeded(t)
	counts := map[data.Reason]int64{}
	rounds := 100 // -count makes for more
	if raceEnabled {
		rounds = 30
	}
	for i := range rounds {
		synctest.Test(t, func(t *testing.T) { everySlotOnce(t, rng, counts) })
		if t.Failed() {
			t.Fatalf("in round %d", i)
		}
	}
	t.Logf("slots: %v", counts)
	for _, reason := range []data.Reason{"", later, data.Overload, data.Overlap, data.Paused, data.Clock} {
		if counts[reason] == 0 {
			t.Errorf("no slot of kind %q was among %v", reason, counts)
		}
	}
}

// later is for attempts after the first, among the reasons.
const later data.Reason = "later attempt"

const hostsOfTests = 3 // the first of which is none

// everySlotOnce adds to counts how many slots ran (reason "") and did not.
func everySlotOnce(t *testing.T, rng *rand.Rand, counts map[data.Reason]int64) {
	time.Sleep(time.Duration(rng.IntN(1e9))) // not from a whole second on
	o := schedule.Options{}
	if rng.IntN(2) == 0 {
		o.HostInFlight = 1 + rng.IntN(3)
	}
	if rng.IntN(2) == 0 {
		o.HostRate = 0.5 + 20*rng.Float64()
	}
	c := newCapped(t, o)
	histories, seen := map[string][]*data.Registration{}, tally{}
	apply := func(set []*data.Registration, at time.Time) {
		in := map[string]bool{}
		for _, reg := range set {
			in[reg.Monitor] = true
			h := histories[reg.Monitor]
			if n := len(h); n == 0 || h[n-1].Version != reg.Version || h[n-1].Removed {
				histories[reg.Monitor] = append(h, reg)
			}
		}
		for id, h := range histories {
			if !in[id] && !h[len(h)-1].Removed {
				histories[id] = append(h, &data.Registration{Monitor: id, Location: "l", From: at, Removed: true})
			}
		}
		c.apply(at, set...)
	}
	apply(randomSet(rng, c.start), c.start)
	upto, given, edited := c.start, c.start, c.start
	truth := newTimeline(c)
	scarce := rng.IntN(2) == 0
	var running sync.Map
	var atOnce [hostsOfTests]atomic.Int64
	const restless = 90 * time.Second
	for time.Since(c.start) < 4*restless && (time.Since(c.start) < restless || upto.Before(given.Add(61*time.Second))) {
		if c.room = 64; scarce {
			c.room = rng.IntN(3)
		}
		event := rng.IntN(500)
		if time.Since(c.start) > restless {
			event = -1
		}
		switch event {
		case 0, 1: // an edit, soon
			if truth.ahead() {
				break
			}
			at := latest(c.now(), given, edited).Add(time.Duration(2+rng.IntN(1500)) * time.Millisecond)
			edited = data.Millis(at)
			if rng.IntN(2) == 0 { // on the very instant of a slot
				for s := range schedule.Slots(histories["m0"], edited, edited.Add(5*time.Second)) {
					edited = s.Scheduled
					break
				}
			}
			apply(randomSet(rng, edited), edited)
		case 2:
			time.Sleep(time.Duration(rng.IntN(15)) * time.Second)
		default:
			truth.step(rng, event)
		}
		w, err := c.r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		given = latest(given, c.now())
		seen.window(t, w, histories, given)
		truth.check(t, w, histories)
		counts[""] += int64(len(w.Due))
		for _, s := range w.Skipped {
			counts[s.Reason] += s.Slots
		}
		if w.Upto.Before(upto.Add(-time.Millisecond)) {
			t.Fatalf("Upto went from %v back to %v", upto, w.Upto)
		}
		for id, h := range histories { // a kill now would lose what is not given
			for s := range schedule.Slots(h, latest(c.start, upto.Add(time.Millisecond)), w.Upto.Add(time.Millisecond)) {
				if seen[s] == 0 {
					t.Fatalf("%s: Upto is %v, and %v is not given", id, w.Upto, s.Scheduled)
				}
			}
		}
		upto = latest(upto, w.Upto)
		for _, d := range w.Due {
			if _, already := running.Swap(d.Slot.Monitor, true); already {
				t.Errorf("%v is released while its monitor runs", d.Slot)
			}
			host := d.Slot.Monitor[len(d.Slot.Monitor)-1] % hostsOfTests
			if n := atOnce[host].Add(1); o.HostInFlight > 0 && host > 0 && n > int64(o.HostInFlight) {
				t.Errorf("%d slots of a host are given at once, and %d may be", n, o.HostInFlight)
			}
			done := func() {
				running.Delete(d.Slot.Monitor)
				atOnce[host].Add(-1)
				c.r.Done(d)
			}
			if d.Attempt > 1 {
				counts[later]++
			}
			if d.Attempt < 4 && rng.IntN(3) == 0 {
				delay := time.Duration(rng.IntN(2e9))
				done = func() {
					running.Delete(d.Slot.Monitor)
					atOnce[host].Add(-1)
					c.r.Again(d, delay)
				}
			}
			if rng.IntN(3) == 0 {
				time.AfterFunc(time.Duration(rng.IntN(3e9)), done)
			} else {
				done()
			}
		}
	}
	for id, h := range histories {
		for s := range schedule.Slots(h, c.start, upto.Add(time.Millisecond)) {
			if seen[s] != 1 {
				t.Errorf("%s: the slot %v up to %v was given %d times", id, s.Scheduled, upto, seen[s])
			}
			delete(seen, s)
		}
	}
	for id, h := range histories { // what was given while the clock was ahead
		for s := range schedule.Slots(h, upto.Add(time.Millisecond), given.Add(time.Millisecond)) {
			if seen[s] > 1 {
				t.Errorf("%s: the slot %v was given %d times", id, s.Scheduled, seen[s])
			}
			delete(seen, s)
		}
	}
	for s := range seen {
		t.Errorf("%v is not a slot", s)
	}
	time.Sleep(5 * time.Second) // for the probes that still run
}

func latest(first time.Time, others ...time.Time) time.Time {
	for _, t := range others {
		if t.After(first) {
			first = t
		}
	}
	return first
}

func TestRunnerSaysWhyASlotDoesNotRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := data.Millis(time.Now())
		r := schedule.NewRunner(schedule.Options{Location: "l", Start: start})
		reg := registration("m", data.Schedule{Every: data.Duration(time.Second)}, start)
		if err := r.Apply(start, []*data.Registration{reg}); err != nil {
			t.Fatal(err)
		}
		next := func() schedule.Window {
			for {
				w, err := r.Next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if len(w.Due)+len(w.Skipped) > 0 {
					return w
				}
			}
		}
		first := next().Due[0]
		if s := next().Skipped; len(s) != 1 || s[0].Reason != data.Overlap {
			t.Errorf("while it runs: %+v, want an overlap", s)
		}
		r.Done(first)
		time.Sleep(5 * time.Second)
		w := next()
		if len(w.Skipped) != 1 || w.Skipped[0].Reason != data.Overload || w.Skipped[0].Slots < 4 || len(w.Due) != 1 {
			t.Errorf("after a stall: %+v, want an overload and the newest slot", w)
		}
		if d := w.Due[0]; r.TooLate(d) {
			t.Error("the newest slot is too late at once")
		} else if time.Sleep(time.Second - r.Late(d)); r.TooLate(d) {
			t.Error("a slot may begin up to its interval late")
		} else if time.Sleep(time.Millisecond); !r.TooLate(d) {
			t.Error("a slot may not begin later than its interval")
		}
	})
}

func TestRunnerWakesOncePerWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := data.Millis(time.Now())
		r := schedule.NewRunner(schedule.Options{Location: "l", Start: start, Window: 20 * time.Millisecond})
		var set []*data.Registration
		for i := range 1000 {
			set = append(set, registration(fmt.Sprint(i), data.Schedule{Every: data.Duration(time.Second)}, start))
		}
		if err := r.Apply(start, set); err != nil {
			t.Fatal(err)
		}
		windows, due := 0, 0
		for time.Since(start) < 10*time.Second {
			w, err := r.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range w.Due {
				if late := time.Since(d.Slot.Scheduled); late >= 21*time.Millisecond {
					t.Errorf("%v late", late)
				}
				r.Done(d)
			}
			windows++
			due += len(w.Due)
		}
		if windows > 510 || due < 9900 {
			t.Errorf("%d windows for %d slots in 10 s", windows, due)
		}
	})
}

func TestRunnerDoesNotRepeatSlotsWhenTheClockStepsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var step time.Duration
		start := data.Millis(time.Now())
		r := schedule.NewRunner(schedule.Options{Location: "l", Start: start, Clock: schedule.Clock{Wall: func() time.Time { return time.Now().Add(step) }}})
		if err := r.Apply(start, []*data.Registration{registration("m", data.Schedule{Every: data.Duration(100 * time.Millisecond)}, start)}); err != nil {
			t.Fatal(err)
		}
		seen := map[data.Slot]bool{}
		for time.Since(start) < 20*time.Second {
			if time.Since(start) > 10*time.Second {
				step = -3 * time.Second
			}
			w, err := r.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range w.Due {
				if seen[d.Slot] {
					t.Fatalf("%v is released again", d.Slot)
				}
				seen[d.Slot] = true
				r.Done(d)
			}
		}
	})
}

func TestNextEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := schedule.NewRunner(schedule.Options{Start: time.Now()})
		if _, err := r.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		if _, err := r.Next(ctx); err == nil {
			t.Error("no error after the context ended")
		}
	})
}
