package folder_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/examples/folder"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/queuetest"
)

func TestContract(t *testing.T) {
	queuetest.Run(t, queuetest.Implementation{Exclusive: true, Open: func(t *testing.T, small bool) *queuetest.Queue {
		capacity := 1000
		if small {
			capacity = 10
		}
		return opened(t, t.TempDir(), capacity)
	}})
}

func opened(t *testing.T, dir string, capacity int) *queuetest.Queue {
	q, err := folder.Open(dir, capacity)
	if err != nil {
		t.Fatal(err)
	}
	return &queuetest.Queue{
		Publisher: q, Subscribe: q.Subscribe, Close: q.Close,
		Reopen:      func(t *testing.T) *queuetest.Queue { return opened(t, dir, capacity) },
		DeadLetters: func() ([]queuetest.DeadLetter, error) { return deadLetters(dir) },
	}
}

func deadLetters(dir string) (all []queuetest.DeadLetter, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "dead", "*.msg"))
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var head struct {
			Key, Reason string
			Kind        data.Kind
		}
		line, value, _ := bytes.Cut(b, []byte("\n"))
		if err := json.Unmarshal(line, &head); err != nil {
			return nil, err
		}
		all = append(all, queuetest.DeadLetter{Message: queue.Message{Key: head.Key, Kind: head.Kind, Value: value}, Reason: head.Reason})
	}
	return all, err
}

func message(value string) queue.Message {
	return queue.Message{Key: "shop", Kind: data.KindMeasurement, Value: []byte(value)}
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*.msg"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestFullQueueLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	q := opened(t, dir, 1)
	if err := q.Publish(t.Context(), []queue.Message{message("1")}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := q.Publish(ctx, []queue.Message{message("2")}); !errors.Is(err, queue.ErrFull) {
		t.Errorf("got %v, want %v", err, queue.ErrFull)
	}
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("got %q, want the file of the one message that has room", got)
	}
}

func TestSettledTooLateDoesNotComeAgain(t *testing.T) {
	q := opened(t, t.TempDir(), 10)
	if err := q.Publish(t.Context(), []queue.Message{message("1"), message("2")}); err != nil {
		t.Fatal(err)
	}
	first, m := subscribed(t, q)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	first.Settle(m, queue.Outcome{Verdict: queue.Accepted})
	if _, m := subscribed(t, q); string(m.Value) != "2" {
		t.Errorf("got %s, want 2", m.Value)
	}
}

func TestRefusedComesAgainWhileItCannotBeSetAside(t *testing.T) {
	dir := t.TempDir()
	q := opened(t, dir, 10)
	if err := q.Publish(t.Context(), []queue.Message{message("1")}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "dead")); err != nil {
		t.Fatal(err)
	}
	s, m := subscribed(t, q)
	s.Settle(m, queue.Outcome{Verdict: queue.Refused, Err: errors.New("no")})
	if m, err := s.Next(t.Context()); err != nil || string(m.Value) != "1" {
		t.Errorf("got %s, %v, want the message again", m.Value, err)
	}
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("got %q, want its file", got)
	}
}

// What another program puts there is handed out as it is, for the subscriber to refuse.
func TestForeignFileIsAMessage(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "foreign.msg"), []byte("hello\nworld"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, m := subscribed(t, opened(t, dir, 10)); m.Key != "" || string(m.Value) != "world" {
		t.Errorf("got %+v", m)
	}
}

// subscribed is a subscription, and its first message.
func subscribed(t *testing.T, q *queuetest.Queue) (queue.Subscription, queue.Message) {
	t.Helper()
	s, err := q.Subscribe()
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, m
}
