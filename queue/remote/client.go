package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/monitorink/monitorink/queue"
)

// run subscribes and polls, again and again, until ctx ends. Sessions that end soon are
// begun anew with patience: a queue that cannot be read ends each at once.
func (s *Subscription) run(ctx context.Context) {
	var b backoff
	for ctx.Err() == nil {
		renew, err := s.subscribe(ctx)
		began := time.Now()
		if err == nil {
			polling, end := context.WithCancel(ctx)
			s.mu.Lock()
			s.forsake = end
			s.mu.Unlock()
			err = s.poll(polling, renew, &b)
			end()
		}
		s.drop()
		if err != nil {
			s.mu.Lock()
			s.fatal = err
			s.mu.Unlock()
			signal(s.news)
			return
		}
		if time.Since(began) > 2*lastRetry {
			b = backoff{}
		}
		b.wait(ctx)
	}
}

// subscribe waits for a session; an error means that there will never be one.
func (s *Subscription) subscribe(ctx context.Context) (renew time.Duration, err error) {
	var b backoff
	for {
		var out struct {
			Session string `json:"session"`
			Lease   int64  `json:"lease_ms"`
		}
		answer, err := s.request(ctx, http.MethodPost, "/queue/sessions", map[string]string{"subscriber": s.subscriber}, requestTime)
		if err == nil {
			if err = json.Unmarshal(answer, &out); err == nil && out.Session != "" {
				s.flows()
				s.log.Info("subscribed", "queue", s.o.URL)
				s.mu.Lock()
				s.session, s.have = out.Session, 0
				s.mu.Unlock()
				return max(time.Duration(out.Lease)*time.Millisecond/3, time.Millisecond), nil
			}
			err = errors.New("the answer is none of a queue's")
		}
		if statusOf(err) == http.StatusUnauthorized {
			return 0, fmt.Errorf("subscribe to the queue at %s: %w", s.o.URL, err)
		}
		if ctx.Err() != nil {
			return 0, nil //nolint:nilerr // run sees that ctx has ended
		}
		s.waits(&b, err)
		b.wait(ctx)
	}
}

// waits notes that the queue does not answer, and tells of it once in a while.
func (s *Subscription) waits(b *backoff, err error) {
	say := b.say(err)
	if say {
		s.log.Warn("waiting for the queue", "queue", s.o.URL, "error", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problem, s.told = fmt.Errorf("heartbeat's queue at %s gives no events; it is tried again: %w", s.o.URL, err), s.told || say
}

// flows notes that it answers.
func (s *Subscription) flows() {
	s.mu.Lock()
	told := s.told
	s.problem, s.told = nil, false
	s.mu.Unlock()
	if told {
		s.log.Info("the queue answers again", "queue", s.o.URL)
	}
}

// poll fetches messages until the session or ctx ends; sessions keeps the log short.
func (s *Subscription) poll(ctx context.Context, renew time.Duration, sessions *backoff) error {
	var b backoff
	for ctx.Err() == nil {
		s.mu.Lock()
		session, have, room := s.session, s.have, s.o.Prefetch-len(s.ready)
		s.mu.Unlock()
		if room < (s.o.Prefetch+1)/2 {
			select {
			case <-s.room:
				continue
			case <-ctx.Done():
				return nil
			case <-time.After(renew):
				room = 0 // only to be heard of
			}
		}
		path := fmt.Sprintf("/queue/sessions/%s/messages?after=%d&max=%d&wait=%s", session, have, room, s.o.Wait)
		answer, err := s.request(ctx, http.MethodGet, path, nil, s.o.Wait+requestTime)
		if err == nil {
			err = s.take(session, answer)
		}
		switch code := statusOf(err); {
		case err == nil:
			b = backoff{}
			s.flows()
		case code == http.StatusUnauthorized:
			return fmt.Errorf("poll the queue at %s: %w", s.o.URL, err)
		case code == http.StatusGone || code == http.StatusNotFound:
			if sessions.say(err) {
				s.log.Warn("the queue has ended the session; subscribing again", "queue", s.o.URL)
			}
			return nil
		case ctx.Err() == nil:
			s.waits(&b, err)
			b.wait(ctx)
		}
	}
	return nil
}

// take makes messages of an answer and hands them to Next. What is not what comes next
// is the answer to another poll, which something on the way has kept: were it taken, the
// server would believe that all before it had arrived.
func (s *Subscription) take(session string, answer []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(answer) > 0 && session == s.session {
		serial, m, rest, err := readFrame(answer)
		if err != nil {
			return err
		}
		if serial != s.have+1 {
			return fmt.Errorf("the answer has message %d in the place of %d: it is that to another request", serial, s.have+1)
		}
		answer = rest
		m.Position = position{session, serial}
		s.ready = append(s.ready, m)
		s.have = serial
	}
	signal(s.news)
	return nil
}

// drop forgets the session, and with it what Next has not handed out yet. When
// closing it stays: what is pending is still to be told.
func (s *Subscription) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.session, s.have, s.ready, s.pending = "", 0, nil, settlements{}
	}
}

var _ queue.Subscription = (*Subscription)(nil)
