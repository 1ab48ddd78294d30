package memory_test

import (
	"context"
	"fmt"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
)

// What gives way is what is oldest, not what came first.
func Example() {
	ctx := context.Background()
	s := memory.New(memory.Options{Measurements: 3})
	at := time.Date(2026, 11, 23, 21, 0, 0, 0, time.UTC)
	for _, minute := range []int{5, 4, 3, 2, 1} {
		scheduled := at.Add(time.Duration(minute) * time.Minute)
		m := &data.Measurement{
			Monitor: "shop", Location: "ber1", Instance: "hb-0", Version: "9f2c41d0", Scheduled: scheduled, Attempt: 1,
			State: data.Up, Started: scheduled, Method: "GET", URL: "https://shop.example/health",
		}
		if refused, err := s.Save(ctx, []data.Event{m}); err != nil || len(refused) > 0 {
			fmt.Println(refused, err)
		}
	}
	page, err := s.Measurements(ctx, store.Query{Monitor: "shop"})
	for _, m := range page.Items {
		fmt.Println(m.Scheduled.Format("15:04"), m.State)
	}
	fmt.Println(s.Stats().Evicted, "gave way", err)
	// Output:
	// 21:05 up
	// 21:04 up
	// 21:03 up
	// 2 gave way <nil>
}
