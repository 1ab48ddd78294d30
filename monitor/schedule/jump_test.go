package schedule_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

// A timeline steps a caller's wall clock, and knows what it has said.
type timeline struct {
	c       *caller
	steps   []clockStep
	jumped  bool
	earlier time.Duration // what the clock was off by before the newest jump
	goneBy  time.Time     // what a jump was undone to
}

type clockStep struct {
	at  time.Time     // by the monotonic clock
	off time.Duration // from then on
}

func newTimeline(c *caller) *timeline { return &timeline{c: c, steps: []clockStep{{off: c.step}}} }

// step sets the clock for some of the events.
func (l *timeline) step(rng *rand.Rand, event int) {
	var by time.Duration
	switch event {
	case 3:
		by = time.Duration(rng.IntN(10_000)-5_000) * time.Millisecond
	case 4, 5:
		by = time.Duration(rng.IntN(100)) * time.Second
	case 6:
		by = time.Duration(rng.IntN(60_000)-59_000) * time.Millisecond
	case 7, 8: // as if the jump had not been
		by = l.earlier - l.c.step
	default:
		return
	}
	if by > 0 {
		l.earlier, l.jumped = l.c.step, true
	}
	l.c.step += by
	l.steps = append(l.steps, clockStep{time.Now(), l.c.step})
}

// ahead reports whether the clock may have been set so far forward of late that no
// change may begin.
func (l *timeline) ahead() bool {
	var by time.Duration
	for i, s := range l.steps {
		if i > 0 && time.Since(s.at) < 90*time.Second {
			by += max(s.off-l.steps[i-1].off, 0)
		}
	}
	return by > 10*time.Second
}

// passed is for how long the clock has been past at without a break.
func (l *timeline) passed(at time.Time) time.Duration {
	until := time.Now()
	for i := len(l.steps) - 1; i >= 0; i-- {
		s := l.steps[i]
		if reached := at.Add(-s.off); reached.After(until) {
			return time.Since(until)
		} else if reached.After(s.at) {
			return time.Since(reached)
		}
		until = s.at
	}
	return time.Since(until)
}

// check finds gaps for which the clock is to blame without reason: without a
// jump, or while the jump may be undone. What has gone by when a jump is undone,
// and what another definition has replaced, need not wait for a minute.
func (l *timeline) check(t *testing.T, w schedule.Window, histories map[string][]*data.Registration) {
	t.Helper()
	back := false
	for _, s := range w.Steps {
		if s.Kind == schedule.Back {
			back = true
		}
		if s.Kind == schedule.Undone {
			l.goneBy = l.c.now()
		}
	}
	for _, s := range w.Skipped {
		if s.Reason != data.Clock {
			continue
		}
		h := histories[s.Registration.Monitor]
		switch replaced := h[len(h)-1] != s.Registration; {
		case !l.jumped:
			t.Errorf("without a jump: %+v", s)
		case back && s.Last.After(l.c.now()) && !replaced:
			t.Errorf("after a step back to %v slots are given up that are yet to come: %+v", l.c.now(), s)
		case !back && l.passed(s.First) < time.Minute && s.Last.After(l.goneBy):
			t.Errorf("given up after %v: %+v", l.passed(s.First), s)
		}
	}
}

// drive takes windows for d, and settles what is due at once.
func (c *caller) drive(d time.Duration) (due []data.Slot, skipped []schedule.Skip, steps []schedule.Step, upto time.Time) {
	c.t.Helper()
	for began := time.Now(); time.Since(began) < d; {
		w, err := c.r.Next(c.t.Context())
		if err != nil {
			c.t.Fatal(err)
		}
		for _, d := range w.Due {
			due = append(due, d.Slot)
			c.r.Done(d)
		}
		skipped, steps, upto = append(skipped, w.Skipped...), append(steps, w.Steps...), w.Upto
	}
	return due, skipped, steps, upto
}

func TestAForwardJumpIsAGapOnlyOnceItHasHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		m := registration("m", every(time.Second), c.start)
		c.apply(c.start, m)
		c.drive(5 * time.Second)
		before := c.now()
		c.step = time.Hour
		due, skipped, steps, upto := c.drive(55 * time.Second)
		if len(due) < 54 || len(skipped) != 0 || upto.After(before.Add(time.Second)) {
			t.Errorf("before it has held: %d due, skipped %v, up to %v", len(due), skipped, upto)
		}
		if len(steps) != 1 || steps[0].Kind != schedule.Jumped || steps[0].By != time.Hour || steps[0].Held != 3599 {
			t.Errorf("steps %+v", steps)
		}
		_, skipped, steps, upto = c.drive(10 * time.Second)
		if len(skipped) != 1 || skipped[0].Reason != data.Clock || skipped[0].Slots != 3599 || upto.Before(c.now().Add(-time.Second)) {
			t.Errorf("once it has held: skipped %+v, up to %v", skipped, upto)
		}
		if len(steps) != 1 || steps[0].Kind != schedule.Accepted || steps[0].Held != 3599 {
			t.Errorf("steps %+v", steps)
		}
	})
}

func TestAJumpThatIsUndoneLosesNothingThatMayRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		c.apply(c.start, registration("m", every(time.Second), c.start))
		c.drive(5 * time.Second)
		c.step = 2 * time.Minute
		ahead, _, _, _ := c.drive(30 * time.Second)
		c.step = 0
		c.drive(0)
		if err := c.r.Apply(c.now().Add(10*time.Second), nil); err == nil {
			t.Error("a set may hold from before slots that were given while the clock was ahead")
		}
		due, skipped, steps, _ := c.drive(5 * time.Minute)
		if len(steps) != 2 || steps[0].Kind != schedule.Back || steps[1].Kind != schedule.Undone {
			t.Errorf("steps %+v", steps)
		}
		lost := int64(0) // while the clock was ahead
		for _, s := range skipped {
			lost += s.Slots
			if s.Reason != data.Clock || s.Last.After(c.start.Add(36*time.Second)) {
				t.Errorf("skipped %+v", s)
			}
		}
		seen := map[data.Slot]bool{}
		for _, s := range append(ahead, due...) {
			if seen[s] {
				t.Errorf("%v ran twice", s)
			}
			seen[s] = true
		}
		if want := 330; lost > 30 || len(seen)+int(lost) < want-1 {
			t.Errorf("%d slots ran, %d are lost: want %d in all", len(seen), lost, want)
		}
	})
}

func TestSmallStepsForwardLoseNothingThatMayRun(t *testing.T) {
	for _, by := range []time.Duration{40 * time.Millisecond, 200 * time.Millisecond, 2 * time.Second, 9 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			c := newCaller(t)
			c.apply(c.start, registration("m", every(10*time.Second), c.start))
			n := 0
			for range 20 {
				due, skipped, _, _ := c.drive(61 * time.Second)
				if n += len(due); len(skipped) > 0 {
					t.Errorf("%v forward: skipped %+v", by, skipped)
				}
				c.step += by
			}
			if want := int(c.now().Sub(c.start) / (10 * time.Second)); n < want-1 {
				t.Errorf("%v forward: %d ran of %d", by, n, want)
			}
		})
	}
}

func TestAStoppedProcessIsNotAClockThatJumps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		reads := 0
		c.r = schedule.NewRunner(schedule.Options{Location: "l", Start: c.start, Clock: schedule.Clock{Wall: func() time.Time {
			now := time.Now()
			if reads++; reads%50 == 0 {
				time.Sleep(70 * time.Second) // between the reading of the two clocks
			}
			return now
		}}})
		c.apply(c.start, registration("m", every(time.Second), c.start))
		due, skipped, steps, _ := c.drive(20 * time.Minute)
		if len(steps) > 0 || len(due) < 100 {
			t.Errorf("%d slots ran; steps %+v", len(due), steps)
		}
		for _, s := range skipped {
			if s.Reason != data.Overload {
				t.Errorf("skipped %+v", s)
			}
		}
	})
}

func TestAJumpDuringAStallOrAProbeIsToldApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		c.apply(c.start, registration("m", every(time.Second), c.start))
		c.r.Done(c.next().Due[0])
		time.Sleep(10 * time.Second) // the caller's own fault
		c.step = time.Minute
		w := c.next()
		var overload int64
		for _, s := range w.Skipped {
			if overload += s.Slots; s.Reason != data.Overload {
				t.Errorf("skipped %+v", s)
			}
		}
		if overload != 9 || len(w.Due) != 1 || len(w.Steps) != 1 || w.Steps[0].Held != 60 {
			t.Errorf("%d slots are overload, %d due, steps %+v; want 9, 1, and 60 held", overload, len(w.Due), w.Steps)
		}
		c.step += time.Minute // while its probe runs
		if w, err := c.r.Next(t.Context()); err != nil || len(w.Steps) != 1 || len(w.Skipped) > 0 || w.Steps[0].Held < 59 {
			t.Errorf("%+v, %v, want all to be held", w, err)
		}
	})
}

func TestWhatIsReplacedWhileItIsHeldIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		c.apply(c.start, registration("m", every(time.Second), c.start), registration("gone", every(time.Second), c.start))
		c.drive(5 * time.Second)
		c.step = 9 * time.Second
		c.drive(5 * time.Second)
		c.apply(c.now().Add(time.Second), registration("m", every(2*time.Second), c.now()))
		c.step = 0
		_, skipped, _, _ := c.drive(2 * time.Second)
		slots := map[string]int64{}
		for _, s := range skipped {
			if s.Reason != data.Clock {
				t.Errorf("skipped %+v", s)
			}
			slots[s.Registration.Monitor] += s.Slots
		}
		if slots["m"] != 8 || slots["gone"] != 8 {
			t.Errorf("given up: %v, want 8 of each", slots)
		}
	})
}

// It is not held as if it had been jumped over, for Upto may be past it.
func TestWhatWaitsForRoomWhenTheClockJumpsRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		c.apply(c.start, registration("m", every(5*time.Second), c.start), registration("often", every(100*time.Millisecond), c.start))
		c.room = 0
		time.Sleep(5 * time.Second)
		c.next() // m's first slot is ready
		c.step = 6 * time.Second
		c.next()
		c.room = 64
		due := c.next().Due
		for _, d := range due {
			if d.Slot.Monitor == "m" && d.Slot.Scheduled.Before(c.start.Add(5*time.Second)) {
				return
			}
		}
		t.Errorf("m's slot did not run: %v", due)
	})
}

func TestWhatAStallMissedBeforeAStepBackIsOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		c.apply(c.start, registration("m", every(time.Second), c.start))
		c.drive(5 * time.Second)
		time.Sleep(20 * time.Second)
		c.step = -5 * time.Second
		if w := c.next(); len(w.Skipped) != 1 || w.Skipped[0].Reason != data.Overload || w.Skipped[0].Slots < 13 {
			t.Errorf("skipped %+v", w.Skipped)
		}
	})
}

func TestLatenessIsMonotonic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		c.apply(c.start, registration("m", every(time.Second), c.start))
		d := c.next().Due[0]
		began := c.r.Late(d)
		c.step = time.Hour
		time.Sleep(500 * time.Millisecond)
		if late := c.r.Late(d); late != began+500*time.Millisecond || c.r.TooLate(d) {
			t.Errorf("half a second after %v, and a jump of the clock: %v late", began, late)
		}
	})
}
