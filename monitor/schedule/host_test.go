package schedule_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

// twoHosts is n monitors of one host, and as many with a host each; all are due once
// a second.
func twoHosts(p *prober, n int) (histories map[string][]*data.Registration) {
	histories = map[string][]*data.Registration{}
	var set []*data.Registration
	for i := range n {
		for _, id := range []string{fmt.Sprint("many-", i), fmt.Sprint("free-", i)} {
			host := id
			if id[:4] == "many" {
				host = "many"
			}
			r := of(host, registration(id, every(time.Second), p.start))
			histories[id] = []*data.Registration{r}
			set = append(set, r)
		}
	}
	p.apply(p.start, set...)
	return histories
}

// of is r with a host, which these tests take from the URL.
func of(host string, r *data.Registration) *data.Registration {
	r.URL = host
	return r
}

// What a host may not be asked waits, and is shared; the others notice nothing.
func TestAHostIsSparedAndTheOthersNoticeNothing(t *testing.T) {
	rng := seeded(t)
	for name, o := range map[string]schedule.Options{
		"in flight": {HostInFlight: 2},               // probes take 100 ms: 20 a second
		"rate":      {HostRate: 20},                  //
		"both":      {HostInFlight: 2, HostRate: 30}, // the first binds
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Duration(rng.IntN(60_000)) * time.Millisecond)
				p := newCappedProber(t, 100, func() time.Duration { return time.Duration(75+rng.IntN(51)) * time.Millisecond }, o)
				const n, minutes = 40, 2
				histories := twoHosts(p, n)
				upto := p.run(minutes*time.Minute, histories)
				total := int64(0)
				for id, h := range histories {
					for s := range schedule.Slots(h, p.start, upto.Add(time.Millisecond)) {
						if c := p.seen[s]; c != 1 {
							t.Errorf("%v was given %d times", s, c)
						}
					}
					slots := float64(p.given[id] + p.skipped[id])
					switch {
					case id[:4] == "free" && p.skipped[id] > 0:
						t.Errorf("%s lacks %d slots", id, p.skipped[id])
					case id[:4] == "many" && (float64(p.given[id]) < 0.42*slots || float64(p.given[id]) > 0.58*slots):
						t.Errorf("%s got %d of %.0f slots, want a half", id, p.given[id], slots)
					case id[:4] == "many":
						total += p.given[id]
					}
				}
				if second := float64(total) / (60 * minutes); second < 18 || second > 20.5 {
					t.Errorf("the host was asked %.1f times a second, want 20", second)
				}
				if p.r.Held() < minutes*60*n/3 {
					t.Errorf("%d slots were held", p.r.Held())
				}
				time.Sleep(time.Second) // for the probes that still run
			})
		})
	}
}

// A rate holds from one slot to the next, and not on average only.
func TestARateSpreadsWhatComesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for rate, interval := range map[float64]time.Duration{0.5: 10 * time.Second, 5: 10 * time.Second, 250: time.Second} { // 300 are due in it
			c := newCapped(t, schedule.Options{HostRate: rate})
			var set []*data.Registration
			for i := range 300 {
				set = append(set, of("h", registration(fmt.Sprint("m", i), every(interval), c.start)))
			}
			c.apply(c.start, set...)
			var given []time.Time
			for time.Since(c.start) < 30*time.Second {
				for _, d := range c.next().Due {
					given = append(given, time.Now())
					c.r.Done(d)
				}
			}
			most := 0 // in any second
			for i, j := 0, 0; j < len(given); j++ {
				for given[j].Sub(given[i]) >= time.Second {
					i++
				}
				most = max(most, j-i+1)
			}
			if n := float64(len(given)) / 30; n < 0.9*rate-0.1 || n > rate+0.1 || float64(most) > max(rate*1.02+1, 1) {
				t.Errorf("rate %v: %.2f a second, and %d in one", rate, n, most)
			}
		}
	})
}

// Who ends makes room at once: nobody waits for the next window in which a slot is due.
func TestAHeldSlotBeginsAsSoonAsItsHostHasRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCapped(t, schedule.Options{HostInFlight: 1})
		cron := data.Schedule{Cron: "* * * * *"}
		c.apply(c.start, of("h", registration("a", cron, c.start)), of("h", registration("b", cron, c.start)))
		w := c.next()
		if len(w.Due) != 1 {
			t.Fatalf("got %+v, want one slot", w.Due)
		}
		first, at := w.Due[0], time.Now()
		const took = 123 * time.Millisecond
		time.AfterFunc(took, func() { c.r.Done(first) })
		w = c.next()
		if late := time.Since(at); len(w.Due) != 1 || w.Due[0].Slot.Monitor == first.Slot.Monitor || late < took || late > took+20*time.Millisecond {
			t.Errorf("got %+v after %v", w.Due, late)
		}
		c.r.Done(w.Due[0])
		if c.r.Held() != 1 {
			t.Errorf("%d slots were held, want 1", c.r.Held())
		}
	})
}

// A slot that waits for its next attempt does not run: its host has room meanwhile.
func TestAnAttemptThatWaitsIsNothingToItsHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCapped(t, schedule.Options{HostInFlight: 1})
		cron := data.Schedule{Cron: "* * * * *"}
		c.apply(c.start, of("h", registration("a", cron, c.start)), of("h", registration("b", cron, c.start)))
		first, at := c.next().Due[0], time.Now()
		c.r.Again(first, 3*time.Second)
		second := c.next().Due[0]
		if late := time.Since(at); second.Slot.Monitor == first.Slot.Monitor || late > 20*time.Millisecond {
			t.Fatalf("got %+v after %v, want the other", second, late)
		}
		time.AfterFunc(4*time.Second, func() { c.r.Done(second) })
		again := c.next().Due[0]
		if late := time.Since(at); again.Attempt != 2 || late < 4*time.Second || late > 4200*time.Millisecond {
			t.Errorf("got %+v after %v, want the second attempt as soon as its host has room", again, late)
		}
		c.r.Done(again)
	})
}

// The rate alone decides, however long probes take.
func TestARateDoesNotWaitForProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCapped(t, schedule.Options{HostRate: 10})
		var set []*data.Registration
		for i := range 20 {
			set = append(set, of("h", registration(fmt.Sprint("m", i), data.Schedule{Cron: "* * * * *"}, c.start)))
		}
		c.apply(c.start, set...)
		first := time.Time{}
		for n := 0; n < 20; {
			for _, d := range c.next().Due {
				if n == 0 {
					first = time.Now()
				}
				if late, want := time.Since(first), time.Duration(n)*100*time.Millisecond; late < want || late > want+20*time.Millisecond {
					t.Errorf("slot %d is given after %v, want %v", n, late, want)
				}
				n++
				defer c.r.Done(d)
			}
		}
	})
}

// A host is forgotten with its last monitor, and not while something of it runs.
func TestAHostOutlivesItsMonitors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCapped(t, schedule.Options{HostInFlight: 1})
		c.apply(c.start, of("h", registration("old", every(time.Second), c.start)))
		running := c.next().Due[0]
		c.apply(c.now().Add(time.Millisecond))
		c.apply(c.now().Add(2*time.Millisecond), of("h", registration("new", every(time.Second), c.start)))
		for range 3 {
			if w := c.next(); len(w.Due) > 0 {
				t.Fatalf("%v is given while another of its host runs", w.Due[0].Slot)
			}
		}
		c.r.Done(running)
		for range 2 {
			w := c.next()
			if len(w.Due) != 1 {
				t.Fatalf("got %+v, want a slot", w)
			}
			c.r.Done(w.Due[0])
		}
	})
}

func TestWithoutCapsNothingIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newCappedProber(t, 100, func() time.Duration { return 100 * time.Millisecond }, schedule.Options{})
		histories := twoHosts(p, 40)
		p.run(10*time.Second, histories)
		for id := range histories {
			if p.skipped[id] > 0 {
				t.Errorf("%s lacks %d slots", id, p.skipped[id])
			}
		}
		if p.r.Held() != 0 {
			t.Errorf("%d slots were held", p.r.Held())
		}
		time.Sleep(time.Second)
	})
}
