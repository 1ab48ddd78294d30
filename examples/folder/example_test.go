package folder_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/examples/folder"
	"github.com/monitorink/monitorink/monitor/collector"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
)

// A collector takes from a queue of one's own as from any other, into whatever store there is.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "folder")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it is an example
	q, err := folder.Open(dir, 1000)
	if err != nil {
		log.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 21, 48, 50, 120e6, time.UTC)
	m, err := queue.Encode(&data.Gap{
		Monitor: "shop", Location: "ber1", Instance: "hb-0", Version: "9f2c41d0", First: at, Last: at, Slots: 1, Reason: data.Stopped,
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := q.Publish(ctx, []queue.Message{m, {Key: "shop", Kind: data.KindGap, Value: []byte(`{"schema":"gap/1"}`)}}); err != nil {
		log.Fatal(err)
	}
	q.Finish() // nothing more comes, so that the collector has an end

	s, err := q.Subscribe()
	if err != nil {
		log.Fatal(err)
	}
	kept := memory.New(memory.Options{})
	if err := collector.New(collector.Options{Subscription: s, Store: kept}).Run(ctx); err != nil {
		log.Fatal(err)
	}
	gaps, err := kept.Gaps(ctx, store.Query{Monitor: "shop"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(gaps.Items), "saved:", gaps.Items[0].Reason)
	for _, d := range q.DeadLetters() {
		fmt.Println("set aside:", d.Err)
	}
	// Output:
	// 1 saved: stopped
	// set aside: malformed event: gap: monitor: it is empty
}
