package heartbeat_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
)

const ms = time.Millisecond

func TestStallIsWhatABeatIsLateBeyondItsFirstPart(t *testing.T) {
	var p heartbeat.Pulse
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
	if got := p.Lateness(); got != 3010*ms {
		t.Errorf("lateness: %v, want 3.01s", got)
	}
}

func TestContentionIsTheSecondLatestBeatUntilItIsForgotten(t *testing.T) {
	var p heartbeat.Pulse
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
		if got := p.Contention(); got != d {
			t.Errorf("%s: %v, want %v", what, got, d)
		}
	}
	beats(10, 3*ms)
	want("one of few", 3*ms)
	beats(100)
	want("one of many", ms/10)
	beats(10, 5*ms, 4*ms)
	want("three of many", 4*ms)
	beats(200)
	want("two seconds later", 4*ms)
	beats(400)
	want("after six", ms/10)
	beats(2, time.Hour)
	want("a single stall", ms/10)
}

func TestPulseBeatsUntilItsEndAndIsNotLateWhenNothingIsInTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p heartbeat.Pulse
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		p.Run(ctx)
		time.Sleep(time.Hour)
		if p.Lateness() != 0 || p.Contention() != 0 || p.Stalled(time.Now()) != 0 {
			t.Errorf("late by %v, contention %v, stalled %v: want 0", p.Lateness(), p.Contention(), p.Stalled(time.Now()))
		}
	})
}

func TestUsualIsAShortAnswerAmongTheLatest(t *testing.T) {
	u, at := heartbeat.NewUsual(0), time.Now()
	if d, sure := u.Total(); d != 0 || sure || u.Shortest() != 0 {
		t.Errorf("without an answer: %v, %v", d, sure)
	}
	add := func(list ...time.Duration) {
		for _, d := range list {
			at = at.Add(ms)
			u.Add(d, at)
		}
	}
	add(9*ms, 5*ms, 30*ms)
	if d, sure := u.Total(); d != 5*ms || sure {
		t.Errorf("after three: %v, %v; want 5ms, not sure", d, sure)
	}
	add(6*ms, 7*ms, 8*ms, 9*ms, 9*ms, 9*ms, 9*ms, 9*ms, 9*ms, 9*ms, 9*ms, 9*ms, 9*ms)
	if d, sure := u.Total(); d != 7*ms || !sure {
		t.Errorf("after sixteen: %v, %v; want 7ms, sure", d, sure)
	}
	for range 100 {
		add(20 * ms)
	}
	if d, _ := u.Total(); d != 20*ms || u.Shortest() != 20*ms {
		t.Errorf("when it has become slower for good: %v, want 20ms", d)
	}
	u = heartbeat.NewUsual(50 * ms)
	add(5 * ms)
	for range 48 {
		add(20 * ms)
	}
	if got := u.Shortest(); got != 5*ms {
		t.Errorf("after a burst of slow answers: %v, want 5ms", got)
	}
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
		{"nothing is known of the target", 12 * ms, 0, 3 * ms, 0, 0},
		{"a stall", 3 * time.Second, 2900 * ms, 0, 0, 2900 * ms},
		{"a stall that began before", 20 * ms, 2900 * ms, 0, 5 * ms, 20 * ms},
		{"a stall of a slow target", 4 * time.Second, 3 * time.Second, 0, 4 * time.Second, 3 * time.Second},
		{"both", 1030 * ms, time.Second, 10 * ms, 5 * ms, 1025 * ms},
		{"a tiny stall", 5 * time.Second, ms, 0, 5 * time.Second, 0},
	} {
		if got := heartbeat.Starved(c.total, c.stalled, c.contention, c.usual); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func measurement(total time.Duration, answered bool) *data.Measurement {
	m := &data.Measurement{Phases: data.Phases{Total: data.SpanOf(total)}}
	if answered {
		m.HTTP = &data.HTTP{Status: 200}
	}
	return m
}

func TestMeasurementSaysByHowMuchTheProberWasStarved(t *testing.T) {
	p := heartbeat.NewProbe()
	take := func(m *data.Measurement, during func(*heartbeat.Pulse)) time.Duration {
		p.Measure(m, during)
		return m.Degraded
	}
	quiet := func(*heartbeat.Pulse) {}
	stop := func(p *heartbeat.Pulse) { p.Beat(time.Now().Add(-3*time.Second), 3*time.Second) }
	if got := take(measurement(20*ms, true), quiet); got != 0 {
		t.Errorf("the first: %v, want 0", got)
	}
	for range 20 {
		if got := take(measurement(5*ms, true), quiet); got != 0 {
			t.Errorf("on a quiet machine: %v, want 0", got)
		}
	}
	if got := take(measurement(3*time.Second, true), stop); got != 2995*ms {
		t.Errorf("stopped for 3 s: %v, want all but the usual, 2.995s", got)
	}
	if got := take(measurement(3*time.Second, false), stop); got != 2995*ms {
		t.Errorf("timed out because it was stopped: %v, want 2.995s", got)
	}
	waiting := func(p *heartbeat.Pulse) { p.Begin(time.Now().Add(-time.Second)) }
	if got := take(measurement(2*time.Second, true), waiting); got < 980*ms || got > 1990*ms {
		t.Errorf("done before the pulse has woken: %v, want about 990ms", got)
	}
	waited := measurement(time.Second, true)
	waited.Degraded = 900 * ms // for room in the body budget
	p = heartbeat.NewProbe()
	if got := take(waited, quiet); got != 900*ms {
		t.Errorf("waited for room: %v, want 900ms", got)
	}
}
