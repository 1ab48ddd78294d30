package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A stream is one who listens.
type stream struct {
	head  http.Header
	code  int
	ended chan struct{} // closed when the answer has ended
	leave func()

	mu   sync.Mutex
	due  time.Time     // when a write must have ended
	text string        // what came, and was not taken
	id   string        // the last one
	held chan struct{} // it does not read until this is closed; nil: it reads
}

func (s *stream) Header() http.Header  { return s.head }
func (s *stream) WriteHeader(code int) { s.code = code }
func (s *stream) Flush()               {}

func (s *stream) SetWriteDeadline(due time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due = due
	return nil
}

func (s *stream) Write(b []byte) (int, error) {
	s.mu.Lock()
	held := s.held
	s.mu.Unlock()
	if held != nil {
		<-held
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !time.Now().Before(s.due) {
		return 0, os.ErrDeadlineExceeded
	}
	s.text += string(b)
	return len(b), nil
}

// listen asks h for events; header is names and values.
func listen(t testing.TB, h http.Handler, query string, header ...string) *stream {
	t.Helper()
	ctx, leave := context.WithCancel(context.Background())
	s := &stream{head: http.Header{}, ended: make(chan struct{}), leave: leave}
	r := httptest.NewRequestWithContext(ctx, "GET", "/api/v1/events"+query, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	go func() { // ends with leave, and with the server
		defer close(s.ended)
		h.ServeHTTP(s, r)
	}()
	t.Cleanup(leave)
	synctest.Wait()
	return s
}

// An event is one that was sent; a comment has no kind.
type sent struct{ kind, id, data string }

// take returns what has come since it was called last.
func (s *stream) take(t testing.TB) (all []sent) {
	t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, block := range strings.Split(strings.TrimSuffix(s.text, "\n\n"), "\n\n") {
		var e sent
		for _, line := range strings.Split(block, "\n") {
			name, value, _ := strings.Cut(line, ":")
			switch value = strings.TrimPrefix(value, " "); name {
			case "event":
				e.kind = value
			case "id":
				e.id, s.id = value, value
			case "data":
				e.data = value
			case "":
			default:
				t.Errorf("a line is %q", line)
			}
		}
		if e != (sent{}) {
			all = append(all, e)
		}
	}
	s.text = ""
	return all
}

// changes are the rows of the changes that have come; other events but comments are
// an error.
func (s *stream) changes(t testing.TB) (rows []map[string]any) {
	t.Helper()
	for _, e := range s.take(t) {
		switch e.kind {
		case "":
		case "change":
			var list []map[string]any
			if err := json.Unmarshal([]byte(e.data), &list); err != nil {
				t.Fatalf("%v in %s", err, e.data)
			}
			var v any
			if err := json.Unmarshal([]byte(e.data), &v); err != nil || schemas()["Changes"].Validate(v) != nil {
				t.Errorf("%s is not what the document says: %v", e.data, schemas()["Changes"].Validate(v))
			}
			rows = append(rows, list...)
		default:
			t.Errorf("got %v", e)
		}
	}
	return rows
}

// of is what has come of a kind.
func of(all []sent, kind string) (found []sent) {
	for _, e := range all {
		if e.kind == kind {
			found = append(found, e)
		}
	}
	return found
}
