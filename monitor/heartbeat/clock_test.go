package heartbeat_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/monitor/probe"
	"github.com/monitorink/monitorink/monitor/schedule"
)

// A stepped is a heartbeat in synctest's time, with a wall clock that can be set,
// and with probes that end at once.
type stepped struct {
	*heartbeat.Heartbeat
	j    *journal
	dir  string
	off  atomic.Int64
	log  bytes.Buffer // complete once it has stopped
	stop func() error
}

func newStepped(t *testing.T, at time.Time, monitors ...data.Monitor) *stepped {
	t.Helper()
	s := &stepped{j: newJournal(), dir: t.TempDir()}
	s.j.at = at
	state, err := heartbeat.OpenState(s.dir, "here", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { state.Close() })
	s.Heartbeat, err = heartbeat.New(t.Context(), heartbeat.Options{
		Location: "here", Instance: "i", Queue: s.j, Journal: s.j, State: state,
		Clock:  schedule.Clock{Wall: s.now},
		Probe:  probe.Options{Allow: func(netip.AddrPort) error { return errors.New("not in a test") }},
		Logger: slog.New(slog.NewTextHandler(&s.log, nil)),
	}, monitors)
	if err != nil {
		t.Fatal(err)
	}
	s.stop = run(t, s.Heartbeat)
	return s
}

func (s *stepped) now() time.Time { return time.Now().Add(time.Duration(s.off.Load())) }

func (s *stepped) set(off time.Duration) { s.off.Store(int64(off)) }

// account ends the heartbeat, and says how often each slot of m up to the last
// checkpoint was measured or is in a gap other than once.
func (s *stepped) account(t *testing.T, m data.Monitor, from time.Time) (measuredSlots int, gaps []*data.Gap) {
	t.Helper()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	events := s.j.wait(t, "", func([]data.Event) bool { return true })
	at := map[time.Time]int{}
	for _, e := range measured(events, m.ID) {
		at[e.Scheduled]++
		measuredSlots++
		if late := e.Late; late > 2*time.Second {
			t.Errorf("the slot %v began %v late", e.Scheduled, late)
		}
	}
	for _, e := range events {
		if g, ok := e.(*data.Gap); ok && g.Monitor == m.ID {
			gaps = append(gaps, g)
		}
	}
	history := []*data.Registration{m.Register("here", "i", from)}
	for slot := range schedule.Slots(history, from, s.j.at.Add(time.Millisecond)) {
		n := at[slot.Scheduled]
		for _, g := range gaps {
			if g.Covers(slot) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%v is accounted for %d times", slot.Scheduled, n)
		}
	}
	return measuredSlots, gaps
}

func TestEverySlotIsAccountedForOnceWhileTheClockIsSet(t *testing.T) {
	for name, test := range map[string]struct {
		offs  []time.Duration // one after another, for 25 s each
		clock int64           // slots in gaps with reason clock, at most and, when held, at least
		held  bool
	}{
		"forward, and it holds":  {offs: []time.Duration{time.Hour, time.Hour, time.Hour}, clock: 3600, held: true},
		"forward, and undone":    {offs: []time.Duration{time.Hour, 0, 0, 0}, clock: 25},
		"forward, and half back": {offs: []time.Duration{time.Hour, 30 * time.Minute, 30 * time.Minute, 30 * time.Minute}, clock: 1826, held: true},
		"back":                   {offs: []time.Duration{-time.Minute, -time.Minute, 0}, clock: 50},
		"NTP":                    {offs: []time.Duration{900 * time.Millisecond, 200 * time.Millisecond, 600 * time.Millisecond}, clock: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := monitor("a", "http://127.0.0.1:1/", time.Second)
				from := data.Millis(time.Now())
				s := newStepped(t, time.Time{}, m)
				time.Sleep(25*time.Second + 300*time.Millisecond)
				for _, off := range test.offs {
					s.set(off)
					time.Sleep(25 * time.Second)
				}
				time.Sleep(61 * time.Second)
				if now, at := s.now(), s.Stats().Checkpoint; at.Before(now.Add(-3 * time.Second)) {
					t.Errorf("the checkpoint is %v at %v", at, now)
				}
				n, gaps := s.account(t, m, from)
				if n < 60 {
					t.Errorf("only %d slots were measured", n)
				}
				clock := int64(0)
				for _, g := range gaps {
					if clock += g.Slots; g.Reason != data.Clock {
						t.Errorf("%+v", g)
					}
				}
				if clock > test.clock || test.held && clock < test.clock-27 {
					t.Errorf("%d slots are the clock's fault, want %d", clock, test.clock)
				}
			})
		})
	}
}

func TestAClockFarBehindIsToldAndSaysWhenItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := monitor("a", "http://127.0.0.1:1/", time.Second)
		ahead := data.Millis(time.Now().Add(6 * time.Minute))
		s := newStepped(t, ahead, m)
		time.Sleep(10 * time.Second)
		if st := s.Stats(); st.Behind < heartbeat.MaxBehind || !st.Accounted.Equal(ahead) || st.Down > 0 {
			t.Errorf("behind the checkpoint: %+v", st)
		}
		time.Sleep(6 * time.Minute)
		if st := s.Stats(); st.Behind != 0 || st.Down == 0 {
			t.Errorf("once it has caught up: %+v", st)
		}
		s.set(-time.Hour)
		time.Sleep(10 * time.Second)
		if st := s.Stats(); st.Behind < 59*time.Minute || st.ClockBack != 1 || st.ClockForward != 0 {
			t.Errorf("after a step back: %+v", st)
		}
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
		for want, n := range map[string]int{"the clock is behind what": 2, "probing goes on": 1, "was set back": 1, "heartbeat ledger reset": 2} {
			if got := strings.Count(s.log.String(), want); got != n {
				t.Errorf("the log says %q %d times, want %d:\n%s", want, got, n, &s.log)
			}
		}
	})
}

// Else it would hold from a time that never comes, and so would all that follow.
func TestAReloadDoesNotGoByAClockThatIsNotBelieved(t *testing.T) {
	for name, seen := range map[string]time.Duration{"not seen yet": 0, "seen": 5 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := monitor("m", "http://192.0.2.1/", time.Second)
				s := newStepped(t, time.Now().Add(-time.Second), m)
				time.Sleep(10 * time.Second)
				s.set(1000 * time.Hour)
				time.Sleep(seen)
				edited := m
				edited.Timeout = data.Duration(300 * time.Millisecond)
				did, err := s.Reload(t.Context(), []data.Monitor{edited})
				if err == nil {
					t.Errorf("it holds from %v", time.Until(did.At))
				}
				s.set(0)
				time.Sleep(5 * time.Second)
				if did, err = s.Reload(t.Context(), []data.Monitor{edited}); err != nil || time.Until(did.At) > time.Second {
					t.Errorf("once it is back: from %v, %v", time.Until(did.At), err)
				}
				s.set(1000 * time.Hour)
				time.Sleep(65 * time.Second)
				if did, err = s.Reload(t.Context(), []data.Monitor{m}); err != nil || did.At.Sub(s.now()) > time.Second {
					t.Errorf("once it is believed: from %v, %v", did.At.Sub(s.now()), err)
				}
				if err := s.stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
