//go:build unix

package heartbeat_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
)

// Lines are what is logged, as far as there is room; it is never closed.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	select {
	case l <- string(b):
	default:
	}
	return len(b), nil
}

func TestTargetIsNotBlamedForFilesThatThisProcessLacks(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer target.Close()
	j := newJournal()
	lines := make(lines, 1)
	log := slog.New(slog.NewTextHandler(lines, &slog.HandlerOptions{Level: slog.LevelWarn}))
	h, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: j, Logger: log},
		[]data.Monitor{monitor("a", target.URL, 100*time.Millisecond)})
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, h)
	defer stop()
	j.wait(t, "a measurement", func([]data.Event) bool { return h.Stats().Up > 0 })

	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	few := limit
	few.Cur = 3
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	select {
	case line := <-lines:
		if !strings.Contains(line, "too many open files") {
			t.Errorf("log: %s", line)
		}
	case <-time.After(20 * time.Second):
		t.Error("nothing is logged")
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	j.wait(t, "measurements again, and so a gap that has ended", func(events []data.Event) bool {
		for _, e := range events {
			if g, ok := e.(*data.Gap); ok && g.Reason == data.Overload {
				return true
			}
		}
		return false
	})
	if n := h.Stats().Down; n > 0 {
		t.Errorf("%d measurements are down", n)
	}
}
