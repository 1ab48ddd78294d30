package daemon

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/metrics"
	"github.com/monitorink/monitorink/monitor/collector"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/remote"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/web"
)

// openStore opens the store that cfg chose.
func openStore(cfg *config.Config, log *slog.Logger) (store.Store, error) {
	if cfg.Store == config.StoreMemory {
		log.Warn("the store is in memory: it keeps the newest measurements, and ends with the process")
		return memory.New(memory.Options{Retention: cfg.Retention}), nil
	}
	return nil, &app.UsageError{Err: fmt.Errorf("MONITORINK_STORE=%s is not built into this version: write memory", cfg.Store)}
}

// openSubscription opens the collector's end of the queue that cfg chose.
func openSubscription(cfg *config.Config, log *slog.Logger) (queue.Subscription, error) {
	if cfg.Queue == config.QueueKafka {
		return nil, &app.UsageError{Err: fmt.Errorf("MONITORINK_QUEUE=kafka is not built into this version: write memory or disk")}
	}
	s, err := remote.New(remote.Options{URL: cfg.QueueURL, Token: cfg.Token, Logger: log})
	if err != nil {
		return nil, &app.UsageError{Err: fmt.Errorf("MONITORINK_QUEUE_URL: %w", err)}
	}
	return s, nil
}

// RunCollector collects from a heartbeat elsewhere, and serves, until ctx ends.
func RunCollector(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	srv, err := listen("collector", cfg.CollectorAddr, "MONITORINK_COLLECTOR_ADDR", log)
	if err != nil {
		return err
	}
	defer srv.close()
	st, err := openStore(cfg, log)
	if err != nil {
		return err
	}
	sub, err := openSubscription(cfg, log)
	if err != nil {
		return err
	}
	defer func() { logClose(log, "subscription", sub.Close) }()
	reg := metrics.New(app.Version())
	c := newCollector(cfg, log, sub, st, reg)
	ready := &readiness{started: true}
	ready.add(collectorProblems(c))
	srv.serve(web.New(web.Options{Store: st, Ready: ready.problems, Metrics: reg.Handler(), Token: cfg.Token, Logger: log}))
	return c.Run(ctx)
}

func newCollector(cfg *config.Config, log *slog.Logger, sub queue.Subscription, st store.Saver, reg *metrics.Registry) *collector.Collector {
	c := collector.New(collector.Options{Subscription: sub, Store: st, Grace: cfg.Grace, Logger: log})
	reg.Collector(c.Stats)
	return c
}

func collectorProblems(c *collector.Collector) func() []web.Problem {
	return func() []web.Problem {
		if c.Stats().Failing {
			return []web.Problem{{Name: "store", Message: "the store does not save; events wait in the queue"}}
		}
		return nil
	}
}
