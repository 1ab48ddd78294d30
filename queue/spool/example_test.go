package spool_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/spool"
)

// A message is handed out until it is settled, by the next process as well.
func Example() {
	dir, err := os.MkdirTemp("", "spool")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it is an example
	ctx := context.Background()
	for process := range 2 {
		s, found, err := spool.Open(spool.Options{Dir: dir})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("found", found.Unsettled)
		if process == 0 {
			m := queue.Message{Key: "shop", Kind: data.KindMeasurement, Value: []byte(`{"n":1}`)}
			if err := s.Publish(ctx, []queue.Message{m}); err != nil {
				log.Fatal(err)
			}
		}
		sub, err := s.Subscribe()
		if err != nil {
			log.Fatal(err)
		}
		m, err := sub.Next(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.Key, string(m.Value))
		if process == 1 {
			sub.Settle(m, queue.Outcome{Verdict: queue.Accepted})
			fmt.Println("left", s.Stats().Depth)
		}
		if err := s.Close(); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// found 0
	// shop {"n":1}
	// found 1
	// shop {"n":1}
	// left 0
}
