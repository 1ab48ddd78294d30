package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/monitorink/monitorink/queue"
)

const (
	requestTime = 10 * time.Second // for all but a poll's wait
	linger      = 2 * time.Millisecond
	mostSettled = 20000 // in one request, of each verdict
	mostRefused = 1000  // with their reasons
	firstRetry  = 50 * time.Millisecond
	lastRetry   = 2 * time.Second
	sayAgain    = time.Minute // while the server is away
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

// settleLoop tells the server what was settled, until Close and then to the
// end, unless ctx ends before.
func (s *Subscription) settleLoop(ctx context.Context) {
	for open := true; open; {
		select {
		case <-s.flush:
			select { // for company
			case <-time.After(linger):
			case <-s.closing:
			}
		case <-s.closing:
			open = false
		}
		for s.tell(ctx) {
		}
	}
	s.mu.Lock()
	session := s.session
	s.mu.Unlock()
	if session != "" {
		// Should it not arrive, the lease ends by itself.
		_, _ = s.request(ctx, http.MethodDelete, "/queue/sessions/"+session, nil, closeTime)
	}
}

// tell sends a part of what is pending, again until it arrives or the session
// ends; false when nothing is left.
func (s *Subscription) tell(ctx context.Context) bool {
	s.mu.Lock()
	session, some := s.session, s.pending.cut()
	s.mu.Unlock()
	if session == "" || some.len() == 0 {
		return false
	}
	var b backoff
	for ctx.Err() == nil && !s.past(session) {
		answer, err := s.request(ctx, http.MethodPost, "/queue/sessions/"+session+"/settlements", some, requestTime)
		if err == nil && len(answer) == 0 {
			return true
		}
		b.wait(ctx)
		switch statusOf(err) { // 0: of something in between that says all is well
		case http.StatusGone, http.StatusNotFound, http.StatusUnauthorized:
			s.resign(session)
			return false
		}
	}
	return false
}

// resign ends the polls of session, so that run subscribes anew. A poll that the
// server holds would not learn that it is over; and when it was not the server who
// said so, what was to be told is handed out again.
func (s *Subscription) resign(session string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == session {
		s.forsake()
	}
}

// past reports whether session is no longer the one.
func (s *Subscription) past(session string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.session != session
}

// request makes a request and returns the body of a good answer.
func (s *Subscription) request(ctx context.Context, method, path string, in any, timeout time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, s.o.URL+path, body)
	if err != nil {
		return nil, err
	}
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if s.o.Token != "" {
		r.Header.Set("Authorization", "Bearer "+s.o.Token)
	}
	w, err := s.o.Client.Do(r)
	if err != nil {
		var e *url.Error
		if errors.As(err, &e) { // its text would show the session
			err = e.Err
		}
		return nil, err
	}
	defer w.Body.Close()
	size := min(max(w.ContentLength, 0), batchBytes+maxMessage) + bytes.MinRead
	buf := bytes.NewBuffer(make([]byte, 0, size))
	_, err = buf.ReadFrom(io.LimitReader(w.Body, batchBytes+2*maxMessage))
	b := buf.Bytes()
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if w.StatusCode/100 != 2 {
		var p struct {
			Detail string `json:"detail"`
		}
		_ = json.Unmarshal(b, &p) // other servers say nothing
		return nil, &statusError{w.StatusCode, p.Detail}
	}
	return b, nil
}

// A statusError is an answer that is no success.
type statusError struct {
	code   int
	detail string
}

func (e *statusError) Error() string {
	if e.detail == "" {
		return fmt.Sprintf("%d %s", e.code, http.StatusText(e.code))
	}
	return fmt.Sprintf("%d %s: %s", e.code, http.StatusText(e.code), e.detail)
}

// statusOf is the status that err tells of, or 0.
func statusOf(err error) int {
	var e *statusError
	if errors.As(err, &e) {
		return e.code
	}
	return 0
}

// A backoff waits longer from time to time, and keeps the log short.
type backoff struct {
	tries  int
	silent time.Time // until then
	said   string
}

func (b *backoff) wait(ctx context.Context) {
	d := min(firstRetry<<min(b.tries, 10), lastRetry)
	b.tries++
	t := time.NewTimer(d/2 + rand.N(d/2))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// say reports whether err should be logged: at first, when it is another than
// before, and once in a while.
func (b *backoff) say(err error) bool {
	text := err.Error()
	if text == b.said && time.Now().Before(b.silent) {
		return false
	}
	b.said, b.silent = text, time.Now().Add(sayAgain)
	return true
}

func (s *settlements) len() int { return len(s.Accepted) + len(s.Undecided) + len(s.Refused) }

// cut takes as much out of s as one request may carry.
func (s *settlements) cut() settlements {
	a, u := min(len(s.Accepted), mostSettled), min(len(s.Undecided), mostSettled)
	r := min(len(s.Refused), mostRefused)
	some := settlements{s.Accepted[:a:a], s.Undecided[:u:u], s.Refused[:r:r]}
	s.Accepted, s.Undecided, s.Refused = s.Accepted[a:], s.Undecided[u:], s.Refused[r:]
	return some
}

var _ queue.Subscription = (*Subscription)(nil)
