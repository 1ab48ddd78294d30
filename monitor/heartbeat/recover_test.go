package heartbeat_test

import (
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/monitor/schedule"
	"github.com/monitorink/monitorink/queue"
)

func TestStartCountsWhatWasMissedAndNotWhatTheSpoolHolds(t *testing.T) {
	state, err := heartbeat.OpenState(t.TempDir(), "", "here")
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	m := monitor("a", "http://127.0.0.1:1/", time.Second)
	now := data.Millis(time.Now())
	since := now.Add(-time.Minute)
	from := now.Add(-time.Hour)
	if err := state.Save([]heartbeat.Definition{heartbeat.Define(&m, from)}); err != nil {
		t.Fatal(err)
	}
	j := newJournal()
	j.at = since
	history := []*data.Registration{m.Register("here", "old", from)}
	var measuredSlots, gapSlots int64
	n := 0
	for s := range schedule.Slots(history, since.Add(time.Millisecond), now.Add(-30*time.Second)) {
		var e data.Event
		switch n++; n % 3 {
		case 0: // neither: it was under way when the process died
			continue
		case 1:
			e = &data.Measurement{
				Monitor: "a", Location: "here", Instance: "old", Version: m.Version(), Scheduled: s.Scheduled,
				Attempt: 1, State: data.Up, Started: s.Scheduled,
			}
			measuredSlots++
		case 2:
			e = &data.Gap{Monitor: "a", Location: "here", Instance: "old", Version: m.Version(), First: s.Scheduled, Last: s.Scheduled, Slots: 1, Reason: data.Overload}
			gapSlots++
		}
		msg, err := queue.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		j.records = append(j.records, msg)
	}
	if _, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "new", Queue: j, Journal: j, State: state}, []data.Monitor{m}); err != nil {
		t.Fatal(err)
	}
	until, _ := j.Recovered()
	if until.Before(now.Add(-time.Millisecond)) {
		t.Errorf("the checkpoint is %v, before the start", until)
	}
	total := schedule.Span(history, since.Add(time.Millisecond), until.Add(time.Millisecond)).Slots
	stopped := int64(0)
	for _, e := range j.wait(t, "", func([]data.Event) bool { return true }) {
		switch e := e.(type) {
		case *data.Gap:
			if e.Reason == data.Stopped {
				stopped += e.Slots
				if n := schedule.Span(history, e.First, e.Last.Add(time.Millisecond)).Slots; n != e.Slots {
					t.Errorf("a gap of %d slots covers %d: it takes known ones along", e.Slots, n)
				}
			}
		case *data.Registration:
			if !e.From.Equal(from) {
				t.Errorf("what has not changed is registered from %v, want %v", e.From, from)
			}
		}
	}
	if want := total - measuredSlots - gapSlots; stopped != want {
		t.Errorf("%d slots are stopped, want %d: %d, less %d measured and %d in gaps", stopped, want, total, measuredSlots, gapSlots)
	}
}

func TestAClockBehindTheCheckpointRepeatsNothing(t *testing.T) {
	state, err := heartbeat.OpenState(t.TempDir(), "", "here")
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	m := monitor("a", "http://127.0.0.1:1/", time.Second)
	j := newJournal()
	j.at = data.Millis(time.Now().Add(time.Hour))
	before := j.at
	if _, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: j, Journal: j, State: state}, []data.Monitor{m}); err != nil {
		t.Fatal(err)
	}
	if j.at.Before(before) {
		t.Errorf("the checkpoint went from %v back to %v", before, j.at)
	}
	for _, e := range j.wait(t, "", func([]data.Event) bool { return true }) {
		if r, ok := e.(*data.Registration); ok && !r.From.After(before) {
			t.Errorf("the definition is registered from %v, which is accounted for", r.From)
		}
	}
}

// TestWhatWasPersistedAndNotAnnouncedIsAnnouncedBeforeItIsForgotten: an earlier
// process died between the two, and the file has been edited since.
func TestWhatWasPersistedAndNotAnnouncedIsAnnouncedBeforeItIsForgotten(t *testing.T) {
	state, err := heartbeat.OpenState(t.TempDir(), "", "here")
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	old, from := monitor("a", "http://127.0.0.1:1/old", time.Second), data.Millis(time.Now().Add(-time.Hour))
	if err := state.Save([]heartbeat.Definition{heartbeat.Define(&old, from), heartbeat.Remove("gone", from)}); err != nil {
		t.Fatal(err)
	}
	j := newJournal()
	edited := []data.Monitor{monitor("a", "http://127.0.0.1:1/new", time.Second)}
	if _, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: j, Journal: j, State: state}, edited); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, e := range j.wait(t, "", func([]data.Event) bool { return true }) {
		if r, ok := e.(*data.Registration); ok {
			seen[r.URL]++
			if r.URL != edited[0].URL && !r.From.Equal(from) {
				t.Errorf("%q is announced from %v, want %v", r.URL, r.From, from)
			}
		}
	}
	if seen[old.URL] != 1 || seen[edited[0].URL] != 1 || seen[""] != 1 {
		t.Errorf("announced by URL: %v, want the old, the new and the removal, once each", seen)
	}
}
