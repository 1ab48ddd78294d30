package daemon

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/queue"
)

func TestALocalQueueThatCannotBeReadIsNamedAndToldOfTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now atomic.Pointer[queue.Stats]
		now.Store(&queue.Stats{Unread: errors.New("input/output error")})
		l := &local{stats: func() queue.Stats { return *now.Load() }}
		var log bytes.Buffer
		stop := l.watch(slog.New(slog.NewTextHandler(&log, nil)))
		time.Sleep(time.Minute)
		if p := l.problems(); len(p) != 1 || p[0].Name != "spool" || !strings.Contains(p[0].Message, "input/output error") {
			t.Errorf("problems: %+v", p)
		}
		now.Store(&queue.Stats{})
		time.Sleep(time.Minute)
		stop()
		if p := l.problems(); len(p) != 0 {
			t.Errorf("afterwards: %+v", p)
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], "what is in the local queue waits") || !strings.Contains(lines[1], "can be read again") {
			t.Errorf("the log: %s", &log)
		}
	})
}
