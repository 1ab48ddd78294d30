package heartbeat

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
	"github.com/monitorink/monitorink/monitor/schedule"
	"github.com/monitorink/monitorink/monitor/strain"
	"github.com/monitorink/monitorink/pipeline"
	"github.com/monitorink/monitorink/queue"
)

// A Journal is a local queue that survives the process, and holds checkpoints.
type Journal interface {
	queue.Publisher
	// Checkpoint records that every slot up to at is above this record. It
	// returns once the record is safe, and fits even when the queue is full.
	Checkpoint(ctx context.Context, at time.Time) error
	// MakeRoom asks for the deletion of what need not be kept: the disk is full.
	MakeRoom()
	Recorded
}

// Recorded is what an earlier process left in a Journal.
type Recorded interface {
	// Recovered is the newest checkpoint that was found at the start.
	Recovered() (at time.Time, ok bool)
	// Intact is the newest checkpoint before any damage that may have taken
	// messages which nobody has; without damage it is that of Recovered.
	Intact() (at time.Time, ok bool)
	// Replay hands over every intact message that is still kept.
	Replay(func(queue.Message) error) error
}

// Options are what a Heartbeat needs. Queue, Location and Instance are required.
type Options struct {
	Location string
	Instance string

	Queue queue.Publisher
	// Journal is Queue where that survives the process, otherwise nil.
	Journal Journal
	// Full reports whether results wait for room in the queue: no probe begins
	// then, and its slot is part of a gap with reason overload. Nil: never.
	Full func() bool
	// State is where the definitions are persisted; required with Journal.
	State *State

	// Elsewhere reports of a monitor that an earlier process had, and that New is not
	// given, whether another heartbeat at this location has it now: then it is not
	// removed. Nil: none is.
	Elsewhere func(id string) bool

	InFlight int // probes at once; 0: 1,000
	// What a host is spared: probes of its monitors at once, and in a second; 0:
	// any number. A slot that has to wait for its host is overload when it is too
	// late.
	HostInFlight int
	HostRate     float64
	Linger       time.Duration // how long results wait for company on their way into the queue
	Window       time.Duration // slots of so long are released together; 0: 10 ms
	Grace        time.Duration // how long a drain may take; 0: as long as it needs

	// Expand replaces the references of a monitor when it is made ready; events and
	// persisted definitions have them as they are written. Nil: there are none.
	Expand Expand
	Probe  probe.Options
	Logger *slog.Logger // nil: silent
	Clock  schedule.Clock
	// Alarm wakes the schedule, and is used by nothing else. Nil: a timer.
	Alarm schedule.Alarm

	// Observe is told of each measurement, by several goroutines at once; it
	// must be quick, and not keep what it is given.
	Observe func(*data.Measurement)
}

// A Heartbeat probes monitors until its Run ends. It is used once.
type Heartbeat struct {
	o      Options
	log    *slog.Logger
	runner *schedule.Runner
	ledger *ledger
	gate   *gate
	echo   *echo
	prober *probe.Prober
	pipe   *pipeline.Pipeline
	counts counters
	pulse  strain.Pulse
	start  time.Time
	asked  atomic.Bool  // to announce
	lacked atomic.Int64 // when it may be logged again that this machine lacks something
	gone   []Definition // removals that the next set is to announce
	// waiting says that the clock is far behind; only watchClock uses it.
	waiting bool

	changing sync.Mutex // held from the beginning of a change to its end
	plan     plan       // of what holds now

	mu  sync.Mutex
	set []Definition // what holds now, and what is to be accounted for of earlier times
}

// New recovers what an earlier process left, applies the monitors, and returns a
// heartbeat that is ready to run. With a Journal, what it writes is safe when it
// returns.
func New(ctx context.Context, o Options, monitors []data.Monitor) (*Heartbeat, error) {
	o.Clock = o.Clock.Real()
	if o.Probe.Now == nil {
		o.Probe.Now = o.Clock.Wall
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.InFlight <= 0 {
		o.InFlight = 1000
	}
	h := &Heartbeat{o: o, log: o.Logger, start: data.Millis(o.Clock.Wall())}
	set := make([]Definition, 0, len(monitors))
	var defining sync.WaitGroup
	defining.Go(func() { // waited for below, as both take long for very many
		for i := range monitors {
			set = append(set, define(&monitors[i], o.Location, o.Instance, h.start))
		}
	})
	plan, err := compile(monitors, o.Expand)
	defining.Wait()
	if err != nil {
		return nil, err
	}
	if err := h.recover(ctx, set); err != nil {
		return nil, err
	}
	h.prober = probe.New(o.Probe)
	h.gate = newGate(o.InFlight)
	h.runner = schedule.NewRunner(schedule.Options{
		Window: o.Window, Location: o.Location, Start: h.start, Clock: o.Clock, Alarm: o.Alarm, Room: h.gate.room,
		HostInFlight: o.HostInFlight, HostRate: o.HostRate,
	})
	h.ledger = newLedger(o.Location, o.Instance, h.start, o.Clock.Monotonic, &h.counts)
	if err := h.begin(ctx, plan, set); err != nil {
		return nil, err
	}
	h.assemble()
	return h, nil
}

func (h *Heartbeat) assemble() {
	h.pipe = pipeline.New(pipeline.Options{Grace: h.o.Grace, Hooks: pipeline.Hooks{
		OnDrain: func(reason error) { h.log.Info("heartbeat drains", "reason", reason) },
		OnAbort: func(stage string, err error) { h.log.Error("aborting", "stage", stage, "error", err) },
	}})
	slots := pipeline.From(h.pipe, "schedule", &source{h: h})
	results := pipeline.Map(slots, "probe", h.measure, pipeline.UpTo(h.o.InFlight))
	groups := pipeline.Batch(results, "group", groupSize, h.o.Linger)
	pipeline.To(groups, "queue", 2, h.publish)
}

// Run probes until ctx ends, then drains within Grace. It returns nil when every
// slot that it began is in the queue.
func (h *Heartbeat) Run(ctx context.Context) error {
	defer h.prober.Close()
	h.echo = newEcho()
	defer h.echo.close()
	h.log.Info("probing", "monitors", h.counts.monitors.Load(), "location", h.o.Location, "instance", h.o.Instance)
	book, closeBook := context.WithCancel(context.WithoutCancel(ctx))
	var keeping sync.WaitGroup
	keeping.Go(func() { h.keep(book) }) // waited for below, as is the pulse
	keeping.Go(func() { h.pulse.Run(book, func() bool { return h.counts.inFlight.Load() > 0 }) })
	began := make(chan time.Time, 1)
	defer context.AfterFunc(ctx, func() { began <- time.Now() })()
	err := h.pipe.Run(ctx)
	closeBook()
	keeping.Wait()
	left := h.o.Grace // for the last gaps: what the probes have not used, and a second at least
	if left <= 0 {
		left = time.Minute
	}
	if ctx.Err() != nil {
		left = max(left-time.Since(<-began), time.Second)
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), left)
	defer cancel()
	if flushErr := h.flush(last, true); flushErr != nil && err == nil {
		err = fmt.Errorf("write the last gaps and checkpoint: %w", flushErr)
	}
	return err
}
