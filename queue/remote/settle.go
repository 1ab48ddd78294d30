package remote

import (
	"context"
	"net/http"
	"time"
)

const (
	linger      = 2 * time.Millisecond
	mostSettled = 20000 // in one request, of each verdict
	mostRefused = 1000  // with their reasons
)

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

func (s *settlements) len() int { return len(s.Accepted) + len(s.Undecided) + len(s.Refused) }

// cut takes as much out of s as one request may carry.
func (s *settlements) cut() settlements {
	a, u := min(len(s.Accepted), mostSettled), min(len(s.Undecided), mostSettled)
	r := min(len(s.Refused), mostRefused)
	some := settlements{s.Accepted[:a:a], s.Undecided[:u:u], s.Refused[:r:r]}
	s.Accepted, s.Undecided, s.Refused = s.Accepted[a:], s.Undecided[u:], s.Refused[r:]
	return some
}
