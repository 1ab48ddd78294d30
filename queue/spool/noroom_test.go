package spool_test

import (
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/queue/spool"
)

// Something else has filled the disk: a spool that takes nothing because of that must
// not say that it is full itself, whatever it does with its reserve.
func TestADiskThatOthersHaveFilledIsNamedForAsLongAsItIs(t *testing.T) {
	for name, events := range map[string]int64{"nearly empty": 5, "at its limit": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDisk()
				o := spool.Options{Dir: "spool", FS: d, Size: 2 << 20}
				s, _ := mustOpen(t, o)
				if err := s.Checkpoint(t.Context(), time.Now()); err != nil {
					t.Fatal(err)
				}
				if events == 0 {
					events = fill(t, s)
				} else {
					publish(t, s, bulk(int(events))...)
				}
				d.setRoom(0)
				sub, _ := s.Subscribe()
				settle(t, sub, events)
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				d.setRoom(0)
				s, _ = mustOpen(t, o)
				result := make(chan error, 1)
				go func() { result <- s.Publish(t.Context(), bulk(60)) }() // awaited below
				for range 400 {
					time.Sleep(25 * time.Millisecond)
					synctest.Wait()
					if st := s.Stats(); len(result) == 0 && st.Full && !errors.Is(st.Err, syscall.ENOSPC) {
						t.Fatalf("%d of %d bytes, %d events, full, and the error is %v", st.Bytes, st.Capacity, st.Depth, st.Err)
					}
				}
				d.setRoom(-1)
				if err := <-result; err != nil {
					t.Error(err)
				}
				if st := s.Stats(); st.Full || st.Err != nil {
					t.Errorf("with room again: %+v", st)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
