package main

import (
	"bytes"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// targets are what is probed: they answer 1 KiB at once.
type targets struct {
	plain, tls string // URLs
	ca         string // file
	seen       arrivals
	stop       []func()
}

func serve(dir string) (*targets, error) {
	t := &targets{ca: filepath.Join(dir, "ca.pem")}
	body := bytes.Repeat([]byte("x"), 1<<10)
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.seen.enter(r.URL.Path)
		_, _ = w.Write(body) // the prober sees it
	})
	for _, secure := range []bool{false, true} {
		s := httptest.NewUnstartedServer(answer)
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		t.stop = append(t.stop, s.Close)
		if !secure {
			s.Start()
			t.plain = s.URL
			continue
		}
		s.StartTLS()
		t.tls = s.URL
		b := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
		if err := os.WriteFile(t.ca, b, 0o600); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *targets) close() {
	for _, stop := range t.stop {
		stop()
	}
}

// arrivals are when requests came, as far as somebody looks.
type arrivals struct {
	mu    sync.Mutex
	on    bool
	at    []time.Time
	first map[string]time.Time // by path
}

func (a *arrivals) enter(path string) {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.on {
		return
	}
	a.at = append(a.at, now)
	if _, ok := a.first[path]; !ok {
		a.first[path] = now
	}
}

// watch begins anew.
func (a *arrivals) watch() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.on, a.at, a.first = true, nil, map[string]time.Time{}
}

// rest looks no more: a target that notes what comes is slower for many paths than for
// the one of the bare loop.
func (a *arrivals) rest() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.on = false
}

// span is when the first request came, when the last path was asked for first, and how
// many paths were.
func (a *arrivals) span() (first, last time.Time, paths int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, at := range a.first {
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	return first, last, len(a.first)
}

// burst is the most requests within any of the windows of from to to, by the mean of all.
func (a *arrivals) burst(from, to time.Time, window time.Duration) float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	counts := make([]int, int(to.Sub(from)/window))
	all, most := 0, 0
	for _, at := range a.at {
		if i := int(at.Sub(from) / window); !at.Before(from) && i < len(counts) {
			counts[i]++
			all++
			most = max(most, counts[i])
		}
	}
	return float64(most) / (float64(max(all, 1)) / float64(len(counts)))
}
