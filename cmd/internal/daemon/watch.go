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
	reg.Queue(l.stats)
	stop := l.watch(log)
	return func() {
		stop()
		l.farewell(cfg, log)
	}
}

func (l *local) problems() []web.Problem {
	what := l.problem()
	if stuck := l.stats().Stuck; what == "" && stuck != nil {
		what = fmt.Sprintf("the local queue cannot record what was collected, so it deletes nothing, and would hand it out again after a start: %v: mend what this names; when a folder is gone, start heartbeat again", stuck)
	}
	if what != "" {
		return []web.Problem{{Name: "queue", Message: what}}
	}
	return nil
}

// watch logs once that the queue takes nothing, and once that it does again, until
// stop is called, which waits for it.
func (l *local) watch(log *slog.Logger) (stop func()) {
	ended := make(chan struct{}) // closed by stop
	var watching sync.WaitGroup
	watching.Go(func() { // waited for by stop
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		var began, last time.Time // of the trouble; zero: none is told of
		for {
			select {
			case <-tick.C:
			case <-ended:
				return
			}
			what, now := l.problem(), time.Now()
			switch {
			case what != "" && began.IsZero():
				log.Warn("results wait", "reason", what)
				began, last = now, now
			case what != "":
				last = now
			case !began.IsZero() && now.Sub(last) >= calm:
				log.Info("the local queue takes results again", "after", last.Sub(began).Round(time.Second))
				began = time.Time{}
			}
		}
	})
	return func() { close(ended); watching.Wait() }
}
