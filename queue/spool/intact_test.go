package spool_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/spool"
)

// ledger returns a spool of about nine segments, in which a checkpoint at second i
// stands behind message i, and its segments in order.
func ledger(t *testing.T) (files map[string][]byte, segments []string) {
	t.Helper()
	d := newDisk()
	s, _, err := spool.Open(spool.Options{Dir: "spool", FS: d, Size: 1 << 20, SegmentSize: 420})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		publish(t, s, numbered(i, i+1)...)
		if err := s.Checkpoint(t.Context(), time.Unix(int64(i), 0)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	delete(d.names, filepath.Join("spool", "reserve"))
	files = map[string][]byte{}
	for name, n := range d.names {
		files[name] = n.data
		if strings.HasSuffix(name, ".segment") {
			segments = append(segments, name)
		}
	}
	slices.Sort(segments)
	return files, segments
}

// TestWhatIsLostIsAlwaysBehindTheIntactCheckpoint damages each segment in each way.
func TestWhatIsLostIsAlwaysBehindTheIntactCheckpoint(t *testing.T) {
	for name, damage := range map[string]func(b []byte) []byte{
		"missing":       func([]byte) []byte { return nil },
		"empty":         func([]byte) []byte { return []byte{} },
		"zeroed":        func(b []byte) []byte { return make([]byte, len(b)) },
		"only a header": func(b []byte) []byte { return b[:20] },
		"cut":           func(b []byte) []byte { return b[:len(b)*2/3] },
		"zeroed behind": func(b []byte) []byte { return append(b[:len(b)/2:len(b)/2], make([]byte, len(b)-len(b)/2)...) },
		"zeroed before": func(b []byte) []byte { return append(make([]byte, len(b)/2), b[len(b)/2:]...) },
	} {
		t.Run(name, func(t *testing.T) {
			files, segments := ledger(t)
			for i, segment := range segments {
				whole := files[segment]
				if files[segment] = damage(whole); files[segment] == nil {
					delete(files, segment)
				}
				got, found := contents(t, restore(files))
				check := lostOf(got, 30)
				last := i == len(segments)-1
				if len(check) == 0 && !last || !last && (!found.Damaged || found.Corrupt == 0) {
					t.Errorf("segment %d: lost %v, and it tells %+v", i, check, found)
				}
				for _, n := range check {
					if found.IntactFound && !found.Intact.Before(time.Unix(int64(n), 0)) {
						t.Errorf("segment %d: %d is lost, and all up to %s is said to be intact", i, n, found.Intact)
					}
				}
				if i > 0 && !found.IntactFound {
					t.Errorf("segment %d: no checkpoint is found, although those before it are there", i)
				}
				files[segment] = whole
			}
		})
	}
}

func lostOf(got []queue.Message, n int) (lost []int) {
	have := map[string]bool{}
	for _, m := range got {
		have[string(m.Value)] = true
	}
	for i := range n {
		if !have[fmt.Sprintf(`{"n":%d}`, i)] {
			lost = append(lost, i)
		}
	}
	return lost
}

// TestTheCursorRemembersTheCheckpointBeforeIt: the front of the spool is gone with
// all the checkpoints before the damage.
func TestTheCursorRemembersTheCheckpointBeforeIt(t *testing.T) {
	files, segments := ledger(t)
	d := restore(files)
	o := spool.Options{Dir: "spool", FS: d, Size: 1 << 20, SegmentSize: 420}
	s, _, err := spool.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	sub, _ := s.Subscribe()
	settle(t, sub, 12)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, segment := range segments[:len(segments)-1] {
		delete(d.names, segment)
	}
	s, found, err := spool.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // checked elsewhere
	at, ok := s.Intact()
	if !found.Damaged || !ok || !at.Equal(time.Unix(10, 0)) {
		t.Errorf("got %s, %t, %+v, want the checkpoint before message 11", at, ok, found)
	}
}

// TestWhatWasSettledAndDeletedIsNotMissing: the machine crashes right after.
func TestWhatWasSettledAndDeletedIsNotMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		o := spool.Options{Dir: "spool", FS: d, Size: 1 << 20, SegmentSize: 420}
		s, _, err := spool.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		sub, _ := s.Subscribe()
		for i := range 30 {
			publish(t, s, numbered(i, i+1)...)
			settle(t, sub, 1)
			if err := s.Checkpoint(t.Context(), time.Now().Add(time.Second)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if n := d.segments(); n > 2 {
			t.Errorf("%d segments, want that those settled are deleted", n)
		}
		after := d.crash(rand.New(rand.NewPCG(1, 1)))
		if err := s.Close(); err == nil {
			t.Error("closed on a dead disk")
		}
		o.FS = after
		wantUndamaged(t, o)
	})
}

// wantUndamaged opens what a crash left, and closes it.
func wantUndamaged(t *testing.T, o spool.Options) {
	t.Helper()
	s, found, err := spool.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if found.Damaged || found.Corrupt > 0 {
		t.Errorf("found %+v, want no damage", found)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestWhatIsSettledWhileTheCursorIsWrittenIsNotDeletedYet: the crash comes before the
// cursor is written again.
func TestWhatIsSettledWhileTheCursorIsWrittenIsNotDeletedYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		o := spool.Options{Dir: "spool", FS: d, Size: 1 << 20, SegmentSize: 420}
		s, _, err := spool.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		publish(t, s, numbered(0, 30)...)
		for i := range 30 {
			publish(t, s, numbered(30+i, 31+i)...)
		}
		if err := s.Checkpoint(t.Context(), time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		sub, _ := s.Subscribe()
		var held []queue.Message
		for range 59 {
			m, err := sub.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, m)
		}
		accept := func(list []queue.Message) {
			for _, m := range list {
				sub.Settle(m, queue.Outcome{Verdict: queue.Accepted})
			}
		}
		synctest.Wait() // the janitor has begun, and looks again when its time has come
		removed := false
		d.fail = func(op, name string) error {
			switch {
			case op == "rename" && held != nil:
				accept(held[40:])
				held = nil
			case op == "remove":
				removed = true
			case op != "syncdir" && removed:
				d.dead = true
				return errCrashed
			}
			return nil
		}
		accept(held[:40])
		synctest.Wait()
		time.Sleep(3 * time.Second) // of the bubble
		after := d.crash(rand.New(rand.NewPCG(1, 1)))
		_ = s.Close() // on a dead disk
		if !removed {
			t.Fatal("nothing was deleted")
		}
		o.FS = after
		wantUndamaged(t, o)
	})
}
