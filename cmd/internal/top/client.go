package top

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

const (
	askTime   = 15 * time.Second // for an overview
	deadAfter = 45 * time.Second // without a word; there is a comment every 15 s
	maxAnswer = 64 << 20         // 150 bytes for each of 400,000 monitors
	maxEvent  = 64 << 20
)

// errReset says that a cursor is not known any more.
var errReset = errors.New("the cursor is too old")

// A client asks a collector.
type client struct {
	url   string // without a slash at its end
	token string
	http  *http.Client
}

// A refusal is an answer that no second try will better.
type refusal struct{ text string }

func (r *refusal) Error() string { return r.text }

func (c *client) get(ctx context.Context, path, lastID string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, nil)
	if err != nil {
		return nil, err
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	res, err := c.http.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // the URL is at the top of the table already
		}
		if errors.Is(err, syscall.ECONNREFUSED) {
			err = fmt.Errorf("%w: no collector is there; --url, or MONITORINK_COLLECTOR_ADDR, says where one is", err)
		}
		return nil, err
	}
	if res.StatusCode == http.StatusOK {
		return res, nil
	}
	defer res.Body.Close()
	var problem struct{ Detail string }
	b, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10)) // what cannot be read says nothing
	_ = json.Unmarshal(b, &problem)                      // likewise
	text := req.URL.Path + " answers " + res.Status
	if problem.Detail != "" {
		text += ": " + problem.Detail
	}
	switch res.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, &refusal{text + " (MONITORINK_TOKEN or MONITORINK_READ_TOKEN)"}
	case http.StatusNotFound:
		return nil, &refusal{text + ": is this a collector, of this version?"}
	}
	return nil, errors.New(text)
}

// overview asks for every monitor.
func (c *client) overview(ctx context.Context) (*board, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	res, err := c.get(ctx, "/api/v1/overview", "")
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the overview: %w", err)
	}
	return readOverview(b)
}

// An event is one of the stream's.
type event struct {
	name, id string
	data     []byte
}

// events hands on what comes after cursor, until the stream ends, which it does not by
// itself.
func (c *client) events(ctx context.Context, cursor string, each func(event) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	alive := time.AfterFunc(deadAfter, func() { cancel(fmt.Errorf("no word for %v", deadAfter)) })
	defer alive.Stop()
	res, err := c.get(ctx, "/api/v1/events?"+url.Values{"after": {cursor}}.Encode(), cursor)
	if err != nil {
		return or(context.Cause(ctx), err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(make([]byte, 64<<10), maxEvent)
	var e event
	for lines.Scan() {
		alive.Reset(deadAfter)
		line := lines.Bytes()
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			e.name = string(value)
		case "id":
			e.id = string(value)
		case "data":
			if len(e.data) > 0 {
				e.data = append(e.data, '\n')
			}
			e.data = append(e.data, value...)
		case "":
			if len(line) > 0 { // a comment
				continue
			}
			if err := each(e); err != nil {
				return err
			}
			e = event{}
		}
	}
	return or(context.Cause(ctx), or(lines.Err(), errors.New("the collector has closed the stream")))
}

func or(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// base is what a user has written as the collector's URL, or why it is none.
func base(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", fmt.Errorf("%q is not the URL of a collector: write such as http://127.0.0.1:8080, and a token into MONITORINK_TOKEN", text)
	}
	return strings.TrimRight(u.String(), "/"), nil
}
