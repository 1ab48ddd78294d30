package alarm_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/monitorink/monitorink/monitor/alarm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newAlarm(t testing.TB) *alarm.Alarm {
	t.Helper()
	a, err := alarm.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

func TestAnAlarmGoesOffAtItsTime(t *testing.T) {
	a := newAlarm(t)
	for _, d := range []time.Duration{20 * time.Millisecond, time.Millisecond, 0, -time.Second} {
		set := time.Now()
		a.Reset(d)
		if at := <-a.C(); at.Sub(set) < d {
			t.Errorf("set to %v, it went off after %v", d, at.Sub(set))
		}
	}
}

func TestTheLastResetHolds(t *testing.T) {
	a := newAlarm(t)
	a.Reset(time.Hour)
	a.Reset(time.Millisecond)
	<-a.C()
	set := time.Now()
	a.Reset(time.Hour)
	a.Reset(30 * time.Millisecond)
	if at := <-a.C(); at.Sub(set) < 30*time.Millisecond {
		t.Errorf("it went off after %v", at.Sub(set))
	}
}

func TestAnAlarmThatHasGoneOffUnheardIsForgottenByReset(t *testing.T) {
	a, other := newAlarm(t), newAlarm(t)
	a.Reset(time.Millisecond)
	other.Reset(50 * time.Millisecond) // both go through the same poll, in order
	<-other.C()
	set := time.Now()
	a.Reset(20 * time.Millisecond)
	if at := <-a.C(); at.Before(set) {
		t.Error("it went off for what it was set to before")
	}
}

func TestAClosedAlarmIsSilent(t *testing.T) {
	a, err := alarm.New()
	if err != nil {
		t.Fatal(err)
	}
	a.Reset(time.Hour)
	a.Close()
	a.Reset(time.Millisecond)
	other := newAlarm(t)
	other.Reset(20 * time.Millisecond)
	select {
	case <-a.C():
		t.Error("it went off")
	case <-other.C():
	}
}

type node struct {
	next *node
	rest [3]*int
}

// BenchmarkCollecting tells how late a goroutine wakes up while garbage is collected all
// the time, by an alarm and by a timer.
func BenchmarkCollecting(b *testing.B) {
	heap := make([]*node, 1_000_000)
	for i := range heap {
		heap[i] = &node{rest: [3]*int{new(int), new(int), new(int)}}
		heap[i].next = heap[i*7919%(i+1)]
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { // waited for below
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	defer func() { close(stop); <-done; runtime.KeepAlive(heap) }()
	const nap = 10 * time.Millisecond
	a, timer := newAlarm(b), time.NewTimer(nap)
	for _, by := range []struct {
		name  string
		reset func()
		c     <-chan time.Time
	}{{"alarm", func() { a.Reset(nap) }, a.C()}, {"timer", func() { timer.Reset(nap) }, timer.C}} {
		b.Run(by.name, func(b *testing.B) {
			var late []time.Duration
			for b.Loop() {
				due := time.Now().Add(nap)
				by.reset()
				<-by.c
				late = append(late, time.Since(due))
			}
			slices.Sort(late)
			b.ReportMetric(float64(late[len(late)/2].Microseconds())/1e3, "p50-ms-late")
			b.ReportMetric(float64(late[len(late)*99/100].Microseconds())/1e3, "p99-ms-late")
		})
	}
}
