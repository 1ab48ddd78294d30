package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/bench/chaos/account"
)

// A chronicle is what happened to heartbeat, as account wants it.
type chronicle struct {
	mu   sync.Mutex
	life account.Life
}

// slow writes down when the target was slow.
func (c *chronicle) slow(from, to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.life.Slow = append(c.life.Slow, account.Span{From: from, To: to})
}

// A prober is heartbeat, which is started again and again.
type prober struct {
	program, log string
	env          []string
	addr         string
	book         *book
	c            *chronicle

	p       *process
	watched chan struct{} // closed when the watch over p has ended
	frozen  time.Time     // since when it is under SIGSTOP; zero: it is not
}

// start writes the monitors' file and starts it, without waiting for anything.
func (h *prober) start() error {
	h.c.mu.Lock()
	run := len(h.c.life.Runs)
	h.c.mu.Unlock()
	if err := h.book.write(run, time.Time{}); err != nil {
		return err
	}
	h.c.mu.Lock()
	h.c.life.Runs = append(h.c.life.Runs, account.Run{Launch: time.Now()})
	h.c.mu.Unlock()
	p, err := start(h.log, h.program, h.addr, h.env)
	if err != nil {
		return err
	}
	h.p = p
	h.watched = make(chan struct{})
	go h.watch(p, run, h.watched) // ends with the process
	return nil
}

// reload writes the monitors' file, and has it read by the process that runs.
func (h *prober) reload() error {
	now := time.Now()
	h.c.mu.Lock()
	run := len(h.c.life.Runs) - 1
	h.c.life.Runs[run].Told = now
	h.c.mu.Unlock()
	if err := h.book.write(run, now); err != nil {
		return err
	}
	h.p.signal(syscall.SIGHUP)
	return nil
}

// ended writes down how its run ended.
func (h *prober) ended(killed bool, last time.Time) {
	h.c.mu.Lock()
	defer h.c.mu.Unlock()
	now := time.Now()
	r := &h.c.life.Runs[len(h.c.life.Runs)-1]
	r.Killed, r.End, r.Last = killed, now, now
	if !last.IsZero() {
		r.Last = last
	}
}

// kill ends it with -9.
func (h *prober) kill() {
	last := h.frozen
	if last.IsZero() {
		last = time.Now()
	}
	h.p.kill()
	h.thaw()
	h.ended(true, last)
}

func (h *prober) term() error {
	last := time.Now() // it begins nothing from here on
	err := h.p.term()
	h.ended(false, last)
	if err != nil && h.wasFull(last) && h.p.cmd.ProcessState.ExitCode() == 1 {
		return nil // results had no place to go, and it says so by this code
	}
	return err
}

// wasFull reports whether its queue was full at some time since then.
func (h *prober) wasFull(since time.Time) bool {
	<-h.watched
	h.c.mu.Lock()
	defer h.c.mu.Unlock()
	return slices.ContainsFunc(h.c.life.Full, func(s account.Span) bool { return s.To.After(since) })
}

func (h *prober) freeze() {
	h.frozen = time.Now()
	h.c.mu.Lock()
	h.c.life.Frozen = append(h.c.life.Frozen, account.Span{From: h.frozen, To: h.frozen.Add(24 * time.Hour)})
	h.c.mu.Unlock()
}

func (h *prober) thaw() {
	if h.frozen.IsZero() {
		return
	}
	h.frozen = time.Time{}
	h.c.mu.Lock()
	h.c.life.Frozen[len(h.c.life.Frozen)-1].To = time.Now()
	h.c.mu.Unlock()
}

const (
	look       = 50 * time.Millisecond  // how often /readyz is asked
	slowAnswer = 150 * time.Millisecond // an answer that comes later had no processor, which takes a millisecond
)

// watch asks a run of heartbeat how it is, until it ends: when its start is through,
// and when its queue is full.
func (h *prober) watch(p *process, run int, ended chan<- struct{}) {
	defer close(ended)
	tick := time.NewTicker(look)
	defer tick.Stop()
	var full *account.Span // in which it is now
	before := time.Now()   // of the last answer that was not full
	defer func() {
		if full != nil {
			h.c.mu.Lock()
			h.c.life.Full = append(h.c.life.Full, account.Span{From: full.From, To: time.Now()})
			h.c.mu.Unlock()
		}
	}()
	for {
		select {
		case <-p.done:
			return
		case <-tick.C:
		}
		asked := time.Now()
		problems, ok := readyz(h.addr)
		if !ok {
			continue
		}
		now := time.Now()
		h.c.mu.Lock()
		if now.Sub(asked) > slowAnswer {
			h.c.starved(asked, now)
		}
		if r := &h.c.life.Runs[run]; r.Ready.IsZero() && !problems["start"] && r.End.IsZero() {
			r.Ready = now
		}
		switch {
		case problems["queue"] && full == nil:
			full = &account.Span{From: before}
		case !problems["queue"] && full != nil:
			h.c.life.Full = append(h.c.life.Full, account.Span{From: full.From, To: now})
			full = nil
		}
		h.c.mu.Unlock()
		if full == nil {
			before = asked
		}
	}
}

// readyz returns the names of a daemon's problems; false when it does not answer.
func readyz(addr string) (map[string]bool, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/readyz", nil)
	if err != nil {
		return nil, false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, false
	}
	defer res.Body.Close()
	problems := map[string]bool{}
	if res.StatusCode == http.StatusOK {
		return problems, true
	}
	var answer struct{ Problems []struct{ Name string } }
	if json.NewDecoder(res.Body).Decode(&answer) != nil {
		return nil, false
	}
	for _, p := range answer.Problems {
		problems[p.Name] = true
	}
	return problems, true
}

// deadOnDisk reports whether there is a dead letter in the spool's folder.
func deadOnDisk(data string) bool {
	for _, name := range []string{"dead-letters.ndjson", "dead-letters.1.ndjson"} {
		if info, err := os.Stat(filepath.Join(data, "spool", name)); err == nil && info.Size() > 0 {
			return true
		}
	}
	return false
}
