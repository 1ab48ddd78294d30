package schedule_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

func every(d time.Duration) data.Schedule { return data.Schedule{Every: data.Duration(d)} }

// A caller that drives a runner in synctest's time.
type caller struct {
	t     *testing.T
	r     *schedule.Runner
	start time.Time
	step  time.Duration // of the wall clock
	room  int           // for so many slots at once
}

func newCaller(t *testing.T) *caller {
	return newCapped(t, schedule.Options{})
}

// newCapped is newCaller with caps.
func newCapped(t *testing.T, o schedule.Options) *caller {
	c := &caller{t: t, start: data.Millis(time.Now()), room: 64}
	o.Location, o.Start, o.Clock, o.Room = "l", c.start, schedule.Clock{Wall: c.now}, func() int { return c.room }
	c.r = schedule.NewRunner(o)
	return c
}

func (c *caller) now() time.Time { return time.Now().Add(c.step) }

func (c *caller) apply(at time.Time, set ...*data.Registration) {
	c.t.Helper()
	if err := c.r.Apply(at, set); err != nil {
		c.t.Fatal(err)
	}
}

// next is the next window that is not empty.
func (c *caller) next() schedule.Window {
	c.t.Helper()
	for {
		w, err := c.r.Next(c.t.Context())
		if err != nil {
			c.t.Fatal(err)
		}
		if len(w.Due)+len(w.Skipped) > 0 {
			return w
		}
	}
}

func TestRunnerCoalescesWakeUpsOfACallerThatTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		var set []*data.Registration
		for i := range 1000 {
			set = append(set, registration(fmt.Sprint(i), every(time.Second), c.start))
		}
		c.apply(c.start, set...)
		windows := 0
		for ; time.Since(c.start) < 10*time.Second; windows++ {
			for _, d := range c.next().Due {
				if late := time.Since(d.Slot.Scheduled); late > 11*time.Millisecond {
					t.Errorf("%v late", late)
				}
				c.r.Done(d)
			}
			time.Sleep(3 * time.Millisecond)
		}
		if windows > 1010 {
			t.Errorf("%d windows of 10 ms in 10 s", windows)
		}
	})
}

func TestPausedMonitorsWakeNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		paused := registration("p", every(100*time.Millisecond), c.start)
		paused.Paused = true
		c.apply(c.start, paused)
		windows, slots := 0, int64(0)
		for ; time.Since(c.start) < 10*time.Second; windows++ {
			for _, s := range c.next().Skipped {
				if s.Reason != data.Paused {
					t.Errorf("%+v", s)
				}
				slots += s.Slots
			}
		}
		if windows > 11 || slots < 99 || slots > 110 {
			t.Errorf("%d windows with %d slots in 10 s", windows, slots)
		}
	})
}

func TestApplyRefusesWhatCannotHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		m := registration("m", every(time.Second), c.start)
		c.apply(c.start, m)
		c.r.Done(c.next().Due[0])
		later := c.now().Add(time.Minute)
		for want, err := range map[string]error{
			"twice":   c.r.Apply(later, []*data.Registration{m, m}),
			"decided": c.r.Apply(c.now().Add(-time.Second), nil),
			`"x"`:     c.r.Apply(later, []*data.Registration{registration("x", data.Schedule{}, later)}),
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want it to say %s", err, want)
			}
		}
		if w := c.next(); len(w.Due) != 1 {
			t.Errorf("a refused set changed what is due: %+v", w)
		}
		c.apply(later)
		if err := c.r.Apply(later.Add(-time.Second), nil); err == nil {
			t.Error("a set may hold from before the one that was applied last")
		}
	})
}

func TestARemovedMonitorThatComesBackStillRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		m := registration("m", every(time.Second), c.start)
		c.apply(c.start, m)
		running := c.next().Due[0]
		c.apply(c.now().Add(time.Millisecond))
		c.apply(c.now().Add(2*time.Millisecond), m)
		if w := c.next(); len(w.Due) != 0 || w.Skipped[0].Reason != data.Overlap {
			t.Errorf("%+v, want an overlap", w)
		}
		c.r.Done(running)
		if w := c.next(); len(w.Due) != 1 {
			t.Errorf("%+v after Done", w)
		}
	})
}

func TestOnlyTheNewestSlotRunsAcrossAnEdit(t *testing.T) {
	for name, edit := range map[string]struct {
		schedule data.Schedule
		paused   bool
		gone     bool // before it had a slot
		want     time.Duration
	}{
		"a newer slot runs":              {schedule: every(time.Second), want: time.Second},
		"a paused one does not":          {schedule: every(time.Second), paused: true, want: 5 * time.Second},
		"one without a slot gives way":   {schedule: every(time.Second), gone: true, want: 5 * time.Second},
		"one that is not due gives way":  {schedule: data.Schedule{Cron: "0 0 1 1 *"}, want: 5 * time.Second},
		"the newest of a few slots runs": {schedule: every(100 * time.Millisecond), want: 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCaller(t)
				at := c.start.Add(10 * time.Second)
				edited := registration("m", edit.schedule, at)
				edited.Paused = edit.paused
				c.apply(c.start, registration("m", every(5*time.Second), c.start))
				c.apply(at, edited)
				if edit.gone {
					c.apply(at)
				}
				time.Sleep(12 * time.Second)
				w := c.next()
				if len(w.Due) != 1 || w.Due[0].Registration.Schedule.Every.D() != edit.want {
					t.Errorf("due: %+v, want one slot every %v", w.Due, edit.want)
				}
				for _, s := range w.Skipped {
					if s.Reason == data.Overlap {
						t.Errorf("skipped: %+v", s)
					}
				}
			})
		})
	}
}

func TestEditsLeaveNothingBehind(t *testing.T) {
	start := data.Millis(time.Now())
	r := schedule.NewRunner(schedule.Options{Start: start})
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	for i := range 20_000 { // each would hold its place until the next January
		reg := registration("m", data.Schedule{Cron: fmt.Sprintf("%d %d 1 1 *", i%60, i/60%24)}, start)
		if err := r.Apply(start, []*data.Registration{reg}); err != nil {
			t.Fatal(err)
		}
	}
	if grown := heap() - before; grown > 1<<20 {
		t.Errorf("the runner holds %d bytes more after 20,000 edits of one monitor", grown)
	}
	runtime.KeepAlive(r)
}
