package web_test

import (
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/web"
)

// The other tests stand in for the store; this one is of what a store answers.
func TestStatusOfWhatAStoreHolds(t *testing.T) {
	s, now := memory.New(memory.Options{}), time.Now().UTC().Truncate(time.Second)
	r := registration("shop", 0)
	r.From, r.Labels = now.Add(-time.Hour), map[string]string{"public": "yes", "title": "Shop"}
	events := []data.Event{r}
	for n := range 60 { // of which ten are down, and one missing
		at := now.Add(time.Duration(n-60) * 10 * time.Second)
		m := measurement("shop", n)
		if n >= 20 && n < 30 {
			m = failed("shop", n)
		}
		m.Scheduled, m.Started = at, at
		if n == 40 {
			events = append(events, &data.Gap{Monitor: "shop", Location: "ber1", First: at, Last: at, Slots: 1, Reason: data.Overload})
			continue
		}
		events = append(events, m)
	}
	if refused, err := s.Save(t.Context(), events); err != nil || len(refused) > 0 {
		t.Fatalf("save: %v, %v", refused, err)
	}
	h := web.New(web.Options{Store: s, Ending: closing(t), Status: web.StatusOptions{Labels: []string{"public:yes"}, Title: "Status"}})
	got := statusOf(t, h)
	if len(got.Monitors) != 1 || got.State != "up" || got.Monitors[0].Title != "Shop" || got.Monitors[0].Uptime == nil {
		t.Fatalf("%+v", got)
	}
	var sum [3]int64
	for _, day := range got.Monitors[0].Days {
		for i := range sum {
			sum[i] += day[i]
		}
	}
	if sum != [3]int64{49, 10, 1} || *got.Monitors[0].Uptime != 49./59 || got.Monitors[0].Coverage != 59./60 {
		t.Errorf("%v, uptime %v, coverage %v", sum, *got.Monitors[0].Uptime, got.Monitors[0].Coverage)
	}
	if i := got.Incidents; len(i) != 1 || i[0].To == nil || i[0].To.Sub(i[0].From) != 100*time.Second {
		t.Errorf("%+v", i)
	}
	if got := badgeOf(t, ask(t, h, "GET", "/badge/shop.svg?kind=uptime&period=24h")); got.says() != "uptime 24 h|83.05 %" {
		t.Errorf("%s", got.says())
	}
}
