// Package folder is a queue in a folder: a message is a file until it is accepted, and one in dead/ once it is refused.
package folder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/memory"
)

// A Queue is a [queue.Publisher]. A queue in memory, of the files' names, keeps order and waits for room and messages.
type Queue struct {
	*memory.Queue
	dir   string
	count atomic.Uint64
}

// Open opens dir for one process and capacity messages. They outlive the process, but not a loss of power.
func Open(dir string, capacity int) (*Queue, error) {
	q := &Queue{Queue: memory.New(memory.Options{Capacity: capacity}), dir: dir}
	files, _ := filepath.Glob(filepath.Join(dir, "*.msg")) // in order; the pattern is well formed
	names := make([]queue.Message, len(files))
	for i := range files {
		names[i].Key = filepath.Base(files[i])
	}
	return q, errors.Join(os.MkdirAll(filepath.Join(dir, "dead"), 0o700), q.Queue.Publish(context.Background(), names))
}

// Publish returns nil when each message is in a file.
func (q *Queue) Publish(ctx context.Context, messages []queue.Message) (err error) {
	names := make([]queue.Message, len(messages))
	for i, m := range messages {
		names[i].Key = fmt.Sprintf("%019d-%09d.msg", time.Now().UnixNano(), q.count.Add(1))
		err = errors.Join(err, write(filepath.Join(q.dir, names[i].Key), m, ""))
	}
	if err == nil {
		err = q.Queue.Publish(ctx, names)
	}
	for i := 0; err != nil && i < len(names); i++ {
		_ = os.Remove(filepath.Join(q.dir, names[i].Key)) // a file that stays is a message after the next Open
	}
	return err
}

func write(file string, m queue.Message, reason string) error {
	head, _ := json.Marshal(map[string]string{"Key": m.Key, "Kind": string(m.Kind), "Reason": reason}) // texts always do
	if err := os.WriteFile(file+"~", bytes.Join([][]byte{head, m.Value}, []byte("\n")), 0o600); err != nil {
		return err
	}
	return os.Rename(file+"~", file)
}

type subscription struct {
	*memory.Subscription
	dir string
}

// Subscribe returns the queue's subscription.
func (q *Queue) Subscribe() (queue.Subscription, error) {
	s, err := q.Queue.Subscribe()
	return subscription{s, q.dir}, err
}

func (s subscription) Next(ctx context.Context) (m queue.Message, err error) {
	if m.Position, err = s.Subscription.Next(ctx); err != nil {
		return m, err
	}
	head, err := os.ReadFile(filepath.Join(s.dir, m.Position.(queue.Message).Key))
	if errors.Is(err, os.ErrNotExist) { // it was settled when its subscription had ended
		s.Subscription.Settle(m.Position.(queue.Message), queue.Outcome{Verdict: queue.Accepted})
		return s.Next(ctx)
	}
	head, m.Value, _ = bytes.Cut(head, []byte("\n"))
	_ = json.Unmarshal(head, &m) // a file of another's making has no head: whoever subscribes will refuse it
	return m, err
}

func (s subscription) Settle(m queue.Message, o queue.Outcome) {
	name := m.Position.(queue.Message)
	var err error
	if o.Verdict == queue.Refused {
		err = write(filepath.Join(s.dir, "dead", name.Key), m, fmt.Sprint(o.Err))
	}
	if o.Verdict != queue.Undecided && err == nil {
		err = os.Remove(filepath.Join(s.dir, name.Key))
	}
	if err != nil {
		o = queue.Outcome{Err: err} // it comes again
	}
	s.Subscription.Settle(name, o)
}
