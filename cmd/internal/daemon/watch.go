package daemon

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/metrics"
	"github.com/monitorink/monitorink/web"
)

const (
	watchEvery = 500 * time.Millisecond
	// calm is how long a queue must have taken everything before its trouble is
	// told to be over: one that is nearly full is full off and on.
	calm = 5 * time.Second
)

// problem says why the queue takes nothing, and what helps; "" when it does.
func (l *local) problem() string {
	s := l.stats()
	switch {
	case s.Err != nil:
		return fmt.Sprintf("the local queue cannot be written, results wait, and it is tried again: %v: mend what this names, or make room on the disk of MONITORINK_DATA_DIR", s.Err)
	case s.Full && l.journal == nil:
		return fmt.Sprintf("the local queue is full with %d events, and no probe begins until there is room: %s", s.Depth, l.behind)
	case s.Full:
		return fmt.Sprintf("the local queue is full with %d MiB and %d events, and no probe begins until there is room: %s; MONITORINK_SPOOL_SIZE gives it more", s.Capacity>>20, s.Depth, l.behind)
	}
	return ""
}

// attend makes what is to be known of the queue known, until end is called, which
// says the last of it. When it is full, reader is what to look at where the queue
// is not forwarded to a topic.
func (l *local) attend(cfg *config.Config, log *slog.Logger, reg *metrics.Registry, reader string) (end func()) {
	l.behind = reader
	if cfg.Queue == config.QueueKafka {
		l.behind = "the topic does not take events, or not fast enough: see the problem kafka, and heartbeat check"
	}
	reg.Queue(l.stats, l.journal != nil)
	stop := l.watch(log)
	return func() {
		stop()
		l.farewell(cfg, log)
	}
}

func (l *local) problems() []web.Problem {
	what := l.problem()
	if stuck := l.stats().Stuck; what == "" && stuck != nil {
		what = fmt.Sprintf("the local queue cannot record what was collected, so it keeps that until it is full, and would hand it out again after a start: %v: mend what this names; when a folder is gone, start heartbeat again", stuck)
	}
	var all []web.Problem
	if what != "" {
		all = append(all, web.Problem{Name: "queue", Message: what})
	}
	if unread := l.unread(); unread != "" {
		all = append(all, web.Problem{Name: "spool", Message: unread})
	}
	return all
}

// unread says why the queue hands nothing out, and what helps; "" when it does.
func (l *local) unread() string {
	if err := l.stats().Unread; err != nil {
		return fmt.Sprintf("the local queue cannot be read, what it holds waits, and it is tried again: %v: mend what this names; when a file is gone or cut short, start heartbeat again", err)
	}
	return ""
}

// watch logs once that the queue takes or hands out nothing, and once that it does
// again, until stop is called, which waits for it.
func (l *local) watch(log *slog.Logger) (stop func()) {
	ended := make(chan struct{}) // closed by stop
	var watching sync.WaitGroup
	watching.Go(func() { // waited for by stop
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		takes := trouble{
			begins: func(why string) { log.Warn("results wait", "reason", why) },
			ends:   func(after time.Duration) { log.Info("the local queue takes results again", "after", after) },
		}
		gives := trouble{
			begins: func(why string) { log.Warn("what is in the local queue waits", "reason", why) },
			ends:   func(after time.Duration) { log.Info("the local queue can be read again", "after", after) },
		}
		for {
			select {
			case <-tick.C:
			case <-ended:
				return
			}
			takes.note(l.problem())
			gives.note(l.unread())
		}
	})
	return func() { close(ended); watching.Wait() }
}

// A trouble is told of when it begins and when it is over.
type trouble struct {
	begins      func(why string)
	ends        func(after time.Duration)
	began, last time.Time // zero: none is told of
}

// note takes why there is trouble, "" for none.
func (t *trouble) note(why string) {
	now := time.Now()
	switch {
	case why != "":
		if t.last = now; t.began.IsZero() {
			t.begins(why)
			t.began = now
		}
	case !t.began.IsZero() && now.Sub(t.last) >= calm:
		t.ends(t.last.Sub(t.began).Round(time.Second))
		t.began = time.Time{}
	}
}
