package heartbeat_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
)

// Four probes at once against a target that takes 20 ms, and 450 slots a second:
// less than half can run.
func TestOverloadIsSharedFairly(t *testing.T) {
	var atOnce, most atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		n := atOnce.Add(1)
		defer atOnce.Add(-1)
		for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-r.Context().Done():
		}
	}))
	defer target.Close()
	var monitors []data.Monitor
	for i := range 30 {
		monitors = append(monitors, monitor(fmt.Sprint("often-", i), target.URL, 100*time.Millisecond))
	}
	for i := range 150 {
		monitors = append(monitors, monitor(fmt.Sprint("seldom-", i), target.URL, time.Second))
	}
	for i := range monitors {
		monitors[i].Timeout = data.Duration(time.Second) // the machine of a test may be slow
	}
	j := newJournal()
	h, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: j, InFlight: 4}, monitors)
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, h)
	j.wait(t, "400 measurements", func(e []data.Event) bool { return len(e) > 400+len(monitors) && h.Stats().Up > 400 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if n := most.Load(); n > 4 {
		t.Errorf("%d probes at once, with 4 allowed", n)
	}
	ran, slots := map[string]float64{}, map[string]float64{}
	var allRan, all float64
	for _, m := range j.events() {
		e, err := data.Decode(m.Value)
		if err != nil {
			t.Fatal(err)
		}
		switch e := e.(type) {
		case *data.Measurement:
			ran[e.Monitor]++
			slots[e.Monitor]++
			allRan, all = allRan+1, all+1
			if e.Late > min(interval(monitors, e.Monitor), 10*time.Second)+time.Second {
				t.Errorf("%s began %v late", e.Monitor, e.Late)
			}
		case *data.Gap:
			slots[e.Monitor] += float64(e.Slots)
			all += float64(e.Slots)
		}
	}
	share := allRan / all
	if share > 0.8 {
		t.Fatalf("%.2f of all slots ran: that is no overload", share)
	}
	for id, n := range slots {
		if want := share * n; ran[id] < 0.7*want-1.5 || ran[id] > 1.4*want+1.5 {
			t.Errorf("%s ran %.0f of %.0f slots, and all together %.2f", id, ran[id], n, share)
		}
	}
}

func interval(monitors []data.Monitor, id string) time.Duration {
	for i := range monitors {
		if monitors[i].ID == id {
			return monitors[i].Schedule.Every.D()
		}
	}
	return 0
}
