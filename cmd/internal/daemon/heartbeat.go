package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/metrics"
	"github.com/monitorink/monitorink/monitor/alarm"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/monitor/schedule"
	"github.com/monitorink/monitorink/queue/remote"
	"github.com/monitorink/monitorink/web"
)

// RunHeartbeat probes until ctx ends, and forwards what it finds to a topic, or
// offers its queue to a collector elsewhere.
func RunHeartbeat(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	reg := metrics.New(app.Version())
	reload := newReloader(cfg, log, reg) // first: SIGHUP ends nothing from here on
	srv, err := listen("heartbeat", cfg.HeartbeatAddr, "MONITORINK_HEARTBEAT_ADDR", log)
	if err != nil {
		return err
	}
	defer srv.close()
	endPprof, err := servePprof(cfg, log)
	if err != nil {
		return err
	}
	defer endPprof()
	if beFrugal(startPercent) {
		reload.thrift.percent = startPercent
	}
	q, err := openLocal(cfg, log)
	if err != nil {
		return err
	}
	defer func() { logClose(log, "queue", q.close) }()
	defer q.attend(cfg, log, reg, "no collector takes from it, or not fast enough: see whether one runs whose MONITORINK_QUEUE_URL is this heartbeat")()
	ready := &readiness{}
	ready.add(q.problems) // before the start is through: it may wait for the queue
	health := web.HealthOptions{
		Ready: ready.problems, Notes: reload.notes, Metrics: reg.Handler(), Reload: reload, Queue: http.HandlerFunc(noQueue),
		Token: cfg.Token, ReadToken: cfg.ReadToken, Hosts: web.Loopback(cfg.Hosts...), Refused: reg.Refused(),
	}
	if cfg.Queue != config.QueueKafka {
		offer := remote.NewServer(q.announced, remote.ServerOptions{Token: cfg.Token, Logger: log})
		defer offer.Close()
		health.Queue = http.NewCrossOriginProtection().Handler(offer)
	}
	reg.Ready(ready.problems)
	srv.serve(reg.Requests(web.Health(health)))
	ctx, abandon := context.WithCancel(ctx)
	defer abandon()
	drain, cancel := within(ctx, cfg.Grace)
	defer cancel()
	return runProber(ctx, drain, cfg, log, q, reg, ready, reload, abandon)
}

// noQueue answers a collector that looks for its events at the wrong place.
func noQueue(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprintln(w, `{"title":"Not Found","status":404,"detail":"this heartbeat writes to Kafka: set MONITORINK_QUEUE=kafka for collector as well"}`)
}

// runProber runs a heartbeat over q until ctx ends, with the forwarding to Kafka
// beside it where cfg says so, which has until the end of drain to empty q. It
// calls abandon when that ends before.
func runProber(ctx, drain context.Context, cfg *config.Config, log *slog.Logger, q *local, reg *metrics.Registry, ready *readiness, reload *reloader, abandon func()) (err error) {
	if cfg.Queue == config.QueueKafka {
		forward, openErr := openForwarding(cfg, log, q, reg)
		if openErr != nil {
			return openErr
		}
		defer func() { logClose(log, "forwarding", forward.close) }()
		ready.add(forward.problems)
		forward.start(ctx, abandon)
		defer func() { err = errors.Join(err, forward.finish(drain)) }()
	}
	if err := awaitClock(ctx, time.Now, log, ready); err != nil {
		return stopped(ctx, err, log)
	}
	wake, closeAlarm := newAlarm(log)
	defer closeAlarm()
	h, err := newHeartbeat(ctx, cfg, log, q, reg, reload, wake)
	if err != nil {
		return stopped(ctx, err, log)
	}
	ready.add(heartbeatProblems(h))
	ready.done()
	q.running.Store(h)
	var beside sync.WaitGroup
	beside.Go(func() { reload.run(ctx, h) }) // before the queue is closed
	defer beside.Wait()
	return h.Run(ctx)
}

// newAlarm returns what wakes a schedule, and what ends it.
func newAlarm(log *slog.Logger) (schedule.Alarm, func()) {
	a, err := alarm.New()
	if err != nil {
		log.Warn("a timer wakes the schedule: probes begin up to 20 ms late while garbage is collected; allow timerfd_create, and enough open files", "error", err)
		return nil, func() {}
	}
	return a, a.Close
}

// newHeartbeat loads the monitors and builds the heartbeat over q, which wake wakes.
func newHeartbeat(ctx context.Context, cfg *config.Config, log *slog.Logger, q *local, reg *metrics.Registry, reload *reloader, wake schedule.Alarm) (*heartbeat.Heartbeat, error) {
	location, persisted := cfg.Location, []heartbeat.Definition(nil)
	if q.state != nil {
		location, persisted = q.state.Location(), q.state.Definitions()
	}
	if location == "" {
		location = hostname()
	}
	list, err := reload.first(persisted)
	if err != nil {
		return nil, &app.UsageError{Err: err}
	}
	probing, err := ProbeOptions(cfg)
	if err != nil {
		return nil, err
	}
	o := heartbeat.Options{
		Location: location, Instance: Instance(cfg), Queue: q.Publisher, Journal: q.journal, State: q.state,
		Full:     func() bool { return q.stats().Full },
		InFlight: inFlight(cfg), HostInFlight: cfg.HostInFlight, HostRate: cfg.HostRate, Grace: cfg.Grace, Logger: log, Observe: reg.Observe(), Alarm: wake,
		Expand: reload.refs.Expand, Elsewhere: func(id string) bool { return reload.elsewhere[id] }, Probe: probing,
	}
	if q.journal != nil {
		o.Linger = cfg.Linger
	}
	h, err := heartbeat.New(ctx, o, list)
	if err != nil {
		return nil, err
	}
	reg.Heartbeat(h.Stats)
	return h, nil
}

// stopped is err, unless the start failed because it was told to stop: then
// nothing had begun, and nothing is wrong.
func stopped(ctx context.Context, err error, log *slog.Logger) error {
	var usage *app.UsageError
	if ctx.Err() == nil || errors.As(err, &usage) {
		return err
	}
	log.Info("stopped while starting", "reason", context.Cause(ctx), "waited_for", err)
	return nil
}

func logClose(log *slog.Logger, what string, f func() error) {
	if err := f(); err != nil {
		log.Error("closing", "what", what, "error", err)
	}
}

// heartbeatProblems tells of a ledger that does not get its checkpoints written,
// and of a clock that keeps heartbeat from probing.
func heartbeatProblems(h *heartbeat.Heartbeat) func() []web.Problem {
	return func() []web.Problem { return statsProblems(h.Stats(), time.Now()) }
}

func statsProblems(s heartbeat.Stats, now time.Time) (all []web.Problem) {
	// What a clock that was set forward has jumped over holds the checkpoint for
	// a minute, and one that was set back keeps it where it is.
	if limit := 90*time.Second + s.Timeout; !s.Checkpoint.IsZero() && now.Sub(s.Checkpoint) > limit && s.CheckpointAge > limit {
		all = append(all, web.Problem{Name: "ledger", Message: "the last checkpoint is of " + s.Checkpoint.Format(time.RFC3339) +
			": it waits for results and gaps that are not in the local queue; what keeps them is a problem of its own, or in the log"})
	}
	if s.Behind > heartbeat.MaxBehind {
		all = append(all, web.Problem{Name: "clock", Message: fmt.Sprintf(
			"the clock says %s, %v behind what is accounted for: nothing is probed until %s; if it was wrong before and is right now, end heartbeat and run heartbeat ledger reset",
			now.UTC().Format(time.RFC3339), s.Behind.Round(time.Second), s.Accounted.Format(time.RFC3339))})
	}
	return all
}
