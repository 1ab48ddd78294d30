package schedule_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

// A prober in synctest's time, that runs few probes at once.
type prober struct {
	*caller
	took  func() time.Duration // by a probe
	free  atomic.Int64
	freed chan struct{}
	busy  map[string]time.Time // when a monitor's probe ended; zero: it runs
	ended chan end

	given, skipped map[string]int64
	seen           tally
}

type end struct {
	monitor string
	at      time.Time
}

func newProber(t *testing.T, atOnce int, took func() time.Duration) *prober {
	return newCappedProber(t, atOnce, took, schedule.Options{})
}

// newCappedProber is newProber with caps.
func newCappedProber(t *testing.T, atOnce int, took func() time.Duration, o schedule.Options) *prober {
	p := &prober{
		caller: &caller{t: t, start: data.Millis(time.Now())}, took: took, freed: make(chan struct{}, 1), ended: make(chan end, atOnce),
		busy: map[string]time.Time{}, given: map[string]int64{}, skipped: map[string]int64{}, seen: tally{},
	}
	p.free.Store(int64(atOnce))
	o.Location, o.Start, o.Clock, o.Room = "l", p.start, schedule.Clock{Wall: p.now}, func() int { return int(p.free.Load()) }
	p.r = schedule.NewRunner(o)
	return p
}

// run probes for d, and returns up to when every slot is given.
func (p *prober) run(d time.Duration, histories map[string][]*data.Registration) (upto time.Time) {
	p.t.Helper()
	begun := time.Now()
	for time.Since(begun) < d {
		if p.free.Load() == 0 {
			<-p.freed
		}
		w, err := p.r.Next(p.t.Context())
		if err != nil {
			p.t.Fatal(err)
		}
		p.seen.window(p.t, w, histories, p.now())
		if w.Upto.Before(upto) {
			p.t.Fatalf("Upto went from %v back to %v", upto, w.Upto)
		}
		upto = w.Upto
		p.enter(w)
	}
	return upto
}

func (p *prober) enter(w schedule.Window) {
	for len(p.ended) > 0 {
		e := <-p.ended
		p.busy[e.monitor] = e.at
	}
	for _, s := range w.Skipped {
		p.skipped[s.Registration.Monitor] += s.Slots
		// A probe may end at the very instant of the slot.
		ended, ran := p.busy[s.Registration.Monitor]
		if s.Reason == data.Overlap && (!ran || !ended.IsZero() && ended.Before(s.Last)) {
			p.t.Errorf("%s: an overlap at %v, and no probe of it runs", s.Registration.Monitor, s.First)
		}
	}
	if room := p.free.Load(); int64(len(w.Due)) > room {
		p.t.Errorf("%d slots are given, with room for %d", len(w.Due), room)
	}
	for _, d := range w.Due {
		if p.r.TooLate(d) {
			p.t.Errorf("%v is given %v late", d.Slot, p.now().Sub(d.Slot.Scheduled))
		}
		p.given[d.Slot.Monitor]++
		p.busy[d.Slot.Monitor] = time.Time{}
		p.free.Add(-1)
		time.AfterFunc(p.took(), func() {
			p.r.Done(d)
			p.ended <- end{d.Slot.Monitor, p.now()}
			p.free.Add(1)
			select {
			case p.freed <- struct{}{}:
			default:
			}
		})
	}
}

// mixed is monitors of four kinds with 180 slots a second together.
func mixed(from time.Time) []*data.Registration {
	var set []*data.Registration
	for _, kind := range []struct {
		name     string
		n        int
		schedule data.Schedule
	}{
		{"100ms", 10, every(100 * time.Millisecond)}, {"1s", 50, every(time.Second)},
		{"10s", 300, every(10 * time.Second)}, {"cron", 30, data.Schedule{Cron: "* * * * *"}},
	} {
		for i := range kind.n {
			set = append(set, registration(fmt.Sprintf("%s-%d", kind.name, i), kind.schedule, from))
		}
	}
	return set
}

// With more due than can run, every monitor gets the same share of its slots,
// whatever its interval.
func TestEveryMonitorGetsItsShareUnderOverload(t *testing.T) {
	for atOnce, share := range map[int]float64{3: 1 / 3., 6: 2 / 3.} {
		t.Run(fmt.Sprintf("%.2f", share), func(t *testing.T) { everyShare(t, atOnce, share) })
	}
}

func everyShare(t *testing.T, atOnce int, share float64) {
	rng := seeded(t)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Duration(rng.IntN(60_000)) * time.Millisecond)
		p := newProber(t, atOnce, func() time.Duration { return time.Duration(25+rng.IntN(51)) * time.Millisecond })
		set, histories := mixed(p.start), map[string][]*data.Registration{}
		for _, r := range set {
			histories[r.Monitor] = []*data.Registration{r}
		}
		p.apply(p.start, set...)
		upto := p.run(5*time.Minute, histories)
		if behind := p.now().Sub(upto); behind > 11*time.Second {
			t.Errorf("what is decided is %v behind", behind)
		}
		for id, h := range histories {
			for s := range schedule.Slots(h, p.start, upto.Add(time.Millisecond)) {
				if n := p.seen[s]; n != 1 {
					t.Errorf("%v was given %d times", s, n)
				}
			}
			slots := float64(p.given[id] + p.skipped[id])
			if least, most := 0.9*share*slots-1.5, 1.1*share*slots+1.5; float64(p.given[id]) < least || float64(p.given[id]) > most {
				t.Errorf("%s got %d of %.0f slots, want %.1f to %.1f", id, p.given[id], slots, least, most)
			}
		}
		time.Sleep(time.Second) // for the probes that still run
	})
}

// Little more is due than can run: what is skipped is spread, too.
func TestARareMonitorIsNotTheOneThatGivesWay(t *testing.T) {
	rng := seeded(t)
	synctest.Test(t, func(t *testing.T) {
		p := newProber(t, 1, func() time.Duration { return time.Duration(9+rng.IntN(5)) * time.Millisecond })
		set := []*data.Registration{registration("rare", every(30*time.Second), p.start)}
		for i := range 10 {
			set = append(set, registration(fmt.Sprint("often-", i), every(100*time.Millisecond), p.start))
		}
		histories := map[string][]*data.Registration{}
		for _, r := range set {
			histories[r.Monitor] = []*data.Registration{r}
		}
		p.apply(p.start, set...)
		p.run(10*time.Minute, histories)
		var given, slots float64
		for id := range histories {
			given, slots = given+float64(p.given[id]), slots+float64(p.given[id]+p.skipped[id])
		}
		share, rare := given/slots, float64(p.given["rare"])/float64(p.given["rare"]+p.skipped["rare"])
		if share > 0.95 || rare < share-0.05 {
			t.Errorf("the rare one got %.2f of its slots, all together %.2f", rare, share)
		}
		time.Sleep(time.Second)
	})
}

func TestWhatFitsComesInOrderOfItsInstants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		var set []*data.Registration
		for i := range 60 {
			set = append(set, registration(fmt.Sprint(i), every(time.Duration(100+i)*time.Millisecond), c.start))
		}
		c.apply(c.start, set...)
		for range 1000 {
			time.Sleep(250 * time.Millisecond) // so that some have more than one slot due
			w := c.next()
			for i, d := range w.Due {
				if i > 0 && d.Slot.Scheduled.Before(w.Due[i-1].Slot.Scheduled) {
					t.Fatalf("%v comes after %v", d.Slot, w.Due[i-1].Slot)
				}
				c.r.Done(d)
			}
		}
	})
}

// What nobody has room for waits, and is decided nevertheless.
func TestWithoutRoomSlotsAreSkippedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProber(t, 0, nil)
		rare := registration("rare", every(time.Minute), p.start)
		p.apply(p.start, rare, registration("often", every(time.Second), p.start))
		deadline := p.start.Add(5 * time.Minute)
		upto := p.start
		for p.now().Before(deadline) {
			w, err := p.r.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(w.Due) > 0 {
				t.Fatalf("%v is given", w.Due[0].Slot)
			}
			if behind := p.now().Sub(w.Upto); behind > 11*time.Second+time.Millisecond {
				t.Fatalf("what is decided is %v behind", behind)
			}
			p.enter(w)
			upto = w.Upto
		}
		if n := p.skipped["often"]; n < 285 || upto.Sub(p.start) < 285*time.Second || p.skipped["rare"] < 4 {
			t.Errorf("%d and %d slots are skipped, and all up to %v is decided", n, p.skipped["rare"], upto.Sub(p.start))
		}
	})
}

func TestARemovedMonitorThatComesBackWaitsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		c.room = 0
		m, other := registration("m", every(5*time.Second), c.start), registration("o", every(time.Second), c.start)
		c.apply(c.start, m, other)
		for skipped := false; !skipped; { // then m's next slot is ready
			for _, s := range c.next().Skipped {
				skipped = skipped || s.Registration == m
			}
		}
		c.apply(c.now().Add(time.Millisecond), other)
		time.Sleep(20 * time.Millisecond)
		for range 2 {
			if _, err := c.r.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.apply(c.now().Add(time.Millisecond), other)
		}
		at := c.now().Add(time.Millisecond)
		c.apply(at, registration("m", every(100*time.Millisecond), at), other)
		time.Sleep(150 * time.Millisecond)
		c.room = 64
		given := 0
		for _, d := range c.next().Due {
			if d.Slot.Monitor == "m" {
				given++
			}
		}
		if given != 1 {
			t.Errorf("%d slots of one monitor are given at once", given)
		}
	})
}
