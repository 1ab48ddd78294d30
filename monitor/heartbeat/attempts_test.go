package heartbeat_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
)

// always is more failures than any test makes requests.
const always = 1 << 30

// fails returns a server that answers with 500 n times, then once with 200, and so on.
func fails(t *testing.T, n int64) *httptest.Server {
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1)%(n+1) != 0 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func retried(id, url string, every, delay time.Duration) data.Monitor {
	m := monitor(id, url, every)
	m.Timeout = data.Duration(5 * time.Second) // the machine of a test may be slow
	m.Expect.Status = []data.StatusRange{{From: 200, To: 299}}
	m.Attempts, m.AttemptDelay = 3, data.Duration(delay)
	return m
}

// bySlot lists the attempts of each slot of a monitor, in their order.
func bySlot(events []data.Event, monitor string) map[time.Time][]*data.Measurement {
	slots := map[time.Time][]*data.Measurement{}
	for _, m := range measured(events, monitor) {
		slots[m.Scheduled] = append(slots[m.Scheduled], m)
	}
	for _, list := range slots {
		slices.SortFunc(list, func(a, b *data.Measurement) int { return a.Attempt - b.Attempt })
	}
	return slots
}

func TestEachAttemptHasAMeasurementAndTheFirstUpIsTheLast(t *testing.T) {
	const delay = 20 * time.Millisecond
	var monitors []data.Monitor
	want := map[string]string{}
	for n, attempts := range map[int64]string{0: " 1:up", 1: " 1:down 2:up", 2: " 1:down 2:down 3:up", always: " 1:down 2:down 3:down"} {
		id := fmt.Sprint("fails-", n)
		want[id] = attempts
		monitors = append(monitors, retried(id, fails(t, n).URL, time.Second, delay))
	}
	j := newJournal()
	h, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: j}, monitors)
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, h)
	events := j.wait(t, "two slots of each", func(events []data.Event) bool {
		for id := range want {
			if len(bySlot(events, id)) < 3 { // so that the first two are over
				return false
			}
		}
		return true
	})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	for id, want := range want {
		slots := bySlot(events, id)
		delete(slots, slices.MaxFunc(measured(events, id), func(a, b *data.Measurement) int { return a.Scheduled.Compare(b.Scheduled) }).Scheduled)
		for at, list := range slots {
			got := ""
			for i, m := range list {
				got += fmt.Sprintf(" %d:%s", m.Attempt, m.State)
				if i > 0 {
					checkDelay(t, list[i-1], m, delay)
				}
			}
			if got != want {
				t.Errorf("%s %v:%s, want%s", id, at, got, want)
			}
		}
	}
}

// checkDelay looks whether m began delay after the end of before, and whether its
// lateness is its own.
func checkDelay(t *testing.T, before, m *data.Measurement, delay time.Duration) {
	t.Helper()
	if pause := m.Started.Sub(before.Started.Add(before.Phases.Total.D())); pause < delay-time.Millisecond {
		t.Errorf("%s %v: attempt %d began %v after the end of the one before, want %v", m.Monitor, m.Scheduled, m.Attempt, pause, delay)
	}
	if since := m.Started.Sub(m.Scheduled); m.Late > since-delay {
		t.Errorf("%s %v: attempt %d is %v late, and began %v after its slot: that counts the delay", m.Monitor, m.Scheduled, m.Attempt, m.Late, since)
	}
}

// One probe at once: were a wait to hold the place, hardly anything would run.
func TestAttemptsThatWaitHoldNoPlace(t *testing.T) {
	var monitors []data.Monitor
	down := fails(t, always)
	for i := range 100 {
		monitors = append(monitors, retried(fmt.Sprint("down-", i), down.URL, 3*time.Second, time.Second))
	}
	monitors = append(monitors, monitor("good", fails(t, 0).URL, 100*time.Millisecond))
	j := newJournal()
	h, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: j, InFlight: 1}, monitors)
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, h)
	events := j.wait(t, "a third attempt of each", func(events []data.Event) bool {
		thirds := map[string]bool{}
		for _, e := range events {
			if m, ok := e.(*data.Measurement); ok && m.Attempt == 3 {
				thirds[m.Monitor] = true
			}
		}
		return len(thirds) == 100
	})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	list := measured(events, "good")
	span := list[len(list)-1].Scheduled.Sub(list[0].Scheduled)
	if slots := int(span/(100*time.Millisecond)) + 1; len(list) < slots/2 {
		t.Errorf("of %d slots of the good one %d were measured", slots, len(list))
	}
}

// The second attempt hangs: its slot is accounted for all the same, also after a
// restart, and the next ones are an overlap.
func TestASlotIsAccountedForByItsFirstAttempt(t *testing.T) {
	release := make(chan struct{})
	var asked atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) > 1 {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer target.Close()
	dir, j := t.TempDir(), newJournal()
	m := retried("m", target.URL, 200*time.Millisecond, 10*time.Millisecond)
	m.Timeout = data.Duration(time.Minute)
	start := func() (*heartbeat.Heartbeat, *heartbeat.State) {
		state, err := heartbeat.OpenState(dir, "", "here")
		if err != nil {
			t.Fatal(err)
		}
		h, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: j, Journal: j, State: state}, []data.Monitor{m})
		if err != nil {
			t.Fatal(err)
		}
		return h, state
	}
	h, state := start()
	stop := run(t, h)
	events := j.wait(t, "an overlap that lasts", func(events []data.Event) bool {
		for _, e := range events {
			if g, ok := e.(*data.Gap); ok && g.Reason == data.Overlap && g.Slots > 3 {
				return true
			}
		}
		return false
	})
	first := measured(events, "m")
	if len(first) != 1 || first[0].Attempt != 1 {
		t.Fatalf("%d measurements, want the first attempt alone", len(first))
	}
	j.wait(t, "a checkpoint above the slot", func([]data.Event) bool { return !h.Stats().Checkpoint.Before(first[0].Scheduled) })
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }() // waited for below
	close(release)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	state.Close()
	_, state = start()
	defer state.Close()
	for _, e := range j.wait(t, "", func([]data.Event) bool { return true }) {
		if g, ok := e.(*data.Gap); ok && g.Covers(first[0].Slot()) {
			t.Errorf("the slot %v has a measurement, and is in the gap %+v", first[0].Scheduled, g)
		}
	}
}
