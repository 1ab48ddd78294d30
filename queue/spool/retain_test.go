package spool_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/spool"
)

func (d *disk) segments() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name := range d.names {
		if strings.HasSuffix(name, ".segment") {
			n++
		}
	}
	return n
}

// TestSegmentGoesOnlyWhenSettledAndCovered: a segment holds one message here.
func TestSegmentGoesOnlyWhenSettledAndCovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d, SegmentSize: 1})
		if err != nil {
			t.Fatal(err)
		}
		sub, _ := s.Subscribe()
		want := func(n int, why string) {
			t.Helper()
			synctest.Wait()
			if got := d.segments(); got != n {
				t.Fatalf("%d segments, want %d: %s", got, n, why)
			}
		}
		start := time.Now()
		for i := range 5 {
			publish(t, s, numbered(i, i+1)...)
			time.Sleep(time.Second) // of the bubble
		}
		settle(t, sub, 3)
		want(5, "settled, and no checkpoint")
		check := func(after time.Duration) {
			t.Helper()
			if err := s.Checkpoint(t.Context(), start.Add(after)); err != nil {
				t.Fatal(err)
			}
		}
		check(-time.Second)
		want(6, "all were written after the checkpoint's instant")
		check(time.Second)
		want(4, "two of three settled messages are covered, and the first checkpoint is not the newest")
		check(time.Hour)
		want(3, "the third as well; two are not settled")
		settle(t, sub, 2)
		want(1, "only the newest checkpoint is left")
		publish(t, s, numbered(5, 6)...)
		settle(t, sub, 1)
		want(2, "what comes after the newest checkpoint stays")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestRestartKeepsTheRules: the times of messages are known after a restart too.
func TestRestartKeepsTheRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		o := spool.Options{Dir: "spool", FS: d, SegmentSize: 1}
		s, _, err := spool.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		publish(t, s, numbered(0, 1)...)
		first := time.Now()
		time.Sleep(time.Second) // of the bubble
		publish(t, s, numbered(1, 2)...)
		sub, _ := s.Subscribe()
		settle(t, sub, 2)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s, _, err = spool.Open(o); err != nil {
			t.Fatal(err)
		}
		if err := s.Checkpoint(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		var left []string
		if err := s.Replay(func(m queue.Message) error { left = append(left, string(m.Value)); return nil }); err != nil {
			t.Fatal(err)
		}
		if len(left) != 1 || left[0] != `{"n":1}` {
			t.Errorf("replayed %v, want only the second message", left)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCursorIsWrittenWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d})
		if err != nil {
			t.Fatal(err)
		}
		publish(t, s, numbered(0, 10)...)
		sub, _ := s.Subscribe()
		settle(t, sub, 7)
		time.Sleep(1100 * time.Millisecond) // of the bubble
		files := map[string][]byte{}
		d.mu.Lock()
		for name, n := range d.names {
			files[name] = n.data
		}
		d.mu.Unlock()
		if got, _ := contents(t, restore(files)); len(got) != 3 {
			t.Errorf("the next process would be handed %d messages, want 3", len(got))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWindowIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, err := spool.Open(spool.Options{Dir: "spool", FS: newDisk(), InFlight: 4})
		if err != nil {
			t.Fatal(err)
		}
		publish(t, s, numbered(0, 10)...)
		sub, _ := s.Subscribe()
		var held []queue.Message
		for range 4 {
			m, err := sub.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, m)
		}
		got := make(chan queue.Message)
		go func() { // awaited below
			m, _ := sub.Next(t.Context())
			got <- m
		}()
		sub.Settle(held[1], queue.Outcome{Verdict: queue.Accepted}) // it waits behind the first
		synctest.Wait()
		select {
		case m := <-got:
			t.Fatalf("got %s with a full window", m.Value)
		default:
		}
		time.Sleep(time.Hour) // of the bubble
		if st := s.Stats(); st.Oldest != time.Hour || st.Depth != 9 {
			t.Errorf("got %+v, want the oldest of an hour, and a depth of 9", st)
		}
		sub.Settle(held[0], queue.Outcome{Verdict: queue.Accepted})
		if m := <-got; string(m.Value) != `{"n":4}` {
			t.Errorf("got %s", m.Value)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestLargeValuesInFlightAreBounded(t *testing.T) {
	s, _ := mustOpen(t, spool.Options{Dir: t.TempDir()})
	for range 5 {
		publish(t, s, queue.Message{Key: "large", Value: make([]byte, 16<<20)})
	}
	sub, _ := s.Subscribe()
	for range 4 {
		if _, err := sub.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := sub.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v with 64 MiB in flight, want that Next waits", err)
	}
}

func TestSyncDelayGathersPublishers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d, SyncDelay: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		syncs := 0
		d.mu.Lock()
		d.fail = func(op, name string) error {
			if op == "sync" && strings.HasSuffix(name, ".segment") {
				syncs++
			}
			return nil
		}
		d.mu.Unlock()
		result := make(chan error)
		for i := range 20 {
			go func() { // awaited below
				time.Sleep(time.Duration(i) * time.Millisecond) // of the bubble
				result <- s.Publish(t.Context(), numbered(i, i+1))
			}()
		}
		start := time.Now()
		for range 20 {
			if err := <-result; err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(start); took != 50*time.Millisecond || syncs != 1 {
			t.Errorf("took %s and %d fsyncs, want 50ms and one", took, syncs)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
