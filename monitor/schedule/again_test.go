package schedule_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

// Nobody else wakes Next, which may already be blocked when Again is called.
func TestAnAttemptComesAfterItsDelay(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Millisecond, 123 * time.Millisecond, 3 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			c := newCaller(t)
			c.apply(c.start, registration("m", every(time.Minute), c.start))
			d := c.next().Due[0]
			for attempt := 1; attempt <= 3; attempt++ {
				if d.Attempt != attempt {
					t.Fatalf("attempt %d, want %d", d.Attempt, attempt)
				}
				first := d
				due := time.Now().Add(2*time.Second + delay)
				time.AfterFunc(2*time.Second, func() { c.r.Again(first, delay) })
				w := c.next()
				if len(w.Due) != 1 || len(w.Skipped) != 0 || w.Due[0].Slot != first.Slot || w.Due[0].Registration != first.Registration {
					t.Fatalf("%+v, want the slot of %+v again", w, first)
				}
				d = w.Due[0]
				late := time.Since(due)
				if late < 0 || late > 10*time.Millisecond {
					t.Errorf("delay %v: it comes %v after its due time", delay, late)
				}
				if c.r.Late(d) != late || c.r.TooLate(d) {
					t.Errorf("delay %v: Late is %v, want %v: the attempt before it does not count", delay, c.r.Late(d), late)
				}
			}
			c.r.Done(d)
			if n := c.r.Abandoned(); n != 0 {
				t.Errorf("%d attempts are abandoned", n)
			}
		})
	}
}

func TestAWaitingAttemptGivesWayToTheNextSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		c.apply(c.start, registration("m", every(time.Second), c.start))
		first := c.next().Due[0]
		c.r.Again(first, 1500*time.Millisecond)
		second := c.next()
		if len(second.Due) != 1 || len(second.Skipped) != 0 || second.Due[0].Attempt != 1 || !second.Due[0].Slot.Scheduled.Equal(first.Slot.Scheduled.Add(time.Second)) {
			t.Fatalf("%+v, want the slot after %v", second, first.Slot)
		}
		c.r.Done(second.Due[0])
		third := c.next()
		if len(third.Due) != 1 || third.Due[0].Attempt != 1 || c.r.Abandoned() != 1 {
			t.Errorf("%+v, and %d attempts abandoned; want a first attempt, and 1", third, c.r.Abandoned())
		}
	})
}

func TestARunningAttemptMakesTheNextSlotAnOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		c.apply(c.start, registration("m", every(time.Second), c.start))
		c.r.Again(c.next().Due[0], 500*time.Millisecond)
		if w := c.next(); len(w.Due) != 1 || w.Due[0].Attempt != 2 {
			t.Fatalf("%+v, want the second attempt", w)
		}
		if w := c.next(); len(w.Due) != 0 || len(w.Skipped) != 1 || w.Skipped[0].Reason != data.Overlap {
			t.Errorf("%+v, want an overlap", w)
		}
	})
}

func TestAttemptsWaitForRoomAndNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		c.apply(c.start, registration("a", every(time.Hour), c.start), registration("b", every(time.Hour), c.start))
		first := c.next().Due[0]
		second := c.next().Due[0]
		c.r.Again(first, time.Second)
		c.r.Again(second, time.Second)
		c.room = 0
		time.Sleep(2 * time.Second) // both are due, and there is no room
		for range 3 {
			if w, err := c.r.Next(t.Context()); err != nil || len(w.Due) > 0 {
				t.Fatalf("%+v, %v, want nothing", w, err)
			}
		}
		c.room = 1
		if w := c.next(); len(w.Due) != 1 || w.Due[0].Attempt != 2 || w.Due[0].Slot != first.Slot {
			t.Errorf("%+v, want the first one's second attempt", w)
		}
		c.room = 0
		time.Sleep(20 * time.Second)
		c.room = 1
		w, err := c.r.Next(t.Context())
		if err != nil || len(w.Due) != 0 || c.r.Abandoned() != 1 {
			t.Errorf("%+v, %v, %d abandoned; want the other's to be too late", w, err, c.r.Abandoned())
		}
	})
}

func TestAnEditEndsTheAttemptsOfWhatItReplaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		keep, edit, remove := registration("keep", every(time.Minute), c.start), registration("edit", every(time.Minute), c.start), registration("remove", every(time.Minute), c.start)
		c.apply(c.start, keep, edit, remove)
		for range 3 {
			c.r.Again(c.next().Due[0], 3*time.Minute/2)
		}
		at := c.now().Add(time.Second)
		edit = registration("edit", every(time.Hour), at)
		c.apply(at, keep, edit)
		for c.now().Before(at.Add(10 * time.Minute)) {
			w, err := c.r.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range w.Due {
				if d.Attempt > 1 {
					t.Errorf("%v is given as attempt %d", d.Slot, d.Attempt)
				}
				c.r.Done(d)
			}
		}
		if n := c.r.Abandoned(); n != 3 { // keep's gives way to its next slot
			t.Errorf("%d attempts are abandoned, want 3", n)
		}
	})
}

func TestSlotsGoBeforeLaterAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		c.apply(c.start, registration("fails", every(time.Hour), c.start))
		d := c.next().Due[0]
		at := c.now().Add(time.Second)
		c.apply(at, d.Registration, registration("other", every(time.Minute), at))
		other := c.nextSlot("other")
		c.r.Again(d, other.Add(-100*time.Millisecond).Sub(c.now()))
		c.room = 0
		time.Sleep(other.Add(time.Second).Sub(c.now())) // both wait, the attempt for longer
		c.room = 1
		for _, want := range []string{"other", "fails"} {
			if w := c.next(); len(w.Due) != 1 || w.Due[0].Slot.Monitor != want {
				t.Errorf("%+v, want %s alone", w, want)
			}
		}
	})
}

// nextSlot is the instant of a monitor's next slot.
func (c *caller) nextSlot(monitor string) time.Time {
	r := registration(monitor, every(time.Minute), c.start)
	for s := range schedule.Slots([]*data.Registration{r}, c.now().Add(time.Second), c.now().Add(time.Hour)) {
		return s.Scheduled
	}
	return time.Time{}
}
