package strain_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/monitor/strain"
)

const ms = time.Millisecond

func TestStallIsWhatABeatIsLateBeyondItsFirstPart(t *testing.T) {
	var p strain.Pulse
	at := time.Now()
	p.Beat(at, 10*ms) // no stall
	if got := p.Stalled(at.Add(time.Hour)); got != 0 {
		t.Errorf("after a beat that is a little late: %v, want 0", got)
	}
	p.Begin(at.Add(time.Second))
	for _, c := range []struct{ now, want time.Duration }{{500 * ms, 0}, {1010 * ms, 0}, {1300 * ms, 290 * ms}, {4 * time.Second, 2990 * ms}} {
		if got := p.Stalled(at.Add(c.now)); got != c.want {
			t.Errorf("at %v, before the beat has ended: %v, want %v", c.now, got, c.want)
		}
	}
	p.End(at.Add(4 * time.Second))
	if got := p.Stalled(at.Add(time.Hour)); got != 2990*ms {
		t.Errorf("after its end: %v, want 2.99s", got)
	}
	if got := p.Delay(); got != 3010*ms {
		t.Errorf("lateness: %v, want 3.01s", got)
	}
}

func TestContentionIsTheSecondLatestBeatUntilItIsForgotten(t *testing.T) {
	var p strain.Pulse
	at := time.Now()
	beats := func(n int, late ...time.Duration) {
		for i := range n {
			d := ms / 10
			if i < len(late) {
				d = late[i]
			}
			at = at.Add(10 * ms)
			p.Beat(at, d)
		}
	}
	want := func(what string, d time.Duration) {
		t.Helper()
		if got := p.Contention(at); got != d {
			t.Errorf("%s: %v, want %v", what, got, d)
		}
	}
	beats(10, 3*ms)
	want("one of few", 3*ms)
	beats(100)
	want("one of many", ms/10)
	beats(10, 5*ms, 4*ms)
	want("three of many", 4*ms)
	p.Begin(at)
	at = at.Add(8 * ms)
	want("and one under way", 5*ms)
	p.End(at)
	beats(200)
	want("two seconds later", 5*ms)
	beats(400)
	want("after six", ms/10)
	beats(2, time.Hour)
	want("a single stall", ms/10)
}

func TestPulseBeatsUntilItsEndAndIsNotLateWhenNothingIsInTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p strain.Pulse
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		p.Run(ctx, func() bool { return true })
		time.Sleep(time.Hour)
		if p.Delay() != 0 || p.Contention(time.Now()) != 0 || p.Stalled(time.Now()) != 0 {
			t.Errorf("late by %v, contention %v, stalled %v: want 0", p.Delay(), p.Contention(time.Now()), p.Stalled(time.Now()))
		}
	})
}

func TestPulseRestsWhenThereIsNothingToProbe(t *testing.T) {
	var p strain.Pulse
	at := time.Unix(1_800_000_000, 0)
	want := func(what string, now time.Duration, probing bool, d time.Duration) {
		t.Helper()
		if got := p.Sleep(at.Add(now), probing); got != d {
			t.Errorf("%s: %v, want %v", what, got, d)
		}
	}
	want("before", 0, false, 100*ms)
	want("during a probe", time.Hour, true, 10*ms)
	want("soon after", time.Hour+999*ms, false, 11*ms) // to the next whole 10 ms, of those that are not too soon
	want("from in between", time.Hour+904*ms, false, 6*ms)
	want("from in between, later", time.Hour+906*ms, false, 14*ms)
	want("later", time.Hour+time.Second, false, 100*ms)
}

// The wall clock decides only where a beat ends, and may be set to anything.
func TestABeatIsNeitherTooShortNorTooLongWhateverTheWallClockSays(t *testing.T) {
	for _, wall := range []time.Time{time.Unix(0, 0), time.Unix(-1, 7), time.Date(1969, 12, 31, 23, 59, 59, 1234567, time.UTC), time.Unix(1_800_000_000, 999_999_999)} {
		for off := time.Duration(0); off < 20*ms; off += 333 * time.Microsecond {
			var p strain.Pulse
			now := wall.Add(off)
			d := p.Sleep(now, true)
			if d < 5*ms || d >= 20*ms || now.Add(d).UnixNano()%int64(10*ms) != 0 {
				t.Errorf("at %v it sleeps for %v", now.UTC(), d)
			}
		}
	}
}

func TestUsualIsAShortAnswerAmongTheLatest(t *testing.T) {
	var u strain.Usual
	want := func(what string, d time.Duration, sure bool) {
		t.Helper()
		if got, ok := u.Total(); got != d || ok != sure {
			t.Errorf("%s: %v, %v; want %v, %v", what, got, ok, d, sure)
		}
	}
	add := func(list ...time.Duration) {
		for _, d := range list {
			u.Add(d)
		}
	}
	want("without an answer", 0, false)
	add(9*ms, 5*ms, 30*ms)
	want("after three", 5*ms, false)
	add(6*ms, 7*ms, 8*ms, 9*ms, 9*ms, 9*ms, 9*ms, 9*ms, 9*ms, 9*ms, 9*ms, 9*ms, 9*ms)
	want("after sixteen", 7*ms, true)
	for range 13 {
		add(20 * ms)
	}
	want("when thirteen were slow", 9*ms, true)
	for range 100 {
		add(20 * ms)
	}
	want("when it has become slower for good", 20*ms, true)
	add(2*time.Hour, 2*time.Hour)
	want("when two never seem to end", 20*ms, true)
}

func TestPlaceRemembersItsShortestAnswerForAWhile(t *testing.T) {
	var p strain.Place
	at := time.Now()
	want := func(what string, d time.Duration) {
		t.Helper()
		if got := p.Shortest(); got != d {
			t.Errorf("%s: %v, want %v", what, got, d)
		}
	}
	want("without an answer", 0)
	p.Add(9*ms, at)
	want("after one", 9*ms)
	p.Add(5*ms, at.Add(time.Second))
	p.Add(7*ms, at.Add(2*time.Second))
	p.Add(8*ms, at.Add(5*time.Second))
	want("four seconds later", 5*ms)
	p.Add(8*ms, at.Add(10*time.Second))
	want("nine seconds later", 8*ms)
}

func TestStarvedIsTheStallAndWhatContentionCanExplain(t *testing.T) {
	for _, c := range []struct {
		name                              string
		total, stalled, contention, usual time.Duration
		want                              time.Duration
	}{
		{"nothing", 5 * ms, 0, 0, 5 * ms, 0},
		{"slow on a quiet machine: the target's", time.Second, 0, ms, 5 * ms, 0},
		{"slow on a busy one", 12 * ms, 0, 3 * ms, 5 * ms, 7 * ms},
		{"not slow on a busy one", 6 * ms, 0, 3 * ms, 5 * ms, 0},
		{"a little slow", 9700 * time.Microsecond, 0, 3 * ms, 5 * ms, 0},
		{"far slower than contention explains", 5 * time.Second, 0, 3 * ms, 5 * ms, 12 * ms},
		{"or any", 5 * time.Second, 0, time.Second, 5 * ms, 100 * ms},
		{"nothing is known of the target", 20 * ms, 0, 3 * ms, 0, 12 * ms},
		{"nor is anything in the way", 20 * ms, 0, ms, 0, 0},
		{"a stall", 3 * time.Second, 2900 * ms, 0, 0, 2900 * ms},
		{"a stall that began before", 20 * ms, 2900 * ms, 0, 5 * ms, 20 * ms},
		{"a stall of a slow target", 4 * time.Second, 3 * time.Second, 0, 4 * time.Second, 3 * time.Second},
		{"both", 1030 * ms, time.Second, 10 * ms, 5 * ms, 1025 * ms},
		{"a tiny stall", 5 * time.Second, ms, 0, 5 * time.Second, 0},
	} {
		if got := strain.Starved(c.total, c.stalled, c.contention, c.usual); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestProbeSaysByHowMuchTheProberWasStarved(t *testing.T) {
	p := new(strain.Pulse)
	target := strain.NewTarget(new(strain.Place))
	waited := time.Duration(0)
	take := func(total time.Duration, answered bool, during func()) time.Duration {
		w := p.Watch(target)
		during()
		return w.End(total, waited, answered)
	}
	quiet := func() {}
	stop := func() { p.Beat(time.Now().Add(-3*time.Second), 3*time.Second) }
	if got := take(20*ms, true, quiet); got != 0 {
		t.Errorf("the first: %v, want 0", got)
	}
	for range 20 {
		if got := take(5*ms, true, quiet); got != 0 {
			t.Errorf("on a quiet machine: %v, want 0", got)
		}
	}
	if got := take(3*time.Second, true, stop); got != 2995*ms {
		t.Errorf("stopped for 3 s: %v, want all but the usual, 2.995s", got)
	}
	if got := take(3*time.Second, false, stop); got != 2995*ms {
		t.Errorf("timed out because it was stopped: %v, want 2.995s", got)
	}
	waiting := func() { p.Begin(time.Now().Add(-time.Second)) }
	if got := take(2*time.Second, true, waiting); got < 980*ms || got > 1990*ms {
		t.Errorf("done before the pulse has woken: %v, want about 990ms", got)
	}
	p, target, waited = new(strain.Pulse), strain.NewTarget(new(strain.Place)), 900*ms // for room in the body budget
	if got := take(time.Second, true, quiet); got != 900*ms {
		t.Errorf("waited for room: %v, want 900ms", got)
	}
	waited = time.Second
	if got := take(3*time.Second, true, stop); got != 3*time.Second {
		t.Errorf("waited for room, and was stopped: %v, want all of 3s", got)
	}
}
