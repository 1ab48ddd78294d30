package e2e_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
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

// startKeeper starts one that saves what the heartbeat at url hands out into a folder.
func startKeeper(t *testing.T, dir, url string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return start(t, self, []string{keeperDir + "=" + dir, keeperURL + "=" + url})
}

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

// kept reads what the keeper has saved, doubles and all.
func kept(dir string) ([]data.Event, error) {
	s := shelf{dir: dir}
	err := s.read()
	return s.events, err
}

// keptUpTo waits until the keeper has saved a measurement of after end of each monitor,
// and for a while for the gaps of before, which heartbeat keeps open for some seconds.
// It returns all that is saved; what is missing then is for the caller to tell.
func keptUpTo(t *testing.T, dir string, end time.Time) []data.Event {
	t.Helper()
	s := shelf{dir: dir}
	s.wait(t, end)
	late := time.Now().Add(10 * time.Second)
	eventually(t, 20*time.Second, "the gaps are saved", func() bool {
		return missing(account(s.events), end) == 0 || s.read() != nil || time.Now().After(late)
	})
	return s.events
}

// A shelf is what has been read of the keeper's file.
type shelf struct {
	dir    string
	at     int64 // up to here
	events []data.Event
}

// wait reads on until there is a measurement of after end of each monitor.
func (s *shelf) wait(t *testing.T, end time.Time) {
	t.Helper()
	eventually(t, 30*time.Second, "everything up to the end is saved", func() bool {
		return s.read() == nil && savedUpTo(s.events, end)
	})
}

// read reads on. Lines that are not whole were never acknowledged.
func (s *shelf) read() error {
	f, err := os.Open(filepath.Join(s.dir, "events.ndjson"))
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Seek(s.at, io.SeekStart); err != nil {
		return err
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	b = b[:bytes.LastIndexByte(b, '\n')+1]
	s.at += int64(len(b))
	for line := range bytes.Lines(b) {
		if e, err := data.Decode(bytes.TrimSpace(line)); err == nil {
			s.events = append(s.events, e)
		}
	}
	return nil
}
