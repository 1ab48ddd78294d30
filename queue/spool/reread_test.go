package spool_test

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/spool"
)

// An unreadable disk fails to open or to read files while bad is set.
type unreadable struct {
	*disk
	opening bool // it is Open that fails, not ReadAt
	bad     error
	tries   int
}

type unreadableFile struct {
	spool.File
	d *unreadable
}

func (d *unreadable) set(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bad, d.tries = err, 0
}

func (d *unreadable) check(opening bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.bad == nil || d.opening != opening {
		return nil
	}
	d.tries++
	return d.bad
}

func (d *unreadable) tried() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tries
}

func (d *unreadable) Open(name string) (spool.File, error) {
	if err := d.check(true); err != nil {
		return nil, err
	}
	f, err := d.disk.Open(name)
	return unreadableFile{f, d}, err
}

func (f unreadableFile) ReadAt(b []byte, off int64) (int, error) {
	if err := f.d.check(false); err != nil {
		return 0, err
	}
	return f.File.ReadAt(b, off)
}

func TestAReadThatFailsIsTriedAgain(t *testing.T) {
	for name, d := range map[string]*unreadable{
		"EIO, read":    {bad: syscall.EIO},
		"EMFILE, open": {bad: syscall.EMFILE, opening: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				why := d.bad
				d.disk = newDisk()
				d.set(nil)
				s, _ := mustOpen(t, spool.Options{Dir: "spool", FS: d, Size: 1 << 20, SegmentSize: 420})
				sub, err := s.Subscribe()
				if err != nil {
					t.Fatal(err)
				}
				for i := range 30 { // over several segments
					publish(t, s, numbered(i, i+1)...)
				}
				first, err := sub.Next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				d.set(why)
				for n := 1; ; n++ { // what is in the reader's buffer is still handed out
					ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
					_, err := sub.Next(ctx)
					cancel()
					if errors.Is(err, context.DeadlineExceeded) {
						break
					}
					if err != nil || n > 30 {
						t.Fatalf("after %d messages: %v, want that Next waits", n, err)
					}
				}
				if err := s.Stats().Unread; !errors.Is(err, why) {
					t.Errorf("the spool tells of %v, want %v", err, why)
				}
				// Neither news nor a caller that asks often makes it a hot loop.
				for range 600 {
					publish(t, s, numbered(0, 1)...)
					ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
					_, err := sub.Next(ctx)
					cancel()
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Fatalf("Next: %v", err)
					}
				}
				if n := d.tried(); n < 4 || n > 8 {
					t.Errorf("%d tries in half a minute, want 4 to 8", n)
				}
				sub.Settle(first, queue.Outcome{})
				if m, err := sub.Next(t.Context()); err != nil || string(m.Value) != string(first.Value) {
					t.Errorf("what came back: %s, %v", m.Value, err)
				}
				d.set(nil)
				for {
					if _, err := sub.Next(t.Context()); err != nil {
						t.Fatal(err)
					}
					if s.Stats().Unread == nil {
						break
					}
				}
				if err := sub.Close(); err != nil {
					t.Error(err)
				}
				drain(t, s, 630)
			})
		})
	}
}

// drain settles all n messages, and looks at what the spool tells then.
func drain(t *testing.T, s *spool.Spool, n int64) {
	t.Helper()
	sub, err := s.Subscribe()
	if err != nil {
		t.Fatal(err)
	}
	settle(t, sub, n)
	if st := s.Stats(); st.Depth != 0 || st.Corrupt != 0 || st.Unread != nil {
		t.Errorf("at the end: %+v", st)
	}
	if err := sub.Close(); err != nil {
		t.Error(err)
	}
}

func TestCloseEndsTheWaitForADiskThatCannotBeRead(t *testing.T) {
	for name, end := range map[string]func(*spool.Spool, *spool.Subscription) error{
		"subscription": func(_ *spool.Spool, sub *spool.Subscription) error { return sub.Close() },
		"spool":        func(s *spool.Spool, _ *spool.Subscription) error { return s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &unreadable{disk: newDisk()}
				s, _ := mustOpen(t, spool.Options{Dir: "spool", FS: d})
				sub, err := s.Subscribe()
				if err != nil {
					t.Fatal(err)
				}
				publish(t, s, numbered(0, 1)...)
				d.set(syscall.EIO)
				ended := make(chan error, 1)
				go func() { // received below
					_, err := sub.Next(t.Context())
					ended <- err
				}()
				synctest.Wait()
				if s.Stats().Unread == nil {
					t.Error("the spool tells of nothing")
				}
				began := time.Now()
				if err := end(s, sub); err != nil {
					t.Error(err)
				}
				if err := <-ended; !errors.Is(err, queue.ErrClosed) || time.Since(began) > 0 {
					t.Errorf("%v after %v, want ErrClosed at once", err, time.Since(began))
				}
				if err := s.Stats().Unread; err != nil {
					t.Errorf("nobody reads, and the spool tells of %v", err)
				}
			})
		})
	}
}
