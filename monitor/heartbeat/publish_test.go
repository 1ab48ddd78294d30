package heartbeat_test

import (
	"context"
	"fmt"
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
