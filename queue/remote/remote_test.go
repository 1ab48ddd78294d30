package remote_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/remote"
)

func TestBadURLIsRefused(t *testing.T) {
	for _, u := range []string{"", "127.0.0.1:8081", "ftp://127.0.0.1", "http://", "http://a b"} {
		if _, err := remote.New(remote.Options{URL: u}); err == nil || !strings.Contains(err.Error(), "http://127.0.0.1:8081") {
			t.Errorf("%q: got %v, want what to write", u, err)
		}
	}
}

func TestWrongTokenIsAnErrorOfNext(t *testing.T) {
	p := serve(t, remote.ServerOptions{Token: "right"})
	p.publish(t, 0, 1)
	for _, token := range []string{"", "sesame", "rightx"} {
		_, err := dial(t, remote.Options{URL: p.url, Token: token}).Next(t.Context())
		if err == nil || !strings.Contains(err.Error(), "401") || !strings.Contains(err.Error(), p.url) || token != "" && strings.Contains(err.Error(), token) {
			t.Errorf("token %q: got %v, want 401 and the URL", token, err)
		}
	}
	next(t, dial(t, remote.Options{URL: p.url, Token: "right"}))
}

func TestSecondSubscriberWaitsForTheFirst(t *testing.T) {
	p := serve(t, remote.ServerOptions{})
	p.publish(t, 0, 2)
	first := dial(t, remote.Options{URL: p.url})
	first.Settle(next(t, first), accepted)
	next(t, first) // not settled
	var log lines
	second := dial(t, remote.Options{URL: p.url, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	await(t, "it says so", func() bool { return strings.Contains(log.String(), "another collector is subscribed") })
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	m := next(t, second)
	if string(m.Value) != "1" {
		t.Errorf("got %s, want what the first had not settled", m.Value)
	}
	second.Settle(m, accepted)
	p.drained(t)
	if n := strings.Count(log.String(), "another collector"); n != 1 {
		t.Errorf("it was said %d times, want once", n)
	}
}

func TestCloseTellsWhatWasSettled(t *testing.T) {
	p := serve(t, remote.ServerOptions{})
	const n = 3000
	p.publish(t, 0, n)
	s := dial(t, remote.Options{URL: p.url})
	for range n {
		s.Settle(next(t, s), accepted)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if depth := p.Queue.Stats().Depth; depth != 0 {
		t.Errorf("%d messages would be handed out again", depth)
	}
	if p.Server.Stats().Subscribed {
		t.Error("there is still a subscriber")
	}
}

func TestWindowBoundsWhatIsOut(t *testing.T) {
	p := serve(t, remote.ServerOptions{Window: 10})
	p.publish(t, 0, 100)
	s := dial(t, remote.Options{URL: p.url})
	var held []queue.Message
	for range 10 {
		held = append(held, next(t, s))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if m, err := s.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %s, %v beyond the window", m.Value, err)
	}
	if n := p.Server.Stats().Outstanding; n != 10 {
		t.Errorf("%d are out, want 10", n)
	}
	for _, m := range held {
		s.Settle(m, accepted)
	}
	for range 90 {
		s.Settle(next(t, s), accepted)
	}
	p.drained(t)
}

func TestPollsKeepTheLeaseWhileNothingIsTaken(t *testing.T) {
	p := serve(t, remote.ServerOptions{Lease: time.Second})
	p.publish(t, 0, 20)
	base := plain(t)
	var idle, sessions atomic.Int32
	s := dial(t, remote.Options{URL: p.url, Prefetch: 4, Client: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.RawQuery, "max=0") {
			idle.Add(1)
		}
		if strings.HasSuffix(r.URL.Path, "/sessions") {
			sessions.Add(1)
		}
		return base.RoundTrip(r)
	})}})
	first := next(t, s)
	await(t, "polls go on for several leases", func() bool { return idle.Load() >= 8 })
	s.Settle(first, accepted)
	for range 19 {
		s.Settle(next(t, s), accepted)
	}
	p.drained(t)
	if sessions.Load() != 1 {
		t.Errorf("there were %d sessions, want 1", sessions.Load())
	}
}

// ask makes a bare request, as a subscriber of another kind would.
func ask(t *testing.T, base http.RoundTripper, method, url, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	w, err := base.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.StatusCode, string(b)
}

func begin(t *testing.T, base http.RoundTripper, p *place) string {
	t.Helper()
	var out struct{ Session string }
	code, b := ask(t, base, "POST", p.url+"/queue/sessions", `{"subscriber":"x"}`)
	if err := json.Unmarshal([]byte(b), &out); err != nil || code != http.StatusCreated {
		t.Fatalf("got %d %s", code, b)
	}
	return p.url + "/queue/sessions/" + out.Session
}

func TestDeadSubscribersLeaseEnds(t *testing.T) {
	p := serve(t, remote.ServerOptions{Lease: 300 * time.Millisecond})
	p.publish(t, 0, 3)
	base := plain(t)
	dead := begin(t, base, p)
	if code, _ := ask(t, base, "GET", dead+"/messages?after=0&max=2&wait=1s", ""); code != http.StatusOK {
		t.Fatalf("got %d", code)
	}
	if code, _ := ask(t, base, "POST", dead+"/settlements", `{"accepted":[1]}`); code != http.StatusNoContent {
		t.Fatalf("got %d", code)
	}
	s := dial(t, remote.Options{URL: p.url})
	for _, want := range []string{"1", "2"} {
		m := next(t, s)
		if string(m.Value) != want {
			t.Errorf("got %s, want %s", m.Value, want)
		}
		s.Settle(m, accepted)
	}
	p.drained(t)
	if code, b := ask(t, base, "POST", dead+"/settlements", `{"accepted":[2]}`); code != http.StatusGone {
		t.Errorf("late settlement: got %d %s, want 410", code, b)
	}
}

func TestBrokenConnectionShortensTheLease(t *testing.T) {
	p := serve(t, remote.ServerOptions{Lease: time.Hour})
	p.publish(t, 0, 1)
	base := plain(t)
	dead := begin(t, base, p)
	if code, _ := ask(t, base, "GET", dead+"/messages?after=0&max=2&wait=1s", ""); code != http.StatusOK {
		t.Fatalf("got %d", code)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(dead, p.url)
	fmt.Fprintf(conn, "GET %s/messages?after=1&max=2&wait=1m HTTP/1.1\r\nHost: x\r\n\r\n", path)
	s := dial(t, remote.Options{URL: p.url})
	conn.Close() // as a kill -9 does
	s.Settle(next(t, s), accepted)
	p.drained(t)
}

func TestSettlementsOfAnEndedSessionDoNothing(t *testing.T) {
	p := serve(t, remote.ServerOptions{})
	p.publish(t, 0, 3)
	base := plain(t)
	var away atomic.Bool
	var tries atomic.Int32
	var log lines
	s := dial(t, remote.Options{URL: p.url, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Client: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			if away.Load() && r.Method == http.MethodPost {
				tries.Add(1)
				return nil, errCut
			}
			return base.RoundTrip(r)
		})}})
	held := []queue.Message{next(t, s), next(t, s), next(t, s)}
	away.Store(true)
	s.Settle(held[0], accepted)
	await(t, "the first settlement is on its way", func() bool { return tries.Load() > 0 })
	s.Settle(held[1], accepted)
	if code, _ := ask(t, base, "DELETE", p.url+"/queue/sessions/"+sessionOf(held[0]), ""); code != http.StatusNoContent {
		t.Fatalf("got %d", code)
	}
	await(t, "it waits", func() bool { return strings.Contains(log.String(), "waiting") })
	away.Store(false)
	for range 3 { // the same serials as before
		next(t, s)
	}
	s.Settle(held[2], accepted)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if depth := p.Queue.Stats().Depth; depth != 3 {
		t.Errorf("%d messages are left, want 3", depth)
	}
}

// sessionOf digs the session's id out of a position, which is a struct of it and
// the serial.
func sessionOf(m queue.Message) string {
	return reflect.ValueOf(m.Position).Field(0).String()
}

func TestServerComesBack(t *testing.T) {
	p := serve(t, remote.ServerOptions{})
	var handler atomic.Value
	handler.Store(http.NotFoundHandler().ServeHTTP)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.Load().(func(http.ResponseWriter, *http.Request))(w, r)
	}))
	t.Cleanup(front.Close)
	var log lines
	s := dial(t, remote.Options{URL: front.URL, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	await(t, "it waits", func() bool { return strings.Contains(log.String(), "404") })
	handler.Store(p.Server.ServeHTTP)
	p.publish(t, 0, 3)
	s.Settle(next(t, s), accepted)
	kept := next(t, s)
	await(t, "the first is settled", func() bool { return p.Queue.Stats().Depth == 2 })

	// The next process knows no session; what was not settled comes again.
	if err := p.Server.Close(); err != nil {
		t.Fatal(err)
	}
	second := remote.NewServer(subscriber(p.Queue), remote.ServerOptions{})
	handler.Store(second.ServeHTTP)
	await(t, "it has a new session", func() bool { return strings.Count(log.String(), "msg=subscribed") == 2 })
	s.Settle(kept, accepted) // too late, and harmless
	for _, want := range []string{"1", "2"} {
		m := next(t, s)
		if string(m.Value) != want {
			t.Fatalf("got %s, want %s", m.Value, want)
		}
		s.Settle(m, accepted)
	}
	p.drained(t)
}

func TestBytesArriveAsTheyWere(t *testing.T) {
	p := serve(t, remote.ServerOptions{})
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	want := queue.Message{Key: string(all), Kind: data.Kind("kind\n"), Value: bytes.Repeat(all, 1<<13)}
	if err := p.Publish(t.Context(), []queue.Message{{}, want, {Value: make([]byte, 17<<20)}}); err != nil {
		t.Fatal(err)
	}
	s := dial(t, remote.Options{URL: p.url})
	if m := next(t, s); m.Key != "" || m.Kind != "" || len(m.Value) != 0 {
		t.Errorf("got %v of an empty message", m)
	}
	if got := next(t, s); got.Key != want.Key || got.Kind != want.Kind || !bytes.Equal(got.Value, want.Value) {
		t.Errorf("got another message, with %d bytes", len(got.Value))
	}
	await(t, "the message that is too large is set aside", func() bool { return len(p.DeadLetters()) == 1 })
}

func TestBadRequestsAreAnswered(t *testing.T) {
	p := serve(t, remote.ServerOptions{})
	base := plain(t)
	session := begin(t, base, p)
	for _, c := range []struct {
		method, url, body string
		want              int
	}{
		{"GET", session + "/messages", "", 400},
		{"GET", session + "/messages?after=-1&max=1&wait=1s", "", 400},
		{"GET", session + "/messages?after=9&max=1&wait=0s", "", 400},
		{"GET", session + "/messages?after=0&max=1&wait=1", "", 400},
		{"GET", session + "/messages?after=0&max=1&wait=0s", "", 204},
		{"POST", session + "/settlements", "{", 400},
		{"POST", session + "/settlements", `{"accepted":["a"]}`, 400},
		{"POST", session + "/settlements", strings.Repeat(" ", 17<<20), 413},
		{"POST", session + "/settlements", `{"accepted":[1,7,7]}`, 204},
		{"POST", p.url + "/queue/sessions", `{"subscriber":"y"}`, 409},
		{"POST", p.url + "/queue/sessions", ``, 400},
		{"GET", p.url + "/queue/sessions", ``, 405},
		{"GET", p.url + "/queue/sessions/none/messages?after=0&max=1&wait=0s", "", 410},
		{"DELETE", p.url + "/queue/sessions/none", "", 410},
		{"DELETE", session, "", 204},
		{"DELETE", session, "", 410},
	} {
		if code, b := ask(t, base, c.method, c.url, c.body); code != c.want {
			t.Errorf("%s %s: got %d %s, want %d", c.method, c.url, code, b, c.want)
		}
	}
}

func TestPageOfAnotherOriginCannotSubscribe(t *testing.T) {
	p := serve(t, remote.ServerOptions{})
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/queue/sessions", strings.NewReader(`{"subscriber":"x"}`))
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w, err := plain(t).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	w.Body.Close()
	if w.StatusCode != http.StatusForbidden {
		t.Errorf("got %d, want 403", w.StatusCode)
	}
}
