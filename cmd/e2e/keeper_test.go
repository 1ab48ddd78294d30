package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/collector"
	"github.com/monitorink/monitorink/queue/remote"
	"github.com/monitorink/monitorink/store"
)

// keeperDir makes the test binary a collector whose store outlives kill -9: the
// real collector package on the real remote queue, into a file.
const (
	keeperDir = "MONITORINK_E2E_KEEPER_DIR"
	keeperURL = "MONITORINK_E2E_KEEPER_URL"
)

func keep() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	sub, err := remote.New(remote.Options{URL: os.Getenv(keeperURL), Logger: log})
	if err != nil {
		log.Error("subscribe", "error", err)
		return 1
	}
	defer sub.Close()
	f, err := os.OpenFile(filepath.Join(os.Getenv(keeperDir), "events.ndjson"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		log.Error("open the store", "error", err)
		return 1
	}
	defer f.Close()
	// A torn line of an earlier life must not swallow the next one.
	if _, err := f.WriteString("\n"); err != nil {
		return 1
	}
	c := collector.New(collector.Options{Subscription: sub, Store: &file{f: f}, BatchWait: 20 * time.Millisecond, Grace: 5 * time.Second, Logger: log})
	if err := c.Run(ctx); err != nil {
		log.Error("collect", "error", err)
		return 1
	}
	return 0
}

// A file is a store that appends a line for each event, and syncs.
type file struct {
	mu sync.Mutex
	f  *os.File
}

func (s *file) Save(_ context.Context, events []data.Event) ([]store.Refusal, error) {
	var b []byte
	for _, e := range events {
		var err error
		if b, err = data.AppendEncode(b, e); err != nil {
			return nil, err
		}
		b = append(b, '\n')
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.f.Write(b); err != nil {
		return nil, err
	}
	return nil, s.f.Sync()
}

// kept reads what the keeper has saved, doubles and all. Lines that are not whole
// were never acknowledged.
func kept(dir string) ([]data.Event, error) {
	f, err := os.Open(filepath.Join(dir, "events.ndjson"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var events []data.Event
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		if e, err := data.Decode(lines.Bytes()); err == nil {
			events = append(events, e)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the store: %w", err)
	}
	return events, nil
}
