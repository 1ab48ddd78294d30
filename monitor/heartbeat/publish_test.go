package heartbeat_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/queue"
)

// A narrow queue takes few messages at once.
type narrow struct {
	*journal
	most int
}

func (n narrow) Publish(ctx context.Context, messages []queue.Message) error {
	if len(messages) > n.most {
		return fmt.Errorf("%d messages: %w", len(messages), queue.ErrTooLarge)
	}
	return n.journal.Publish(ctx, messages)
}

func TestWhatIsTooMuchAtOnceGoesInParts(t *testing.T) {
	var monitors []data.Monitor
	for i := range 600 {
		monitors = append(monitors, monitor(fmt.Sprint("m", i), "http://127.0.0.1:1/", time.Hour))
	}
	q := narrow{newJournal(), 100}
	if _, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: q}, monitors); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, m := range q.events() {
		seen[m.Key]++
	}
	if len(seen) != 600 || len(q.events()) != 600 {
		t.Errorf("%d announcements of %d monitors, want one of each of 600", len(q.events()), len(seen))
	}
	q.most = 0
	if _, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: q}, monitors[:1]); err == nil {
		t.Error("a message that never fits is not reported")
	}
}

func TestPersistedDefinitionsThatMakeNoSenseAreNamed(t *testing.T) {
	for _, text := range []string{
		`{"form":1,"location":"here","definitions":[{}]}`,
		`{"form":1,"location":"here","definitions":[{"id":"a","from":"2026-11-24T00:00:00Z","monitor":{"id":"b"}}]}`,
		`{"form":2}`, `[]`, ``,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "definitions.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := heartbeat.OpenState(dir, "", "here"); err == nil {
			s.Close()
			t.Errorf("%s is taken", text)
		} else if !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "definitions.json is damaged") {
			t.Errorf("%s: %v, want the file named", text, err)
		}
	}
}
