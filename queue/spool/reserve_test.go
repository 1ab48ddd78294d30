package spool_test

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/spool"
)

func (d *disk) setRoom(n int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room = n
}

func (d *disk) size(name string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := d.names[filepath.Join("spool", name)]; n != nil {
		return len(n.data)
	}
	return -1
}

// TestDiskThatTheSpoolHasFilledGoesOnOnceItIsCollected: all is in the newest
// segment, behind a checkpoint that holds it, and there is no byte left.
func TestDiskThatTheSpoolHasFilledGoesOnOnceItIsCollected(t *testing.T) {
	for _, restart := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			d := newDisk()
			o := spool.Options{Dir: "spool", FS: d}
			s, _, err := spool.Open(o)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.size("reserve"); got != 256<<10 {
				t.Errorf("the reserve has %d bytes, want 256 KiB", got)
			}
			mark := time.Now().Add(-time.Hour)
			if err := s.Checkpoint(t.Context(), mark); err != nil {
				t.Fatal(err)
			}
			d.setRoom(100_000)
			n := fill(t, s)
			d.setRoom(0)
			if restart {
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if s, _, err = spool.Open(o); err != nil {
					t.Fatal(err)
				}
			}
			result := make(chan error, 1)
			go func() { result <- s.Publish(t.Context(), bulk(3)) }() // awaited below
			time.Sleep(time.Minute)                                   // of the bubble
			if d.size("reserve") <= 0 {
				t.Error("the reserve was spent on what makes no room")
			}
			sub, _ := s.Subscribe()
			settle(t, sub, n)
			if err := <-result; err != nil {
				t.Errorf("publish: %v", err)
			}
			settle(t, sub, 3)
			if got := d.size("reserve"); got <= 0 {
				t.Errorf("the reserve is not made again: %d bytes", got)
			}
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			s, found, err := spool.Open(o)
			if err != nil {
				t.Fatal(err)
			}
			if !found.Checkpoint.Equal(mark.Truncate(time.Millisecond)) || found.Unsettled != 0 || found.Damaged {
				t.Errorf("found %+v, want the checkpoint %s", found, mark)
			}
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
}

// TestCursorAndDeadLettersFitOnAFullDisk: a refusal on a full disk must not keep what
// is behind it.
func TestCursorAndDeadLettersFitOnAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d})
		if err != nil {
			t.Fatal(err)
		}
		publish(t, s, numbered(0, 10)...)
		d.setRoom(0)
		sub, _ := s.Subscribe()
		m, err := sub.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sub.Settle(m, queue.Outcome{Verdict: queue.Refused, Err: errors.New("poison")})
		settle(t, sub, 9)
		time.Sleep(3 * time.Second) // of the bubble
		if st := s.Stats(); st.DeadLetters != 1 || st.Depth != 0 || st.Err != nil {
			t.Errorf("got %+v, want one dead letter and nothing left", st)
		}
		if got := d.size("reserve"); got <= 0 {
			t.Errorf("the reserve has %d bytes, want what there is room for", got)
		}
		d.setRoom(-1)
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		s, found, err := spool.Open(spool.Options{Dir: "spool", FS: d, Size: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close() //nolint:errcheck // checked elsewhere
		if found.Unsettled != 0 {
			t.Errorf("found %+v, want that the cursor is at the end", found)
		}
	})
}

// TestRoomIsMadeThoughNoMessageWaits: another file on that disk may need it.
func TestRoomIsMadeThoughNoMessageWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close() //nolint:errcheck // checked elsewhere
		if err := s.Checkpoint(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		publish(t, s, bulk(100)...)
		d.setRoom(0)
		sub, _ := s.Subscribe()
		settle(t, sub, 100)
		time.Sleep(5 * time.Second) // of the bubble
		free := func() int64 {
			d.mu.Lock()
			defer d.mu.Unlock()
			return d.room
		}
		if room := free(); room < 100_000 {
			t.Errorf("there are %d bytes of room, want what the settled messages took", room)
		}
		publish(t, s, bulk(50)...)
		settle(t, sub, 50)
		time.Sleep(5 * time.Second) // of the bubble
		before := free()
		s.MakeRoom()
		synctest.Wait()
		if room := free(); room < before+50_000 {
			t.Errorf("there are %d bytes of room, want %d and what the settled messages took", room, before)
		}
	})
}

// TestDeadLettersThatDoNotFitDoNotPileUp: each try takes back what it has written.
func TestDeadLettersThatDoNotFitDoNotPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d, Size: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close() //nolint:errcheck // checked elsewhere
		publish(t, s, bulk(60)...)
		sub, _ := s.Subscribe()
		d.setRoom(0)
		for range 60 {
			m, err := sub.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			sub.Settle(m, queue.Outcome{Verdict: queue.Refused, Err: errors.New("poison")})
		}
		time.Sleep(time.Minute) // of the bubble
		if st := s.Stats(); !errors.Is(st.Err, syscall.ENOSPC) {
			t.Errorf("got %+v, want %v", st, syscall.ENOSPC)
		}
		d.setRoom(100_000)
		time.Sleep(10 * time.Second) // of the bubble
		if st := s.Stats(); st.Depth != 0 || st.DeadLetters != 60 {
			t.Errorf("got %+v, want 60 dead letters", st)
		}
		damaged, err := spool.ReadLetters(d, "spool", func(spool.DeadLetter) error { return nil })
		if damaged != 0 || err != nil {
			t.Errorf("%d lines are damaged, %v", damaged, err)
		}
	})
}
