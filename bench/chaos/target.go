package main

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A target is what the monitors probe. It writes down when it answered which path.
// It listens on a few ports, for a prober that connects anew each time leaves tens of
// thousands of connections waiting on each.
type target struct {
	addrs []string
	srv   *http.Server

	delay  atomic.Int64 // nanoseconds before each answer
	broken atomic.Bool  // answers 500
	resets atomic.Bool  // resets connections

	mu  sync.Mutex
	log map[string][]int64 // by host and path; Unix microseconds, 8 bytes for each probe
}

const targetPorts = 4

func newTarget() (*target, error) {
	t := &target{log: map[string][]int64{}}
	t.srv = &http.Server{Handler: t, ReadHeaderTimeout: 10 * time.Second}
	for range targetPorts {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		t.addrs = append(t.addrs, ln.Addr().String())
		go t.srv.Serve(ln) // ends with close
	}
	return t, nil
}

func (t *target) close() { t.srv.Close() }

// prompt is how quickly a request must have been answered to count as answered: a
// prober that waits no longer may have gone.
const prompt = 100 * time.Millisecond

// ServeHTTP answers as it is told to.
func (t *target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	if d := time.Duration(t.delay.Load()); d > 0 {
		select {
		case <-time.After(d):
		case <-r.Context().Done():
			return
		}
	}
	if t.resets.Load() {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			reset(c)
		}
		return
	}
	if t.broken.Load() {
		w.WriteHeader(http.StatusInternalServerError)
	}
	at := time.Now()
	fmt.Fprintln(w, "ok")
	if http.NewResponseController(w).Flush() != nil || time.Since(began) > prompt {
		return
	}
	t.mu.Lock()
	t.log[r.Host+r.URL.Path] = append(t.log[r.Host+r.URL.Path], at.UnixMicro())
	t.mu.Unlock()
}
