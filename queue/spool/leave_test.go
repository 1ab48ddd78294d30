package spool_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/spool"
)

// Whoever stops waiting while a write is under way comes out of it when that fails,
// though nobody tries it again.
func TestPublishEndsWithItsContextWhenTheWriteUnderWayFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		s, _, err := spool.Open(spool.Options{Dir: "d", FS: d})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()                                 // who looks after the segments has begun, and would wait for the write
		syncs, goOn := make(chan bool), make(chan bool) // never closed
		d.mu.Lock()
		d.fail = func(op, name string) error {
			if op != "sync" || !strings.HasSuffix(name, ".segment") {
				return nil
			}
			syncs <- true
			<-goOn
			return syscall.EIO
		}
		d.mu.Unlock()
		publish := func(ctx context.Context) chan error {
			done := make(chan error, 1)
			go func() { // its end is received below
				done <- s.Publish(ctx, []queue.Message{{Key: "k", Value: []byte("v")}})
			}()
			synctest.Wait()
			return done
		}
		leading, endLeading := context.WithCancel(t.Context())
		following, endFollowing := context.WithCancel(t.Context())
		leader := publish(leading)
		<-syncs
		follower := publish(following)
		goOn <- true
		<-syncs // of both
		endFollowing()
		synctest.Wait()
		endLeading()
		goOn <- true
		synctest.Wait()
		for who, done := range map[string]chan error{"leader": leader, "follower": follower} {
			select {
			case err := <-done:
				if !errors.Is(err, context.Canceled) || !errors.Is(err, syscall.EIO) {
					t.Errorf("the %s: got %v, want what went wrong, and that its context ended", who, err)
				}
			default:
				t.Errorf("the %s waits on", who)
			}
		}
		d.mu.Lock()
		d.fail = nil
		d.mu.Unlock()
		if err := s.Publish(t.Context(), []queue.Message{{Key: "k", Value: []byte("v")}}); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
