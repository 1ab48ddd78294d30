package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/monitorink/monitorink/bench/internal/rig"
)

// serve is the target: it answers after exactly the delay, until its standard
// input ends.
func serve() {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(delay)
		io.WriteString(w, "ok")
	}))
	defer s.Close()
	fmt.Println(s.URL)
	io.Copy(io.Discard, os.Stdin)
}

// burn keeps one processor busy, and ends by itself.
func burn(d time.Duration) {
	runtime.GOMAXPROCS(1)
	for end := time.Now().Add(d); time.Now().Before(end); {
		for range 1 << 16 {
		}
	}
}

// startLoad runs n busy loops that end after d, whatever becomes of this process.
func startLoad(n int, d time.Duration) (stop func(), err error) {
	var running []*exec.Cmd
	stop = func() {
		for _, c := range running {
			c.Process.Kill()
			c.Wait()
		}
	}
	for range n {
		c, err := rig.Again("-burn", d.String())
		if err == nil {
			err = c.Start()
		}
		if err != nil {
			stop()
			return nil, fmt.Errorf("start a busy loop: %w", err)
		}
		running = append(running, c)
	}
	return stop, nil
}
