package daemon

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/metrics"
	"github.com/monitorink/monitorink/monitor/forwarder"
	"github.com/monitorink/monitorink/pipeline"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/kafka"
	"github.com/monitorink/monitorink/web"
)

// A forwarding moves what comes into the spool on to Kafka, beside a heartbeat.
type forwarding struct {
	f      *forwarder.Forwarder
	local  *local
	close  func() error
	look   func(context.Context) // at the topic
	cancel context.CancelFunc
	ended  chan error // one value, from the goroutine of start
}

// openForwarding prepares the way from q to the topic; nothing of it waits for
// the broker.
func openForwarding(cfg *config.Config, log *slog.Logger, q *local, reg *metrics.Registry) (*forwarding, error) {
	pub, err := kafka.NewPublisher(KafkaOptions(cfg, log))
	if err != nil {
		return nil, &app.UsageError{Err: err}
	}
	sub, err := q.subscribe()
	if err != nil {
		return nil, errors.Join(err, pub.Close())
	}
	f := forwarder.New(forwarder.Options{Subscription: sub, Publisher: pub, Grace: time.Second, Logger: log})
	reg.Forwarder(f.Stats)
	log.Info("forwarding to Kafka", "brokers", cfg.Kafka.Brokers, "topic", cfg.Kafka.Topic)
	return &forwarding{
		f: f, local: q, ended: make(chan error, 1),
		look:  func(ctx context.Context) { inspect(ctx, cfg, kafka.Producer, log) },
		close: func() error { return errors.Join(sub.Close(), pub.Close()) },
	}, nil
}

// start forwards until finish; abandon is called when it ends by itself.
func (w *forwarding) start(ctx context.Context, abandon func()) {
	ctx, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go func() { // finish waits for it
		var looking sync.WaitGroup
		looking.Go(func() { w.look(ctx) })
		err := w.f.Run(ctx)
		w.cancel()
		looking.Wait()
		w.ended <- err
		abandon()
	}()
}

// finish waits until the spool is empty, for as long as it can be read, the broker
// takes events and ctx lasts, and ends the forwarding. What is left waits in the spool.
func (w *forwarding) finish(ctx context.Context) error {
	defer w.cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for s := w.local.stats(); s.Depth > 0 && s.Unread == nil && w.f.Stats().Failing == nil && ctx.Err() == nil; s = w.local.stats() {
		select {
		case <-tick.C:
		case <-ctx.Done():
		case err := <-w.ended: // it has aborted
			return err
		}
	}
	w.cancel()
	if err := <-w.ended; !errors.Is(err, pipeline.ErrGrace) {
		return err
	}
	return nil
}

func (w *forwarding) problems() []web.Problem {
	if err := w.f.Stats().Failing; err != nil {
		return []web.Problem{{Name: "kafka", Message: "the topic does not take events, they wait in the spool: " + err.Error()}}
	}
	return nil
}

// A hopeful queue tells what it waits for.
type hopeful interface {
	queue.Subscription
	Problem() error
}

// subscriptionProblems tells what keeps events from coming.
func subscriptionProblems(sub queue.Subscription) func() []web.Problem {
	return func() []web.Problem {
		if h, ok := sub.(hopeful); ok {
			if err := h.Problem(); err != nil {
				return []web.Problem{{Name: "queue", Message: err.Error()}}
			}
		}
		return nil
	}
}
