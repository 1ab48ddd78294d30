package spool_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/spool"
)

var errDisk = errors.New("input/output error")

// A cursor that cannot be written does not know what was settled: were that deleted, a
// start would take it for lost.
func TestWhatTheCursorDoesNotKnowIsNotDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		s, _ := mustOpen(t, spool.Options{Dir: "spool", FS: d, Size: 1 << 20, SegmentSize: 420})
		sub, err := s.Subscribe()
		if err != nil {
			t.Fatal(err)
		}
		bad := true
		d.mu.Lock()
		d.fail = func(op, name string) error {
			if bad && op == "sync" && name == "cursor.new" {
				return errDisk
			}
			return nil
		}
		d.mu.Unlock()
		for i := range 20 {
			publish(t, s, numbered(i, i+1)...)
			m, err := sub.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			sub.Settle(m, queue.Outcome{Verdict: queue.Accepted})
			if err := s.Checkpoint(t.Context(), time.Now()); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if err := s.Stats().Stuck; !errors.Is(err, errDisk) {
			t.Errorf("the cursor cannot be written, and the spool tells of %v", err)
		}
		files := map[string][]byte{} // as a kill leaves them
		d.mu.Lock()
		for name, n := range d.names {
			files[name] = n.data
		}
		d.mu.Unlock()
		if _, found := contents(t, restore(files)); found.Damaged || found.Corrupt > 0 {
			t.Errorf("after a kill the spool takes what was settled for lost: %+v", found)
		}
		d.mu.Lock()
		bad = false
		d.mu.Unlock()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if err := s.Stats().Stuck; err != nil {
			t.Errorf("the cursor can be written again, and the spool tells of %v", err)
		}
		if got := s.Stats().Bytes; got > 1000 {
			t.Errorf("the cursor can be written again, and %d bytes stay", got)
		}
		if err := errors.Join(sub.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	})
}
