package heartbeat_test

import (
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
)

func stoppedSlots(gaps []*data.Gap) (n int64) {
	for _, g := range gaps {
		n += g.Slots
	}
	return n
}

func TestResetLetsAHeartbeatProbeThatTheOldCheckpointHeldBack(t *testing.T) {
	dir, j := t.TempDir(), newJournal()
	m, now := monitor("a", "http://127.0.0.1:1/", 100*time.Millisecond), data.Millis(time.Now())
	state, err := heartbeat.OpenState(dir, "here", "")
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	gone, year := now.Add(-time.Hour), 365*24*time.Hour
	if err := state.Save([]heartbeat.Definition{heartbeat.Define(&m, now.Add(year)), heartbeat.Remove("b", gone)}); err != nil {
		t.Fatal(err)
	}
	j.at = now.Add(year)
	if gaps, err := heartbeat.Missed(j, state, now); err != nil || len(gaps) > 0 {
		t.Errorf("missed %v, %v, and the checkpoint is ahead", gaps, err)
	}
	if n, err := heartbeat.Reset(t.Context(), j, state, "i", now); n != 1 || err != nil || !j.at.Equal(now) {
		t.Errorf("reset changed %d definitions, %v; the checkpoint is %v, want 1 and %v", n, err, j.at, now)
	}
	for _, d := range state.Definitions() {
		if d.From.After(now) || d.ID == "b" && !d.From.Equal(gone) {
			t.Errorf("after it: %+v", d)
		}
	}
	h, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: j, Journal: j, State: state}, []data.Monitor{m})
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, h)
	j.wait(t, "a measurement", func(events []data.Event) bool { return len(measured(events, "a")) > 0 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

func TestResetWithoutNeedLosesNoSlot(t *testing.T) {
	state, err := heartbeat.OpenState(t.TempDir(), "here", "")
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	m, now := monitor("a", "http://127.0.0.1:1/", time.Second), data.Millis(time.Now())
	if err := state.Save([]heartbeat.Definition{heartbeat.Define(&m, now.Add(-time.Hour))}); err != nil {
		t.Fatal(err)
	}
	j := newJournal()
	j.at = now.Add(-time.Minute)
	if gaps, err := heartbeat.Missed(j, state, now.Add(time.Millisecond)); err != nil || stoppedSlots(gaps) != 60 || len(j.events()) > 0 {
		t.Fatalf("missed %v, %v, want 60 slots, and nothing written", gaps, err)
	}
	if _, err := heartbeat.Reset(t.Context(), j, state, "i", now); err != nil {
		t.Fatal(err)
	}
	var gaps []*data.Gap
	for _, e := range j.wait(t, "", func([]data.Event) bool { return true }) {
		gaps = append(gaps, e.(*data.Gap))
	}
	if stoppedSlots(gaps) != 60 || gaps[0].Reason != data.Stopped || gaps[0].Instance != "i" {
		t.Errorf("written %+v, want 60 slots that are stopped", gaps)
	}
	if left, err := heartbeat.Missed(j, state, now.Add(time.Millisecond)); err != nil || len(left) > 0 {
		t.Errorf("then missed %v, %v", left, err)
	}
}
