package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/metrics"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/collector"
	"github.com/monitorink/monitorink/monitor/schedule"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/kafka"
	"github.com/monitorink/monitorink/queue/remote"
	"github.com/monitorink/monitorink/web"
)

// openSubscription opens the collector's end of the queue that cfg chose.
func openSubscription(cfg *config.Config, log *slog.Logger, reg *metrics.Registry) (queue.Subscription, error) {
	if cfg.Queue == config.QueueKafka {
		s, err := kafka.Subscribe(KafkaOptions(cfg, log), kafka.SubscribeOptions{})
		if err != nil {
			return nil, &app.UsageError{Err: err}
		}
		reg.Subscription(s.Stats)
		return s, nil
	}
	s, err := remote.New(remote.Options{URL: cfg.QueueURL, Token: cfg.Token, Logger: log})
	if err != nil {
		return nil, &app.UsageError{Err: fmt.Errorf("MONITORINK_QUEUE_URL: %w", err)}
	}
	return s, nil
}

// RunCollector collects from a heartbeat or a topic, and serves, until ctx ends.
func RunCollector(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	srv, err := listen("collector", cfg.CollectorAddr, "MONITORINK_COLLECTOR_ADDR", log)
	if err != nil {
		return err
	}
	defer srv.close()
	endPprof, err := servePprof(cfg, log)
	if err != nil {
		return err
	}
	defer endPprof()
	beFrugal(gcPercent)
	reg := metrics.New(app.Version())
	st, err := openStore(cfg, log, reg)
	if err != nil {
		return err
	}
	defer func() { logClose(log, "store", st.close) }()
	ready := &readiness{}
	ready.add(st.problems)
	reg.Ready(ready.problems)
	srv.serve(reg.Requests(web.New(webOptions(cfg, log, reg, web.Options{Store: st, Ending: srv.ending, Ready: ready.problems, Notes: st.notes}))))
	defer srv.close()           // before the store: who has asked is answered
	app.Notify(app.NotifyReady) // nothing that has to be mended here: what it waits for now is elsewhere
	if err := st.await(ctx); err != nil {
		return stopped(ctx, err, log)
	}
	sub, err := openSubscription(cfg, log, reg) // only now: what it takes can be saved
	if err != nil {
		return err
	}
	defer func() { logClose(log, "subscription", sub.Close) }()
	c := newCollector(cfg, log, sub, st, reg)
	ready.add(collectorProblems(c))
	ready.add(subscriptionProblems(sub))
	defer farewell(c, log)
	ready.done()
	return collect(ctx, cfg, log, c, st)
}

// webOptions fills in what cfg says of who may see what.
func webOptions(cfg *config.Config, log *slog.Logger, reg *metrics.Registry, o web.Options) web.Options {
	o.Metrics, o.Logger, o.Refused = reg.Handler(), log, reg.Refused()
	o.Listeners, o.Dropped = reg.Listeners()
	o.Next = nextSlot
	o.Status = web.StatusOptions{Labels: cfg.StatusLabels, Title: cfg.StatusTitle}
	o.Token, o.ReadToken, o.Hosts = cfg.Token, cfg.ReadToken, web.Loopback(cfg.Hosts...)
	return o
}

// nextSlot is a monitor's first slot after an instant; zero: there is none.
func nextSlot(monitor string, s data.Schedule, after time.Time) time.Time {
	parsed, err := schedule.Parse(monitor, s)
	if err != nil { // of a definition that another version has written
		return time.Time{}
	}
	return parsed.Next(after)
}

// collect runs c with the upkeep of its store beside it.
func collect(ctx context.Context, cfg *config.Config, log *slog.Logger, c *collector.Collector, st *storage) error {
	beside, stop := context.WithCancel(ctx)
	var others sync.WaitGroup
	others.Go(func() { st.keepUp(beside) })
	others.Go(func() { st.roll(beside) })
	if cfg.Queue == config.QueueKafka {
		others.Go(func() { inspect(beside, cfg, kafka.Consumer, log) })
	}
	defer others.Wait()
	defer stop()
	return c.Run(ctx)
}

func newCollector(cfg *config.Config, log *slog.Logger, sub queue.Subscription, st *storage, reg *metrics.Registry) *collector.Collector {
	o := collector.Options{Subscription: sub, Store: reg.Saver(st), BatchWait: cfg.BatchWait, Grace: cfg.Grace, Logger: log}
	if o.BatchWait == 0 {
		o.BatchWait = -1 // not at all
	}
	c := collector.New(o)
	reg.Collector(c.Stats)
	return c
}

func collectorProblems(c *collector.Collector) func() []web.Problem {
	return func() []web.Problem {
		if err := c.Stats().Failing; err != nil {
			return []web.Problem{{Name: "store", Message: "the store does not save; events wait in the queue: " + err.Error()}}
		}
		return nil
	}
}
