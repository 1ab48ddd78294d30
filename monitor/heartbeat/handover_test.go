package heartbeat_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/monitor/probe"
	"github.com/monitorink/monitorink/monitor/schedule"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
)

// A shard is a heartbeat that has some of the monitors of a location.
type sharded struct {
	t        *testing.T
	instance string
	dir      string
	j        *journal
	stop     func() error
}

func (s *sharded) start(all []data.Monitor, mine func(id string) bool) {
	s.t.Helper()
	state, err := heartbeat.OpenState(s.dir, "here", "")
	if err != nil {
		s.t.Fatal(err)
	}
	var list []data.Monitor
	for _, m := range all {
		if mine(m.ID) {
			list = append(list, m)
		}
	}
	h, err := heartbeat.New(s.t.Context(), heartbeat.Options{
		Location: "here", Instance: s.instance, Queue: s.j, Journal: s.j, State: state,
		Elsewhere: func(id string) bool { return !mine(id) },
		Probe:     probe.Options{Allow: func(netip.AddrPort) error { return errors.New("not in a test") }},
	}, list)
	if err != nil {
		s.t.Fatal(err)
	}
	end := run(s.t, h)
	s.stop = func() error { err := end(); state.Close(); return err }
}

func (s *sharded) end() {
	s.t.Helper()
	if err := s.stop(); err != nil {
		s.t.Fatal(err)
	}
}

// One heartbeat becomes two, in either order, and one again.
func TestMonitorsMoveBetweenHeartbeatsWithoutALostSlot(t *testing.T) {
	all := func(string) bool { return true }
	one := func(id string) bool { return id < "m5" }
	two := func(id string) bool { return id >= "m5" }
	none := func(string) bool { return false }
	for name, move := range map[string]func(a, b *sharded, list []data.Monitor){
		"the new one first": func(a, b *sharded, list []data.Monitor) {
			b.start(list, two)
			time.Sleep(time.Minute)
			a.end()
			time.Sleep(5 * time.Second)
			a.start(list, one)
			time.Sleep(5 * time.Minute)
		},
		"the old one first": func(a, b *sharded, list []data.Monitor) {
			a.end()
			time.Sleep(5 * time.Second)
			a.start(list, one)
			time.Sleep(3 * time.Minute)
			b.start(list, two)
			time.Sleep(5 * time.Minute)
		},
		"and back": func(a, b *sharded, list []data.Monitor) {
			b.start(list, two)
			a.end()
			a.start(list, one)
			time.Sleep(2 * time.Minute)
			b.end()
			b.start(list, none)
			time.Sleep(time.Minute)
			a.end()
			a.start(list, all)
			time.Sleep(10 * time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var list []data.Monitor
				for i := range 10 {
					list = append(list, monitor(fmt.Sprintf("m%d", i), "http://192.0.2.1/", time.Duration(1+i)*time.Second))
				}
				list[7].Paused = true
				a := &sharded{t: t, instance: "a", dir: t.TempDir(), j: newJournal()}
				b := &sharded{t: t, instance: "b", dir: t.TempDir(), j: newJournal()}
				a.start(list, all)
				time.Sleep(time.Minute)
				move(a, b, list)
				a.end()
				b.end()
				wantAllOnce(t, list, a, b)
			})
		})
	}
}

// wantAllOnce saves what both have written in one store, and wants each slot there.
func wantAllOnce(t *testing.T, list []data.Monitor, shards ...*sharded) {
	t.Helper()
	s, until := memory.New(memory.Options{}), time.Now()
	for _, h := range shards {
		events := h.j.wait(t, "", func([]data.Event) bool { return true })
		if refused, err := s.Save(context.Background(), events); err != nil || len(refused) > 0 {
			t.Fatal(refused, err)
		}
		if h.j.at.Before(until) {
			until = h.j.at
		}
	}
	for _, m := range list {
		history := pages(t, s.Registrations, m.ID)
		measured := map[time.Time]bool{}
		for _, e := range pages(t, s.Measurements, m.ID) {
			measured[e.Scheduled] = true
		}
		gaps, slots := pages(t, s.Gaps, m.ID), 0
		for slot := range schedule.Slots(history, history[len(history)-1].From, until) {
			slots++
			covered := false
			for _, g := range gaps {
				covered = covered || g.Covers(slot)
			}
			if !measured[slot.Scheduled] && !covered {
				t.Errorf("%s: %v is not accounted for", m.ID, slot.Scheduled)
			}
			delete(measured, slot.Scheduled)
		}
		for at := range measured {
			if at.Before(until) {
				t.Errorf("%s: %v was measured and is not a slot", m.ID, at)
			}
		}
		if history[0].Removed || slots < 6*60/10 {
			t.Errorf("%s: removed is %t, and there are %d slots", m.ID, history[0].Removed, slots)
		}
	}
}

func pages[E any](t *testing.T, list func(context.Context, store.Query) (store.Page[E], error), monitor string) (all []E) {
	t.Helper()
	for after := ""; ; {
		page, err := list(context.Background(), store.Query{Monitor: monitor, After: after, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Items...)
		if after = page.Next; after == "" {
			return all
		}
	}
}
