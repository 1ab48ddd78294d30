package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/metrics"
	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/cmd/internal/references"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/web"
)

const (
	// lookEvery is how often the files are looked at, unless that takes long: then it
	// is as seldom as costs lookShare of a processor.
	lookEvery = time.Second
	lookShare = 100
	// A file that was written so lately may be half of what it is to be. Who asks for
	// a reload says that it is whole.
	quiet      = time.Second
	quietAsked = 200 * time.Millisecond
	patience   = 10 * time.Second // with files that are written to
	failedWait = 10 * time.Second // until a reload that could not be made is tried again
	// What the start took is given back only then: the first probes are due before.
	settleAfter = 3 * time.Second
)

// A reloader reads the monitors, at the start, on SIGHUP, when it is asked, and when
// their files change.
type reloader struct {
	cfg     *config.Config
	log     *slog.Logger
	refs    *references.Resolver
	reader  monitors.Reader
	hangups chan os.Signal     // never closed
	asked   chan chan reloaded // never closed; each gets one value
	ended   chan struct{}      // closed when run ends

	// Only the start and then run use these.
	elsewhere map[string]bool // persisted here, and another shard's now

	stamp monitors.Stamp // of what was read last
	named monitors.Stamp // of the files that this names
	again time.Time      // not before then, after a failure

	thrift thrift

	warned, warning map[string]bool // of, by the last reading and by the one under way

	mu      sync.Mutex
	running *heartbeat.Heartbeat
	last    metrics.Reload
}

// newReloader takes SIGHUP from now on, which ends the process no more.
func newReloader(cfg *config.Config, log *slog.Logger, reg *metrics.Registry) *reloader {
	r := &reloader{
		cfg: cfg, log: log, refs: References(cfg),
		hangups: make(chan os.Signal, 1), asked: make(chan chan reloaded), ended: make(chan struct{}),
	}
	r.reader = monitors.Reader{Defaults: Defaults(cfg), References: r.refs, Memory: &monitors.Memory{}, Warn: r.warn}
	signal.Notify(r.hangups, syscall.SIGHUP) // for as long as the process lives
	reg.Reload(func() metrics.Reload {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.last
	})
	return r
}

// first reads the monitors for a start over what was persisted. An error is the user's.
func (r *reloader) first(persisted []heartbeat.Definition) ([]data.Monitor, error) {
	if r.cfg.URLs == "" {
		r.stamp = monitors.Look(r.cfg.Monitors) // before: what is written meanwhile is a change
	}
	all, wrong := r.loadAll()
	r.elsewhere = elsewhere(r.cfg.Shard, all, persisted, problems(wrong, nil))
	list, kept := LastGood(Mine(r.cfg, all), persisted, wrong)
	list = Mine(r.cfg, list)
	// What a reload has put up with, a start does as well: a bad monitor that is new keeps
	// none of the others from going on.
	if wrong != nil && (len(list) == 0 || !slices.ContainsFunc(persisted, func(d heartbeat.Definition) bool { return d.Holds() })) {
		return nil, wrong
	}
	if wrong != nil {
		r.log.Error("there is something wrong with the monitors; those not concerned are applied, the others keep their last good definition",
			"error", wrong, "kept", kept)
	}
	r.note(problems(wrong, nil))
	return list, nil
}

// run reloads h until ctx ends.
func (r *reloader) run(ctx context.Context, h *heartbeat.Heartbeat) {
	defer close(r.ended)
	r.mu.Lock()
	r.running = h
	r.mu.Unlock()
	r.named = r.lookAtNamed()
	look, begun := time.NewTimer(lookEvery), time.NewTimer(settleAfter)
	defer look.Stop()
	defer begun.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-begun.C:
			r.reader.Memory.Shrink()
			r.thrift.settle()
		case <-r.hangups:
			r.reload(ctx, h, "SIGHUP", quietAsked)
		case reply := <-r.asked:
			reply <- r.reload(ctx, h, "request", quietAsked)
		case <-look.C:
			began := time.Now()
			changed := r.changed()
			took := time.Since(began)
			if changed {
				r.reload(ctx, h, "files", quiet)
			}
			look.Reset(max(lookEvery, lookShare*took))
			r.thrift.adapt(time.Now())
		}
	}
}

// changed reports whether the files are others than those that were read, and whole.
func (r *reloader) changed() bool {
	if r.cfg.URLs != "" || time.Now().Before(r.again) {
		return false
	}
	s, named := monitors.Look(r.cfg.Monitors), monitors.LookAt(r.refs.Files())
	now := time.Now()
	return !(s.Same(r.stamp) && named.Same(r.named)) && s.Quiet(now, quiet) && named.Quiet(now, quiet)
}

// lookAtNamed takes the stamp of the files that monitors name. It is like none when one
// may have been written since it was read.
func (r *reloader) lookAtNamed() monitors.Stamp {
	s := monitors.LookAt(r.refs.Files())
	if !s.Quiet(time.Now(), 2*quiet) {
		return monitors.Stamp{}
	}
	return s
}

// A reloaded is what has become of a reload.
type reloaded struct {
	heartbeat.Changes
	wrong  monitors.Errors // with the monitors, which keep their last good definition
	kept   int             // of those
	failed error           // nothing has changed
}

// reload reads the monitors and applies them; why is who wants it.
func (r *reloader) reload(ctx context.Context, h *heartbeat.Heartbeat, why string, quiet time.Duration) (did reloaded) {
	began := time.Now()
	defer r.reader.Memory.Shrink()
	list, stamp, err := r.read(ctx, quiet)
	if errors.Is(err, errWritten) {
		did.failed = err
	} else {
		list, did.kept = LastGood(list, h.Definitions(), err)
		did.Changes, did.failed = h.Reload(ctx, list)
		did.wrong = problems(err, did.Bad)
	}
	if ctx.Err() != nil {
		return did // the end has come first
	}
	if did.failed != nil {
		r.again = time.Now().Add(failedWait)
		r.log.Error("the monitors could not be reloaded; all goes on as before, and it is tried again", "because_of", why, "error", did.failed)
		return did
	}
	r.stamp, r.named = stamp, r.lookAtNamed()
	r.note(did.wrong)
	facts := []any{"because_of", why, "started", len(did.Started), "stopped", len(did.Stopped), "changed", len(did.Changed),
		"refreshed", len(did.Refreshed), "unchanged", did.Unchanged, "took", time.Since(began).Round(time.Millisecond)}
	switch {
	case len(did.wrong) > 0:
		r.log.Error("there is something wrong with the monitors; those not concerned are applied, the others keep their last good definition",
			append(facts, "kept", did.kept, "error", did.wrong)...)
	case did.None() && why == "files":
		r.log.Debug("the monitors' files were written, and say the same", facts...)
	default:
		r.log.Info("the monitors are reloaded", facts...)
	}
	return did
}

// errWritten is wrapped when the files are not left alone for long enough.
var errWritten = errors.New("is being written to")

// read reads files that nobody has written to for a while.
func (r *reloader) read(ctx context.Context, quiet time.Duration) ([]data.Monitor, monitors.Stamp, error) {
	if r.cfg.URLs != "" {
		list, err := r.load()
		return list, monitors.Stamp{}, err
	}
	tick := time.NewTicker(quiet / 4)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; {
		s := monitors.Look(r.cfg.Monitors)
		if s.Quiet(time.Now(), quiet) {
			list, err := r.load()
			if s.Same(monitors.Look(r.cfg.Monitors)) {
				return list, s, err
			}
		}
		if ctx.Err() != nil || time.Now().After(end) {
			return nil, s, fmt.Errorf("%s %w, and was not left alone for %v", r.cfg.Monitors, errWritten, quiet)
		}
		<-tick.C
	}
}

func (r *reloader) load() ([]data.Monitor, error) {
	all, err := r.loadAll()
	return Mine(r.cfg, all), err
}

// loadAll reads those of other shards, too.
func (r *reloader) loadAll() ([]data.Monitor, error) {
	r.warning = map[string]bool{}
	defer func() { r.warned = r.warning }()
	return readAll(r.cfg, &r.reader)
}

// warn logs p, unless the reading before has: lines move, and say nothing new.
func (r *reloader) warn(p monitors.Problem) {
	what := p.Monitor + "\x00" + p.Message
	if !r.warned[what] && !r.warning[what] {
		r.log.Warn("a definition should be looked at", "where", p.Error())
	}
	r.warning[what] = true
}

// note keeps what is wrong for who asks.
func (r *reloader) note(wrong monitors.Errors) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last.Times++
	r.last.Bad, r.last.Good = concerned(wrong), len(wrong) == 0
	if r.last.Good {
		r.last.Success = time.Now()
	}
}

// notes tells of monitors that are not as their files say: no reason not to be ready.
func (r *reloader) notes() []web.Problem {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last.Times == 0 || r.last.Good {
		return nil
	}
	return []web.Problem{{Name: "monitors", Message: "there is something wrong with the monitors, and those concerned keep their last good definition: see the log, heartbeat validate, or what POST /-/reload answers"}}
}
