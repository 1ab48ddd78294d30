package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/memory"
	"github.com/monitorink/monitorink/queue/spool"
)

// A local is heartbeat's own queue, as the configuration chose it.
type local struct {
	queue.Publisher
	journal   heartbeat.Journal // nil: the queue ends with the process
	state     *heartbeat.State  // likewise
	subscribe func() (queue.Subscription, error)
	// finish says that no more is published: the subscription then ends by
	// itself once all is settled. Nil where what is left waits for the next start.
	finish func()
	stats  func() queue.Stats
	behind string // what to look at when it is full
	close  func() error
	// running is the heartbeat over this queue, once there is one.
	running atomic.Pointer[heartbeat.Heartbeat]
}

// announced subscribes for a collector elsewhere, and has the definitions
// announced again: its store may be new, and in memory.
func (l *local) announced() (queue.Subscription, error) {
	sub, err := l.subscribe()
	if h := l.running.Load(); err == nil && h != nil {
		h.Announce()
	}
	return sub, err
}

// openLocal opens heartbeat's queue.
func openLocal(cfg *config.Config, log *slog.Logger) (*local, error) {
	if cfg.Queue == config.QueueMemory {
		return openMemory(log), nil
	}
	return openSpool(cfg, log)
}

func openMemory(log *slog.Logger) *local {
	q := memory.New(memory.Options{OnDeadLetter: func(d memory.DeadLetter) {
		log.Warn("an event is a dead letter", "monitor", d.Message.Key, "kind", d.Message.Kind, "error", d.Err)
	}})
	log.Warn("the queue is in memory: what is in flight ends with the process; MONITORINK_QUEUE=disk loses nothing")
	return &local{
		Publisher: q, stats: q.Stats, finish: q.Finish, close: q.Close,
		subscribe: func() (queue.Subscription, error) { return nilSafe(q.Subscribe()) },
	}
}

func openSpool(cfg *config.Config, log *slog.Logger) (*local, error) {
	state, err := heartbeat.OpenState(cfg.DataDir, cfg.Location, hostname())
	if err != nil {
		return nil, mendable(err)
	}
	s, recovery, err := spool.Open(spool.Options{Dir: filepath.Join(cfg.DataDir, "spool"), Size: cfg.SpoolSize})
	if err != nil {
		state.Close()
		return nil, mendable(err)
	}
	if err := locate(state, s, cfg, log); err != nil {
		state.Close()
		return nil, errors.Join(err, s.Close())
	}
	checkpoint := moment(recovery.Checkpoint, recovery.Found)
	log.Info("the spool is open", "dir", cfg.DataDir, "unsettled", recovery.Unsettled, "bytes", recovery.Bytes,
		"checkpoint", checkpoint, "torn_bytes", recovery.TornBytes, "corrupt", recovery.Corrupt)
	if recovery.Damaged {
		log.Error("the spool is damaged, and events that nobody had collected may be lost: what is intact is kept, and each slot since the last checkpoint before the damage that has no event becomes part of a gap; look at the disk",
			"dir", filepath.Join(cfg.DataDir, "spool"), "damaged", recovery.Corrupt, "intact", recovery.Records, "gaps_since", moment(recovery.Intact, recovery.IntactFound))
	}
	if recovery.CursorLost {
		log.Warn("the spool's cursor is damaged, or of another spool: what is still there is handed out again, which changes nothing in the store",
			"file", filepath.Join(cfg.DataDir, "spool", "cursor"), "events", recovery.Unsettled)
	}
	for _, name := range recovery.Foreign {
		log.Warn("there is a file in the spool's folder that is not the spool's; it is left alone", "file", name)
	}
	return &local{
		Publisher: s, journal: s, state: state, stats: s.Stats,
		subscribe: func() (queue.Subscription, error) { return nilSafe(s.Subscribe()) },
		close: func() error {
			err := s.Close()
			state.Close()
			return err
		},
	}, nil
}

// mendable marks what the user can mend: rights that are missing, and a file where
// a folder belongs.
func mendable(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.ENOTDIR) {
		return &app.UsageError{Err: err}
	}
	return err
}

// locate settles where the data directory belongs to, and tells what is odd in it.
func locate(state *heartbeat.State, s *spool.Spool, cfg *config.Config, log *slog.Logger) error {
	for _, note := range state.Notes {
		log.Error("persisted definitions are set aside; the monitors file serves in their place", "problem", note)
	}
	if len(state.Foreign) > 0 {
		log.Info("there are files in the data directory that are not heartbeat's; they are left alone", "dir", cfg.DataDir, "files", state.Foreign)
	}
	var events string
	if !state.Located() {
		err := s.Replay(func(m queue.Message) error {
			if e, err := data.Decode(m.Value); err == nil {
				events = location(e)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("read the spool: %w", err)
		}
	}
	if err := state.Locate(events); err != nil {
		return &app.UsageError{Err: err}
	}
	if cfg.Location == "" && state.Location() != hostname() {
		log.Info("the location is the persisted one, and not the host's name", "location", state.Location(), "host", hostname())
	}
	return nil
}

func location(e data.Event) string {
	switch e := e.(type) {
	case *data.Measurement:
		return e.Location
	case *data.Gap:
		return e.Location
	case *data.Registration:
		return e.Location
	}
	return ""
}

// moment is a checkpoint in words.
func moment(at time.Time, found bool) string {
	if !found {
		return "none"
	}
	return at.Format(time.RFC3339)
}

// nilSafe keeps a nil pointer from becoming an interface that is not nil.
func nilSafe[S queue.Subscription](s S, err error) (queue.Subscription, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}
