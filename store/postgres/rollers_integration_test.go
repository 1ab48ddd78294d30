//go:build integration

package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store"
)

// minuteOfNow is an instant of the suite, in the midst of a minute.
var minuteOfNow = time.Date(2026, 11, 24, 12, 0, 2, 0, time.UTC)

func TestSaversAndTwoRollersAtOnceAreExact(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	db := servers.Database(t)
	events := joined(meeting(r, minuteOfNow, 1500))
	var savers, rollers sync.WaitGroup
	done := make(chan struct{}) // closed when all is saved
	for i, url := range []string{db.URL, db.BouncerURL} {
		s := openAt(t, url, minuteOfNow, 0)
		mine := slices.Clone(events)
		r.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
		savers.Go(func() {
			for at := 0; at < len(mine); at += 100 {
				if _, err := s.Save(t.Context(), mine[at:min(at+100, len(mine))]); err != nil {
					t.Error(err)
				}
			}
		})
		rollers.Go(func() {
			for n := 0; ; n++ {
				if err := s.Roll(t.Context()); err != nil {
					t.Errorf("roller %d, pass %d: %v", i, n, err)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	savers.Wait()
	close(done)
	rollers.Wait()
	s := openAt(t, db.URL, minuteOfNow, 0)
	roll(t, s)
	for _, monitor := range []string{"m0", "m1", "m2"} {
		expect(t, s, events, monitor, minuteOfNow.Add(-12*time.Hour), minuteOfNow)
	}
}

// A pass that ends midway has changed nothing, and the next does all of it.
func TestARollThatBreaksOffIsDoneAgain(t *testing.T) {
	db := servers.Database(t)
	s := openAt(t, db.URL, minuteOfNow, 0)
	r := rand.New(rand.NewPCG(1, 0))
	events := joined(meeting(r, minuteOfNow, 600))
	keep(t, s, events...)
	for _, table := range []string{"rollup_minute", "rollup_hour"} {
		servers.Psql(t, db.AdminURL, "alter table "+table+" add constraint odd check (up < 0) not valid")
		if err := s.Roll(t.Context()); err == nil {
			t.Errorf("%s takes nothing, and the roll went well", table)
		}
		if lag, err := s.Lag(t.Context()); err != nil || lag.Pending == 0 {
			t.Errorf("after a roll that broke off: %+v, %v", lag, err)
		}
		servers.Psql(t, db.AdminURL, "alter table "+table+" drop constraint odd")
		if n := servers.Psql(t, db.URL, "select count(*) from rollup_minute"); n != "0" {
			t.Errorf("%s minutes were written", n)
		}
	}
	roll(t, s)
	for _, monitor := range []string{"m0", "m1", "m2"} {
		expect(t, s, events, monitor, minuteOfNow.Add(-12*time.Hour), minuteOfNow)
	}
}

func TestBackfillMakesWhatRollWouldHave(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	for _, ago := range []time.Duration{0, 5 * store.Day} {
		db := servers.Database(t)
		s := openAt(t, db.URL, minuteOfNow, 0)
		events := joined(append(meeting(r, minuteOfNow.Add(-ago), 900), measuredAt("open", minuteOfNow.Add(-ago))))
		keep(t, s, events...)
		servers.Psql(t, db.AdminURL, "delete from rollup_touched") // as if it had been before there were rollups
		// Flyway notes the time of its own zone, and a collector may save some hours more.
		servers.Psql(t, db.AdminURL, fmt.Sprintf("update flyway_schema_history set installed_on = '%s'", minuteOfNow.Add(-ago-14*time.Hour).Format(time.DateTime)))
		if err := s.Backfill(t.Context(), time.Time{}, time.Time{}, nil); err != nil {
			t.Fatal(err)
		}
		roll(t, s)
		for _, monitor := range []string{"m0", "m1", "m2"} {
			expect(t, s, events, monitor, minuteOfNow.Add(-ago-12*time.Hour), minuteOfNow.Add(-ago))
		}
		later := openAt(t, db.URL, minuteOfNow.Add(2*time.Hour), 0) // what was open is over
		roll(t, later)
		expect(t, later, events, "open", minuteOfNow.Add(-ago-12*time.Hour), minuteOfNow.Add(time.Minute-ago))
		var last [2]int64
		if err := s.Backfill(t.Context(), time.Time{}, time.Time{}, func(done, total int64) { last = [2]int64{done, total} }); err != nil || last != [2]int64{} {
			t.Errorf("a second time: %v, %v; want nothing to do", last, err)
		}
	}
}

// Collectors go on saving and rolling up while what was before is filled in.
func TestBackfillBesideSaversIsExact(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	db := servers.Database(t)
	s := openAt(t, db.URL, minuteOfNow, 0)
	events := joined(slices.Concat(meeting(r, minuteOfNow, 900), meeting(r, minuteOfNow.Add(-12*time.Hour), 900), meeting(r, minuteOfNow.Add(-4*store.Day), 900)))
	r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	old, fresh := events[:len(events)/2], events[len(events)/2:]
	keep(t, s, old...)
	servers.Psql(t, db.AdminURL, "delete from rollup_touched") // as if it had been before there were rollups
	keep(t, s, fresh[:20]...)
	roll(t, s) // hours and days of a part of what there is
	var saver, roller sync.WaitGroup
	done := make(chan struct{}) // closed when all is saved and filled
	saver.Go(func() {
		other := openAt(t, db.BouncerURL, minuteOfNow, 0)
		for at := 0; at < len(fresh); at += 25 {
			if _, err := other.Save(t.Context(), fresh[at:min(at+25, len(fresh))]); err != nil {
				t.Error(err)
			}
		}
	})
	saver.Go(func() {
		if err := s.Backfill(t.Context(), time.Time{}, time.Time{}, nil); err != nil {
			t.Error(err)
		}
	})
	roller.Go(func() {
		for {
			if err := s.Roll(t.Context()); err != nil {
				t.Error(err)
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	saver.Wait()
	close(done)
	roller.Wait()
	roll(t, s)
	for _, monitor := range []string{"m0", "m1", "m2"} {
		for _, to := range []time.Time{minuteOfNow, minuteOfNow.Add(-12 * time.Hour), minuteOfNow.Add(-4 * store.Day)} {
			expect(t, s, events, monitor, to.Add(-12*time.Hour), to)
		}
	}
}

// What a collector saves whose clock is ahead is rolled up by the others, now.
func TestAClockAheadHoldsNothingUp(t *testing.T) {
	now := time.Now().UTC()
	db := servers.Database(t)
	events := []data.Event{measuredAt("shop", now.Add(-10*time.Minute).Truncate(time.Minute)), gapAt("shop", now.Add(-3*time.Hour).Truncate(time.Minute), time.Hour, data.Stopped)}
	ahead := openAt(t, db.URL, now.Add(30*store.Day), 0)
	keep(t, ahead, events...)
	s := openAt(t, db.URL, now.Add(time.Hour), 0)
	if lag, err := s.Lag(t.Context()); err != nil || lag.Pending == 0 {
		t.Errorf("before: %+v, %v", lag, err)
	}
	roll(t, s)
	if n := servers.Psql(t, db.URL, "select count(*) from rollup_touched"); n != "0" {
		t.Errorf("%s marks wait for the wrong clock", n)
	}
	expect(t, s, events, "shop", now.Add(-4*time.Hour), now)
}
