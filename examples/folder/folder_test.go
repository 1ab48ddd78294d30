package folder_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

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
