package daemon

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/metrics"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/web"
)

// RunBoth runs heartbeat and collector in one process, and serves everything on
// the collector's address. The collector is on heartbeat's own queue, or on the
// topic that this is forwarded to.
func RunBoth(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	reg := metrics.New(app.Version())
	reload := newReloader(cfg, log, reg) // first: SIGHUP ends nothing from here on
	srv, err := listen("monitorink", cfg.CollectorAddr, "MONITORINK_COLLECTOR_ADDR", log)
	if err != nil {
		return err
	}
	defer srv.close()
	endPprof, err := servePprof(cfg, log)
	if err != nil {
		return err
	}
	defer endPprof()
	q, err := openLocal(cfg, log)
	if err != nil {
		return err
	}
	defer func() { logClose(log, "queue", q.close) }()
	defer q.attend(cfg, log, reg, "the store does not take events, or not fast enough: see the problem store")()
	st, err := openStore(cfg, log, reg)
	if err != nil {
		return err
	}
	defer func() { logClose(log, "store", st.close) }()
	sub, err := openNear(cfg, log, reg, q)
	if err != nil {
		return err
	}
	defer func() { logClose(log, "subscription", sub.Close) }()

	ready := &readiness{checks: []func() []web.Problem{q.problems, st.problems, subscriptionProblems(sub)}}
	reg.Ready(ready.problems)
	notes := func() []web.Problem { return append(reload.notes(), st.notes()...) }
	srv.serve(reg.Requests(web.New(webOptions(cfg, log, reg, web.Options{Store: st, Ending: srv.ending, Ready: ready.problems, Notes: notes, Reload: reload}))))
	defer srv.close() // before the store: who has asked is answered
	hurried := *cfg
	if q.finish != nil {
		hurried.Grace = time.Second // it has the whole drain to empty the queue, and this to give up
	}
	c := newCollector(&hurried, log, sub, st, reg)
	ready.add(collectorProblems(c))
	defer farewell(c, log)

	return together(ctx, cfg.Grace, q.finish, func(ctx context.Context) error {
		if err := st.await(ctx); err != nil {
			return stopped(ctx, err, log)
		}
		return collect(ctx, cfg, log, c, st)
	}, func(ctx, drain context.Context, abandon func()) error {
		return runProber(ctx, drain, cfg, log, q, reg, ready, reload, abandon)
	})
}

// together runs probe until ctx ends, and collect beside it: from before probe begins,
// which may have more to announce than the queue holds, until after its end, so that
// what it drains into the queue is still collected. finish ends the queue, and so
// collect, once it is empty; nil: collect is told to end. It all ends within grace.
func together(ctx context.Context, grace time.Duration, finish func(), collect func(context.Context) error,
	probe func(ctx, drain context.Context, abandon func()) error,
) error {
	ctx, abandon := context.WithCancel(ctx)
	defer abandon()
	drain, cancel := within(ctx, grace)
	defer cancel()
	collecting, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ended := make(chan error, 1) // one value, from the goroutine below
	go func() {
		defer abandon() // without a collector there is nothing to probe for
		ended <- collect(collecting)
	}()

	err := probe(ctx, drain, abandon)
	abandon() // the drain begins, if it was not told to
	if finish == nil {
		stop()
	} else {
		finish()
	}
	select {
	case collected := <-ended: // it ends by itself once the queue is empty
		return errors.Join(err, collected)
	case <-drain.Done():
		stop()
		return errors.Join(err, <-ended)
	}
}

// openNear opens the collector's end of q, or of the topic that q is forwarded to.
func openNear(cfg *config.Config, log *slog.Logger, reg *metrics.Registry, q *local) (queue.Subscription, error) {
	if cfg.Queue == config.QueueKafka {
		return openSubscription(cfg, log, reg)
	}
	return q.subscribe()
}
