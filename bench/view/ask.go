package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// A browser asks one collector, and takes compressed answers.
type browser struct {
	base string
	http *http.Client
}

func newBrowser(address string) *browser {
	return &browser{"http://" + address, &http.Client{
		Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 100, DisableCompression: true},
	}}
}

// An answer is what came, and how long it took to its last byte.
type answer struct {
	took   time.Duration
	status int
	bytes  int64
	tag    string
}

func (b *browser) get(ctx context.Context, path, tag string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.base+path, nil)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Accept-Encoding", "gzip")
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	began := time.Now()
	res, err := b.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	a := answer{time.Since(began), res.StatusCode, n, res.Header.Get("ETag")}
	if err == nil && a.status != http.StatusOK && a.status != http.StatusNotModified {
		err = fmt.Errorf("GET %s: %s", path, res.Status)
	}
	return a, err
}

// ready waits until the collector answers.
func (b *browser) ready(ctx context.Context, alive func() error) error {
	for {
		if _, err := b.get(ctx, "/readyz", ""); err == nil {
			return nil
		}
		if err := alive(); err != nil {
			return err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// A question is one kind of request; the path of each differs.
type question struct {
	name string
	path func(i int) string
	most float64 // milliseconds; 0: no aim
}

// questions are what people look at.
func (l *lab) questions(now time.Time) []question {
	of := func(from, to time.Time, more string) string {
		return "?from=" + from.Format(time.RFC3339) + "&to=" + to.Format(time.RFC3339) + more
	}
	series := func(monitors int, span time.Duration) func(int) string {
		return func(i int) string {
			to := now.Add(-time.Duration(i) * time.Minute / 10).Truncate(time.Second)
			return "/api/v1/monitors/" + id(i*7%monitors) + "/series" + of(to.Add(-span), to, "")
		}
	}
	strips := func(monitors int, span time.Duration, step string) func(int) string {
		return func(i int) string {
			v := url.Values{"step": {step}, "from": {now.Add(-span).Format(time.RFC3339)}, "to": {now.Format(time.RFC3339)}}
			for k := range min(100, monitors) {
				v.Add("monitor", id((i*100+k)%monitors))
			}
			return "/api/v1/strips?" + v.Encode()
		}
	}
	day := 24 * time.Hour
	whole := time.Duration(l.days) * day
	return []question{
		{"strips of 100 monitors, 90 days", strips(l.daily, 90*day, "1d"), 200},
		{"strips of 100 monitors, 48 hours", strips(l.hourly, 2*day, "1h"), 200},
		{"series of an hour", series(l.raw, time.Hour), 200},
		{"series of a day", series(l.raw, day), 200},
		{"series of 30 days", series(l.hourly, 30*day), 200},
		{"series of a year", series(l.daily, 365*day), 200},
		{"summary of a day", func(i int) string { return "/api/v1/monitors/" + id(i%l.raw) + "/summary" + of(now.Add(-day), now, "") }, 200},
		{"summary of 30 days", func(i int) string {
			return "/api/v1/monitors/" + id(i%l.raw) + "/summary" + of(now.Add(-whole), now, "")
		}, 0},
		{"incidents of 30 days", func(i int) string {
			return "/api/v1/monitors/" + id(i%l.raw) + "/incidents" + of(now.Add(-whole), now, "")
		}, 200},
		{"the last 100 measurements", func(i int) string { return "/api/v1/monitors/" + id(i%l.raw) + "/measurements" }, 0},
		{"monitors that are down, slowest first", func(int) string { return "/api/v1/monitors?state=down&sort=-latency" }, 0},
	}
}
