package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
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

// startTarget runs the target in a process of its own, and returns its URL.
func startTarget() (url string, stop func(), err error) {
	c, err := again("-serve")
	if err != nil {
		return "", nil, err
	}
	in, err := c.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := c.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { in.Close(); c.Wait() }
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("start the target: %w", err)
	}
	return strings.TrimSpace(line), stop, nil
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
		c, err := again("-burn", d.String())
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

// again is this command with other arguments.
func again(args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := exec.Command(self, args...)
	c.Stderr = os.Stderr
	return c, nil
}
