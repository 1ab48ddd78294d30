package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// requestTime is how long a request may take, beside a poll's wait.
const requestTime = 10 * time.Second

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
