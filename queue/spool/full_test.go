package spool_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/spool"
)

func bulk(n int) []queue.Message {
	all := make([]queue.Message, n)
	for i := range all {
		all[i] = queue.Message{Key: "bulk", Kind: data.KindMeasurement, Value: []byte(`"` + strings.Repeat("x", 1000) + `"`)}
	}
	return all
}

// fill publishes until there is no more room, and says how many.
func fill(t *testing.T, s *spool.Spool) (n int64) {
	t.Helper()
	for {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		err := s.Publish(ctx, bulk(1))
		cancel()
		if errors.Is(err, queue.ErrFull) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
}

func settle(t *testing.T, sub *spool.Subscription, n int64) {
	t.Helper()
	for range n {
		m, err := sub.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sub.Settle(m, queue.Outcome{Verdict: queue.Accepted})
	}
}

func TestCheckpointsFitAlwaysIntoAFullSpool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		o := spool.Options{Dir: "spool", FS: d, Size: 1 << 20}
		s, _, err := spool.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		n := fill(t, s)
		if st := s.Stats(); st.Bytes > o.Size-64<<10 {
			t.Errorf("%d of %d bytes are taken, which leaves too little for checkpoints", st.Bytes, o.Size)
		}
		var at time.Time
		for i := range 10000 {
			at = time.UnixMilli(int64(i))
			if err := s.Checkpoint(t.Context(), at); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if st := s.Stats(); st.Bytes > o.Size {
				t.Fatalf("%d bytes after %d checkpoints, more than %d", st.Bytes, i, o.Size)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s, found, err := spool.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		if !found.Checkpoint.Equal(at) || found.Unsettled != n {
			t.Errorf("found %+v, want the checkpoint %s and %d messages", found, at, n)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestFullSpoolGoesOnThoughTheCheckpointCannot: what waits for room holds the
// checkpoint back, and the checkpoint must not hold the room back.
func TestFullSpoolGoesOnThoughTheCheckpointCannot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		o := spool.Options{Dir: "spool", FS: d, Size: 1 << 20}
		s, _, err := spool.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		mark := time.Now().Add(-time.Hour)
		if err := s.Checkpoint(t.Context(), mark); err != nil {
			t.Fatal(err)
		}
		n := fill(t, s)
		result := make(chan error, 1)
		go func() { result <- s.Publish(t.Context(), bulk(900)) }() // awaited below
		synctest.Wait()
		if st := s.Stats(); !st.Full || st.Depth != n {
			t.Errorf("got %+v, want that it is full", st)
		}
		sub, _ := s.Subscribe()
		settle(t, sub, n)
		if err := <-result; err != nil {
			t.Errorf("publish: %v", err)
		}
		settle(t, sub, 900)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s, found, err := spool.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		if !found.Checkpoint.Equal(mark.Truncate(time.Millisecond)) || found.Unsettled != 0 {
			t.Errorf("found %+v, want the checkpoint %s", found, mark)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestFullDiskIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close() //nolint:errcheck // checked elsewhere
		publish(t, s, bulk(1)...)
		d.mu.Lock()
		d.room = 5000
		d.mu.Unlock()
		n := fill(t, s) + 1
		if err := s.Stats().Err; !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("stats tell %v, want %v", err, syscall.ENOSPC)
		}
		d.mu.Lock()
		d.room = 0
		d.mu.Unlock()
		result := make(chan error, 2)
		go func() { result <- s.Publish(t.Context(), bulk(2)) }()              // awaited below
		go func() { result <- s.Checkpoint(t.Context(), time.UnixMilli(1)) }() // awaited below
		time.Sleep(time.Minute)                                                // of the bubble
		select {
		case err := <-result:
			t.Fatalf("got %v while the disk was full", err)
		default:
		}
		d.mu.Lock()
		d.room = -1
		d.mu.Unlock()
		for range 2 {
			if err := <-result; err != nil {
				t.Errorf("got %v with room on the disk", err)
			}
		}
		if st := s.Stats(); st.Err != nil || st.Depth != n+2 {
			t.Errorf("got %+v, want %d messages and no error", st, n+2)
		}
		sub, _ := s.Subscribe()
		settle(t, sub, n+2)
	})
}

// TestSettledSegmentsMakeRoomOnAFullDisk: none of them is covered by the time of
// the checkpoint.
func TestSettledSegmentsMakeRoomOnAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d, SegmentSize: 5000})
		if err != nil {
			t.Fatal(err)
		}
		mark := time.Now().Add(-time.Hour)
		publish(t, s, bulk(20)...)
		publish(t, s, bulk(20)...)
		if err := s.Checkpoint(t.Context(), mark); err != nil {
			t.Fatal(err)
		}
		publish(t, s, bulk(20)...)
		sub, _ := s.Subscribe()
		settle(t, sub, 60)
		synctest.Wait()
		if n := d.segments(); n < 3 {
			t.Fatalf("%d segments, want all of them", n)
		}
		d.mu.Lock()
		d.room = 0
		d.mu.Unlock()
		publish(t, s, bulk(30)...)
		settle(t, sub, 30)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s, found, err := spool.Open(spool.Options{Dir: "spool", FS: d})
		if err != nil {
			t.Fatal(err)
		}
		if !found.Checkpoint.Equal(mark.Truncate(time.Millisecond)) || found.Unsettled != 0 {
			t.Errorf("found %+v, want the checkpoint %s", found, mark)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestFailedWritesAreTriedAgainElsewhere lets each kind of operation fail now and
// then: nothing is acknowledged that is not there, nothing is there twice.
func TestFailedWritesAreTriedAgainElsewhere(t *testing.T) {
	for _, op := range []string{"write", "sync", "create", "syncdir", "truncate", "remove"} {
		t.Run(op, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDisk()
				s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d, SegmentSize: 2000})
				if err != nil {
					t.Fatal(err)
				}
				count := 0
				unsure := map[string]bool{}
				d.mu.Lock()
				d.fail = func(o, name string) error {
					if o == "sync" && unsure[name] {
						t.Errorf("%s is synced again after that went wrong", name)
					}
					delete(unsure, map[bool]string{true: name}[o == "create"])
					if o != op && (o != "sync" || op != "truncate") || !strings.HasSuffix(name, ".segment") && op != "syncdir" {
						return nil
					}
					if count++; count%3 == 0 {
						return nil
					}
					unsure[name] = o == "sync"
					return syscall.EIO
				}
				d.mu.Unlock()
				for i := range 50 {
					publish(t, s, numbered(i, i+1)...)
				}
				d.mu.Lock()
				d.fail = nil
				d.mu.Unlock()
				sub, _ := s.Subscribe()
				for i := range 50 {
					m, err := sub.Next(t.Context())
					if want := string(numbered(i, i+1)[0].Value); err != nil || string(m.Value) != want {
						t.Fatalf("got %s, %v, want %s", m.Value, err, want)
					}
				}
				if err := s.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
				got, _ := contents(t, d.crash(rand.New(rand.NewPCG(1, 1))))
				for i, m := range numbered(0, 50) {
					if i >= len(got) || string(got[i].Value) != string(m.Value) {
						t.Fatalf("after a crash %d messages are left, and %d is not %s", len(got), i, m.Value)
					}
				}
			})
		})
	}
}

func TestMoreThanItCanHoldIsAnErrorAtOnce(t *testing.T) {
	s, _ := mustOpen(t, spool.Options{Dir: t.TempDir(), Size: 1 << 20})
	if err := s.Publish(t.Context(), bulk(2000)); err == nil || errors.Is(err, queue.ErrFull) {
		t.Errorf("got %v, want an error that is not about waiting", err)
	}
	large := queue.Message{Kind: data.KindGap, Value: make([]byte, 40<<20)}
	if err := s.Publish(t.Context(), []queue.Message{large}); err == nil {
		t.Error("took a message of 40 MiB")
	}
}

// TestACursorThatCannotBeWrittenKeepsNothingFull: what is settled is deleted all the
// same; a crash then only hands out again, or tells of damage that is none.
func TestACursorThatCannotBeWrittenKeepsNothingFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d, Size: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		d.fail = func(_, name string) error {
			if name == "cursor.new" {
				return syscall.EIO
			}
			return nil
		}
		sub, _ := s.Subscribe()
		for range 6 {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			for range 40 {
				if err := s.Publish(ctx, bulk(10)); err != nil {
					t.Fatal(err)
				}
				settle(t, sub, 10)
			}
			cancel()
		}
		d.fail = nil
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
