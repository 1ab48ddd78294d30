package daemon

import (
	"context"
	"errors"
	"log/slog"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/metrics"
	"github.com/monitorink/monitorink/web"
)

// RunBoth runs heartbeat and collector in one process, the collector on
// heartbeat's own queue, and serves everything on the collector's address.
func RunBoth(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	srv, err := listen("monitorink", cfg.CollectorAddr, "MONITORINK_COLLECTOR_ADDR", log)
	if err != nil {
		return err
	}
	defer srv.close()
	q, err := openLocal(cfg, log)
	if err != nil {
		return err
	}
	defer func() { logClose(log, "queue", q.close) }()
	st, err := openStore(cfg, log)
	if err != nil {
		return err
	}
	sub, err := q.subscribe()
	if err != nil {
		return err
	}
	defer func() { logClose(log, "subscription", sub.Close) }()

	reg := metrics.New(app.Version())
	ready := &readiness{}
	ready.add(queueProblems(q))
	srv.serve(web.New(web.Options{Store: st, Ready: ready.problems, Metrics: reg.Handler(), Token: cfg.Token, Logger: log}))
	c := newCollector(cfg, log, sub, st, reg)
	ready.add(collectorProblems(c))

	// The collector runs before heartbeat begins, which may have more to
	// announce than the queue holds, and ends after it: what heartbeat drains
	// into the queue is still collected.
	collecting, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ctx, abandon := context.WithCancel(ctx)
	defer abandon()
	ended := make(chan error, 1) // one value, from the goroutine below
	go func() {
		ended <- c.Run(collecting)
		abandon() // without a collector there is nothing to probe for
	}()

	h, err := newHeartbeat(ctx, cfg, log, q, reg)
	if err == nil {
		ready.add(heartbeatProblems(h))
		ready.done()
		err = h.Run(ctx)
	} else {
		err = stopped(ctx, err, log)
	}
	if q.finish == nil {
		stop()
	} else {
		q.finish()
	}
	grace, cancel := context.WithTimeout(collecting, cfg.Grace)
	defer cancel()
	select {
	case collected := <-ended: // it ends by itself once the queue is empty
		return errors.Join(err, collected)
	case <-grace.Done():
		stop()
		return errors.Join(err, <-ended)
	}
}
