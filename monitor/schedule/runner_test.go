package schedule_test

import (
	"context"
	"fmt"
	"math/rand/v2"
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
		r.Paused = rng.IntN(8) == 0
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
		y[d.Slot]++
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

func TestRunnerGivesEverySlotOnceAsDueOrSkipped(t *testing.T) {
	rng := seeded(t)
	for range 40 {
		synctest.Test(t, func(t *testing.T) {
			start := data.Millis(time.Now().Add(time.Duration(rng.IntN(1e9))))
			time.Sleep(time.Until(start))
			r := schedule.NewRunner(schedule.Options{Location: "l", Start: start})
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
						histories[id] = append(h, &data.Registration{Monitor: id, Location: "l", From: data.Millis(at), Removed: true})
					}
				}
				if err := r.Apply(at, set); err != nil {
					t.Fatal(err)
				}
			}
			apply(randomSet(rng, start), start)
			var upto, edited time.Time
			for time.Since(start) < 40*time.Second {
				at := data.Millis(time.Now().Add(time.Second)).Truncate(time.Second)
				if rng.IntN(200) == 0 && at.After(edited) { // an edit, from the next whole second on
					edited = at
					set := randomSet(rng, at)
					for _, reg := range set {
						reg.Paused = false // the version is that of the schedule alone
					}
					apply(set, at)
				}
				w, err := r.Next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				seen.window(t, w, histories, time.Now())
				if w.Upto.Before(upto) {
					t.Fatalf("Upto went from %v back to %v", upto, w.Upto)
				}
				upto = w.Upto
				for _, d := range append([]schedule.Due(nil), w.Due...) {
					if rng.IntN(3) == 0 {
						time.AfterFunc(time.Duration(rng.IntN(3e9)), func() { r.Done(d) })
					} else {
						r.Done(d)
					}
				}
				if rng.IntN(300) == 0 { // the caller stalls
					time.Sleep(time.Duration(rng.IntN(15)) * time.Second)
				}
			}
			for id, h := range histories {
				for s := range schedule.Slots(h, start, upto.Add(time.Millisecond)) {
					if seen[s] != 1 {
						t.Errorf("%s: the slot %v was given %d times", id, s.Scheduled, seen[s])
					}
					delete(seen, s)
				}
			}
			for s := range seen {
				t.Errorf("%v is not a slot", s)
			}
			time.Sleep(5 * time.Second) // for the probes that still run
		})
	}
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
		if d := w.Due[0]; !r.TooLate(d, d.Slot.Scheduled.Add(1001*time.Millisecond)) || r.TooLate(d, d.Slot.Scheduled.Add(time.Second)) {
			t.Error("a slot may begin up to its interval late, and no later")
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
		r := schedule.NewRunner(schedule.Options{Location: "l", Start: start, Now: func() time.Time { return time.Now().Add(step) }})
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
