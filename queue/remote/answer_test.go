package remote_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/remote"
)

// A proxy on the way may answer in the place of a server that is fine: with a page of
// its own, or that there is no such place.
func TestASettlementThatAnotherAnsweredIsToldAgain(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusNotFound, http.StatusGone, http.StatusUnauthorized, http.StatusForbidden} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			p := serve(t, remote.ServerOptions{})
			p.publish(t, 0, 100)
			base := plain(t)
			var answered atomic.Int32
			proxy := transport(func(r *http.Request) (*http.Response, error) {
				if !strings.HasSuffix(r.URL.Path, "/settlements") || answered.Add(1) > 2 {
					return base.RoundTrip(r)
				}
				return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("<html>")), Request: r}, nil
			})
			s := dial(t, remote.Options{URL: p.url, Client: &http.Client{Transport: proxy}})
			done := make(chan struct{})
			go func() { // the test waits for it
				defer close(done)
				for {
					m, err := s.Next(t.Context())
					if err != nil {
						return
					}
					s.Settle(m, accepted)
				}
			}()
			p.drained(t)
			if answered.Load() < 2 {
				t.Errorf("%d settlements were told, want some that did not arrive", answered.Load())
			}
			s.Close()
			<-done
		})
	}
}

// A cache on the way may give the answer to an earlier poll, of another session even.
func TestAnAnswerToAnotherPollIsNotTaken(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	p := serve(t, remote.ServerOptions{})
	base, rng := plain(t), rand.New(rand.NewPCG(seed, 1))
	var old [][]byte
	cache := transport(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet && len(old) > 0 && rng.IntN(2) == 0 { // one poll at a time
			b := old[rng.IntN(len(old))]
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(b)), Request: r}, nil
		}
		w, err := base.RoundTrip(r)
		if err != nil || r.Method != http.MethodGet || w.StatusCode != http.StatusOK {
			return w, err
		}
		b, err := io.ReadAll(w.Body)
		w.Body.Close()
		old = append(old, b)
		w.Body = io.NopCloser(bytes.NewReader(b))
		return w, err
	})
	s := dial(t, remote.Options{URL: p.url, Prefetch: 4, Client: &http.Client{Transport: cache}})
	for i := range 20 {
		p.publish(t, i, i+1)
		m := next(t, s)
		if got := string(m.Value); got != strconv.Itoa(i) {
			t.Fatalf("got message %s, want %d", got, i)
		}
		s.Settle(m, accepted)
	}
	p.drained(t)
}

// A spool whose disk cannot be read ends every session at once.
func TestAQueueThatCannotBeReadIsAskedWithPatience(t *testing.T) {
	var opened atomic.Int32
	server := remote.NewServer(func() (queue.Subscription, error) {
		opened.Add(1)
		return unreadable{}, nil
	}, remote.ServerOptions{})
	at := httptest.NewServer(server)
	t.Cleanup(func() { server.Close(); at.Close() })
	log := &lines{}
	s := dial(t, remote.Options{URL: at.URL, Logger: slog.New(slog.NewTextHandler(log, nil))})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := s.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("next: got %v, want that it waits", err)
	}
	if n := opened.Load(); n < 2 || n > 12 {
		t.Errorf("%d subscriptions in 2 s", n)
	}
	if n := strings.Count(log.String(), "ended the session"); n != 1 {
		t.Errorf("said %d times that the session ended, want once", n)
	}
}

type unreadable struct{ queue.Subscription }

func (unreadable) Next(context.Context) (queue.Message, error) { return queue.Message{}, errCut }
func (unreadable) Close() error                                { return nil }
