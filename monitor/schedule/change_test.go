package schedule_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

// collect takes windows for d, and returns the slots that were given, by version, and the
// last Upto.
func (c *caller) collect(d time.Duration) (given map[string]int64, upto time.Time) {
	c.t.Helper()
	given = map[string]int64{}
	for end := time.Now().Add(d); time.Now().Before(end); {
		w, err := c.r.Next(c.t.Context())
		if err != nil {
			c.t.Fatal(err)
		}
		for _, d := range w.Due {
			given[d.Registration.Version]++
			c.r.Done(d)
		}
		for _, s := range w.Skipped {
			given[s.Registration.Version] += s.Slots
		}
		upto = w.Upto
	}
	return given, upto
}

func TestAChangeWaitsForItsCommit(t *testing.T) {
	for name, end := range map[string]func(*schedule.Change){"committed": (*schedule.Change).Commit, "undone": (*schedule.Change).Undo} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCaller(t)
				old, other := registration("m", every(time.Second), c.start), registration("other", every(time.Second), c.start)
				other.Version = "other"
				c.apply(c.start, old, other, registration("gone", every(time.Second), c.start))
				c.collect(10 * time.Second)
				at := c.now().Add(500 * time.Millisecond)
				edited := registration("m", every(500*time.Millisecond), at)
				change, err := c.r.Begin(at, []string{"gone"}, []schedule.Definition{{Registration: edited, Value: 7}})
				if err != nil {
					t.Fatal(err)
				}
				given, upto := c.collect(20 * time.Second)
				if given[edited.Version] != 0 || given[old.Version] > 2 || given["other"] < 19 || !upto.Before(at) {
					t.Errorf("before it is decided: %v, up to %v", given, upto.Sub(at))
				}
				if _, err := c.r.Begin(c.r.Earliest(), nil, nil); err == nil {
					t.Error("a second change has begun meanwhile")
				}
				end(change)
				given, upto = c.collect(10 * time.Second)
				if name == "undone" {
					if given[old.Version] < 58 || given[edited.Version] != 0 {
						t.Errorf("undone: %v", given)
					}
				} else if given[edited.Version] < 58 || given[old.Version] != 0 {
					t.Errorf("committed: %v", given)
				}
				if upto.Before(c.now().Add(-2 * time.Second)) {
					t.Errorf("all is given only up to %v ago", c.now().Sub(upto))
				}
			})
		})
	}
}

// Undo while the old definition has slots yet to come before the change must not give
// them twice.
func TestAChangeThatIsUndoneAtOnceLeavesAllAsItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		m := registration("m", every(time.Second), c.start)
		c.apply(c.start, m)
		for range 20 {
			change, err := c.r.Begin(c.now().Add(10*time.Second), []string{"m"}, nil)
			if errors.Is(err, schedule.ErrDecided) {
				change, err = c.r.Begin(c.r.Earliest(), []string{"m"}, nil)
			}
			if err != nil {
				t.Fatal(err)
			}
			change.Undo()
			if given, _ := c.collect(5 * time.Second); given[m.Version] < 4 || given[m.Version] > 6 {
				t.Fatalf("%d slots in 5 s, and there is one each second", given[m.Version])
			}
		}
	})
}

func TestADueCarriesWhatItsDefinitionHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		m := registration("m", data.Schedule{Every: data.Duration(time.Second)}, c.start)
		change, err := c.r.Begin(c.start, nil, []schedule.Definition{{Registration: m, Value: "v"}})
		if err != nil {
			t.Fatal(err)
		}
		change.Commit()
		if d := c.next().Due[0]; d.Value != "v" {
			t.Errorf("it carries %v", d.Value)
		}
	})
}

// What was given while the clock was ahead is not given again, and keeps no change from
// beginning once the clock is back.
func TestAChangeDoesNotGoByAClockThatWasAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		same, faster := registration("same", every(time.Second), c.start), registration("faster", every(time.Second), c.start)
		c.apply(c.start, same, faster)
		c.drive(5 * time.Second)
		c.step = time.Hour
		if _, err := c.r.Begin(c.now().Add(time.Second), nil, nil); !errors.Is(err, schedule.ErrJumped) {
			t.Errorf("got %v while the jump is not seen", err)
		}
		first, _, _, _ := c.drive(5 * time.Second)
		if _, err := c.r.Begin(c.r.Earliest(), nil, nil); !errors.Is(err, schedule.ErrJumped) {
			t.Errorf("got %v while the jump may be undone", err)
		}
		c.step = 0
		c.drive(2 * time.Second)
		at := c.now().Add(time.Second)
		same, faster = registration("same", every(time.Second), at), registration("faster", every(500*time.Millisecond), at)
		same.Version = "edited"
		c.apply(at, same, faster)
		given, skipped, _, _ := c.drive(time.Hour + time.Minute)
		slots := map[data.Slot]int{}
		for _, d := range append(first, given...) {
			slots[d]++
		}
		for _, s := range skipped {
			t.Errorf("skipped %+v", s)
		}
		ahead := 0
		for s, n := range slots {
			if n == 1 {
				continue
			}
			if s.Monitor == "same" || s.Scheduled.Before(c.start.Add(time.Hour)) {
				t.Errorf("%v was given %d times", s, n)
			}
			ahead++
		}
		if ahead > 6 {
			t.Errorf("%d slots of the one with another schedule were given twice", ahead)
		}
		for s := range schedule.Slots([]*data.Registration{faster}, at, c.now().Add(-time.Second)) {
			if slots[s] == 0 {
				t.Errorf("%v was not given", s)
			}
		}
	})
}
