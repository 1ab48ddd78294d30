package store_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
)

var began = time.Date(2026, 11, 23, 21, 48, 30, 120e6, time.UTC)

// sevenSlots are what became of a monitor's seven slots, ten seconds apart: up, down twice, not measured twice, up twice.
func sevenSlots() []data.Event {
	var all []data.Event
	slot := func(i int) time.Time { return began.Add(time.Duration(i) * 10 * time.Second) }
	for i, state := range []data.State{data.Up, data.Down, data.Down, "", "", data.Up, data.Up} {
		if state == "" {
			continue
		}
		m := &data.Measurement{
			Monitor: "shop", Location: "ber1", Instance: "hb-0", Version: "9f2c41d0", Scheduled: slot(i), Attempt: 1,
			State: state, Started: slot(i), Method: "GET", URL: "https://shop.example/health",
			Phases: data.Phases{Total: data.SpanOf(time.Duration(10+i) * time.Millisecond)},
		}
		if state == data.Down {
			m.Error = &data.Error{Kind: data.ErrRefused, Phase: "connect", Message: "connection refused"}
		}
		all = append(all, m)
	}
	return append(all, &data.Gap{
		Monitor: "shop", Location: "ber1", Instance: "hb-0", Version: "9f2c41d0",
		First: slot(3), Last: slot(4), Slots: 2, Reason: data.Stopped,
	})
}

// Events are saved in any order and any number of times, and the answers are the same.
func Example() {
	ctx := context.Background()
	backwards := sevenSlots()
	slices.Reverse(backwards)
	for _, batches := range [][][]data.Event{
		{sevenSlots()},
		{backwards, sevenSlots(), backwards[2:4]},
	} {
		var s store.Store = memory.New(memory.Options{})
		for _, batch := range batches {
			if refused, err := s.Save(ctx, batch); err != nil || len(refused) > 0 {
				fmt.Println(refused, err)
			}
		}
		sum, err := s.Summary(ctx, store.Query{Monitor: "shop"})
		fmt.Println(sum.Up, "up,", sum.Down, "down,", sum.Gaps[data.Stopped], "not measured, at most", sum.Max, err)
	}
	// Output:
	// 3 up, 2 down, 2 not measured, at most 16ms <nil>
	// 3 up, 2 down, 2 not measured, at most 16ms <nil>
}

// A list comes in pages, newest first.
func ExampleReader_Measurements() {
	ctx := context.Background()
	s := memory.New(memory.Options{})
	if _, err := s.Save(ctx, sevenSlots()); err != nil {
		fmt.Println(err)
	}
	q := store.Query{Monitor: "shop", From: began, To: began.Add(time.Minute), Limit: 2}
	for {
		page, err := s.Measurements(ctx, q)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, m := range page.Items {
			fmt.Println(m.Scheduled.Format("15:04:05"), m.State)
		}
		fmt.Println("-")
		if page.Next == "" {
			return
		}
		q.After = page.Next
	}
	// Output:
	// 21:49:20 up
	// 21:48:50 down
	// -
	// 21:48:40 down
	// 21:48:30 up
	// -
}

// A run of down is an incident; what was not measured does not end it.
func ExampleReader_Incidents() {
	ctx := context.Background()
	s := memory.New(memory.Options{})
	if _, err := s.Save(ctx, sevenSlots()); err != nil {
		fmt.Println(err)
	}
	page, err := s.Incidents(ctx, store.Query{Monitor: "shop"})
	if err != nil {
		fmt.Println(err)
	}
	for _, i := range page.Items {
		fmt.Println(i.Monitor, "at", i.Location, "was down for", i.To.Sub(i.From), "-", i.Down, "slots:", i.Cause.Kind)
	}
	// Output:
	// shop at ber1 was down for 40s - 2 slots: refused
}

// A series adds slots up in buckets of a step.
func ExampleReader_Series() {
	ctx := context.Background()
	s := memory.New(memory.Options{})
	if _, err := s.Save(ctx, sevenSlots()); err != nil {
		fmt.Println(err)
	}
	series, err := s.Series(ctx, store.SeriesQuery{Monitor: "shop", From: began, To: began.Add(2 * time.Minute), Step: store.Minute})
	if err != nil {
		fmt.Println(err)
	}
	for i := range series.Buckets {
		b := &series.Buckets[i]
		fmt.Println(b.From.Format("15:04"), b.Up, "up,", b.Down, "down,", b.Missed(), "not measured, mean", b.Total.Mean())
	}
	// Output:
	// 21:48 1 up, 2 down, 0 not measured, mean 10ms
	// 21:49 2 up, 0 down, 2 not measured, mean 15.5ms
}

// What has changed since a cursor is asked for again and again: by a page that is open, or by whoever tells others.
func ExampleReader_Changes() {
	ctx := context.Background()
	s := memory.New(memory.Options{})
	start, err := s.Changes(ctx, "")
	if err != nil {
		fmt.Println(err)
	}
	if _, err := s.Save(ctx, sevenSlots()); err != nil {
		fmt.Println(err)
	}
	now, err := s.Changes(ctx, start.Next)
	if err != nil {
		fmt.Println(err)
	}
	for _, m := range now.Items {
		fmt.Println(m.Monitor, "at", m.Location, "is", m.Last.State)
	}
	// Output:
	// shop at ber1 is up
}
