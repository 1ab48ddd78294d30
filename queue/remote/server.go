package remote

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/monitorink/monitorink/queue"
)

// ServerOptions are the settings of a Server. The zero value is useful.
type ServerOptions struct {
	// Token is what a subscriber must show. Without one anybody may subscribe:
	// only for a listener on loopback.
	Token  string
	Logger *slog.Logger // nil: silent
	// Window is how many messages are handed out and not settled at most; 0:
	// 32,768. It should hold several batches of the collector.
	Window int
	// Lease is how long a session lasts that nothing is heard of; 0: 10 s.
	Lease time.Duration
}

// Stats are the figures of a Server.
type Stats struct {
	Subscribed  bool // a subscriber is there
	Outstanding int  // messages handed out and not settled
}

// A Server offers a queue's subscription to one subscriber at a time. It is an
// http.Handler for the paths under /queue/.
type Server struct {
	o       ServerOptions
	open    func() (queue.Subscription, error)
	handler http.Handler

	opening sync.Mutex // held while a session is opened

	mu      sync.Mutex
	current *session // nil: nobody is subscribed
	closed  bool
}

// NewServer returns a server that calls open for each new subscriber.
func NewServer(open func() (queue.Subscription, error), o ServerOptions) *Server {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Window <= 0 {
		o.Window = 32768
	}
	if o.Lease <= 0 {
		o.Lease = 10 * time.Second
	}
	s := &Server{o: o, open: open}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /queue/sessions", s.subscribe)
	mux.HandleFunc("GET /queue/sessions/{id}/messages", s.messages)
	mux.HandleFunc("POST /queue/sessions/{id}/settlements", s.settle)
	mux.HandleFunc("DELETE /queue/sessions/{id}", s.unsubscribe)
	// A page in somebody's browser must not become the subscriber.
	s.handler = http.NewCrossOriginProtection().Handler(mux)
	return s
}

// ServeHTTP answers requests under /queue/.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.o.Token != "" {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(s.o.Token))
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="queue"`)
			problem(w, http.StatusUnauthorized, "the token is missing or wrong: MONITORINK_TOKEN must be the same at both ends")
			return
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	s.handler.ServeHTTP(w, r)
}

// Stats may be called at any time.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	current := s.current
	s.mu.Unlock()
	if current == nil {
		return Stats{}
	}
	current.mu.Lock()
	defer current.mu.Unlock()
	return Stats{Subscribed: true, Outstanding: len(current.out)}
}

// Close ends the session, if there is one, and all requests that wait. Call it
// before http.Server.Shutdown, which would wait for them.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.opening.Lock() // what is being opened is opened
	defer s.opening.Unlock()
	s.mu.Lock()
	current := s.current
	s.mu.Unlock()
	if current == nil {
		return nil
	}
	return s.end(current, "the queue is closing")
}

func (s *Server) subscribe(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Subscriber string `json:"subscriber"`
	}
	if !readJSON(w, r, &in) {
		return
	}
	s.opening.Lock()
	defer s.opening.Unlock()
	s.mu.Lock()
	current, closed := s.current, s.closed
	s.mu.Unlock()
	switch {
	case closed:
		problem(w, http.StatusServiceUnavailable, "the queue is closing")
		return
	case current != nil && current.subscriber != in.Subscriber:
		problem(w, http.StatusConflict, "another collector is subscribed")
		return
	case current != nil: // it never heard of its session, or has lost it
		_ = s.end(current, "subscribed anew") // logged there
	}
	sub, err := s.open()
	if errors.Is(err, queue.ErrSubscribed) {
		problem(w, http.StatusConflict, "another collector is subscribed")
		return
	}
	if err != nil {
		problem(w, http.StatusServiceUnavailable, fmt.Sprintf("subscribe to the queue: %v", err))
		return
	}
	n := newSession(rand.Text(), in.Subscriber, sub, s.o, s.end)
	s.mu.Lock()
	s.current = n
	s.mu.Unlock()
	s.o.Logger.Info("collector subscribed", "remote", r.RemoteAddr)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]any{"session": n.id, "lease_ms": s.o.Lease.Milliseconds()}) // a lost answer is asked for again
}

// end ends a session and makes room for the next.
func (s *Server) end(n *session, why string) error {
	err := n.close(func(unsettled int) {
		s.o.Logger.Info("collector unsubscribed", "reason", why, "to_hand_out_again", unsettled)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == n {
		s.current = nil
		if err != nil {
			s.o.Logger.Error("close subscription", "error", err)
		}
	}
	return err
}

// session returns the session that r names with its lease held until release
// is called; nil when it has ended, which the client has then been told.
func (s *Server) session(w http.ResponseWriter, r *http.Request) (n *session, release func()) {
	s.mu.Lock()
	n = s.current
	s.mu.Unlock()
	if n == nil || n.id != r.PathValue("id") || !n.hold() {
		problem(w, http.StatusGone, "the session has ended")
		return nil, nil
	}
	return n, func() { n.release(r.Context().Err() != nil) }
}

func (s *Server) unsubscribe(w http.ResponseWriter, r *http.Request) {
	n, release := s.session(w, r)
	if n == nil {
		return
	}
	defer release()
	if err := s.end(n, "closed"); err != nil {
		problem(w, http.StatusInternalServerError, fmt.Sprintf("close subscription: %v", err))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// readJSON reads the request's body into v, or answers.
func readJSON(w http.ResponseWriter, r *http.Request, v any) bool {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<20))
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		problem(w, http.StatusRequestEntityTooLarge, err.Error())
	case err != nil:
		problem(w, http.StatusBadRequest, fmt.Sprintf("read request: %v", err))
	}
	return err == nil
}

func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"title": http.StatusText(status), "status": status, "detail": detail}) // the client is gone
}
