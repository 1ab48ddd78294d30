package remote

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/monitorink/monitorink/queue"
)

// Options are the settings of a Subscription. URL is required.
type Options struct {
	URL    string       // of heartbeat's listener, such as http://127.0.0.1:8081
	Token  string       // what the server asks for, if it does
	Client *http.Client // nil: one of its own, which follows no redirects
	Logger *slog.Logger // nil: silent
	// Prefetch is how many messages are held ready for Next; 0: 4,096.
	Prefetch int
	// Wait is how long a poll waits for a message; 0: 20 s.
	Wait time.Duration
}

// A Subscription is a queue.Subscription at the far end of HTTP. A server that
// is down, that comes back, or that has another subscriber is waited for: the
// logger is told. Only a wrong token is an error of Next.
type Subscription struct {
	o          Options
	log        *slog.Logger
	subscriber string
	own        *http.Transport    // nil: the client is the caller's
	stop       context.CancelFunc // of run
	abandon    context.CancelFunc // of settleLoop
	closing    chan struct{}      // closed by Close
	closeOnce  sync.Once
	goroutines sync.WaitGroup

	news  chan struct{} // a token when Next should look; never closed
	room  chan struct{} // the same for poll
	flush chan struct{} // the same for settleLoop

	mu      sync.Mutex
	closed  bool
	fatal   error
	problem error              // why there are no events; nil while the queue answers
	told    bool               // of that, and not yet that it is over
	session string             // empty: none
	forsake context.CancelFunc // of its polls
	have    uint64             // newest serial that arrived
	ready   []queue.Message
	pending settlements // of the session
}

// A position is where a message came from.
type position struct {
	session string
	serial  uint64
}

// closeTime is how long Close tries to tell what was settled.
const closeTime = 5 * time.Second

// New starts a subscription, which connects by itself. The error says what is
// wrong with the options.
func New(o Options) (*Subscription, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("queue URL %q: write one such as http://127.0.0.1:8081", o.URL)
	}
	o.URL = strings.TrimRight(o.URL, "/")
	s := &Subscription{o: o, log: o.Logger, subscriber: rand.Text(), closing: make(chan struct{}),
		news: make(chan struct{}, 1), room: make(chan struct{}, 1), flush: make(chan struct{}, 1)}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.o.Prefetch <= 0 {
		s.o.Prefetch = 4096
	}
	if s.o.Wait <= 0 {
		s.o.Wait = 20 * time.Second
	}
	if s.o.Client == nil {
		s.own = http.DefaultTransport.(*http.Transport).Clone()
		s.own.DisableCompression = true
		s.o.Client = &http.Client{Transport: s.own, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	running, stop := context.WithCancel(context.Background())
	telling, abandon := context.WithCancel(context.Background())
	s.stop, s.abandon = stop, abandon
	s.goroutines.Go(func() { s.run(running) }) // Close waits for both
	s.goroutines.Go(func() { s.settleLoop(telling) })
	return s, nil
}

// Next gives the next message.
func (s *Subscription) Next(ctx context.Context) (queue.Message, error) {
	for {
		s.mu.Lock()
		switch {
		case s.closed:
			s.mu.Unlock()
			return queue.Message{}, queue.ErrClosed
		case ctx.Err() != nil:
			s.mu.Unlock()
			return queue.Message{}, ctx.Err()
		case len(s.ready) > 0:
			m := s.ready[0]
			s.ready[0] = queue.Message{}
			s.ready = s.ready[1:]
			low := len(s.ready) <= s.o.Prefetch/2
			s.mu.Unlock()
			if low {
				signal(s.room)
			}
			return m, nil
		case s.fatal != nil:
			err := s.fatal
			s.mu.Unlock()
			return queue.Message{}, err
		}
		s.mu.Unlock()
		select {
		case <-s.news:
		case <-s.closing:
		case <-ctx.Done():
		}
	}
}

// Settle notes the outcome, which travels soon. That of a message from a session
// that has ended is dropped: the message has been handed out again.
func (s *Subscription) Settle(m queue.Message, o queue.Outcome) {
	p, ok := m.Position.(position)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !ok || p.session != s.session {
		return
	}
	switch o.Verdict {
	case queue.Accepted:
		s.pending.Accepted = append(s.pending.Accepted, p.serial)
	case queue.Refused:
		s.pending.Refused = append(s.pending.Refused, refusal{p.serial, reason(o.Err)})
	default:
		s.pending.Undecided = append(s.pending.Undecided, p.serial)
	}
	signal(s.flush)
}

// Problem says why the queue gives no events: nobody is there, or another
// subscriber; nil while it answers.
func (s *Subscription) Problem() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problem
}

// Close tells the server what was settled, and that the rest is for somebody
// else. It takes 5 s at most, when the server cannot be reached.
func (s *Subscription) Close() error {
	s.closeOnce.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.stop() // first: nobody shall subscribe again once settleLoop has unsubscribed
		close(s.closing)
		enough := time.AfterFunc(closeTime, s.abandon)
		s.goroutines.Wait()
		enough.Stop()
		s.abandon()
		if s.own != nil {
			s.own.CloseIdleConnections()
		}
	})
	return nil
}

func reason(err error) string {
	const most = 1024
	if err == nil {
		return "refused"
	}
	text := err.Error()
	return strings.ToValidUTF8(text[:min(len(text), most)], "�")
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is there already
	}
}
