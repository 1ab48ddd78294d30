package forwarder

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/monitorink/monitorink/monitor/feed"
	"github.com/monitorink/monitorink/pipeline"
	"github.com/monitorink/monitorink/queue"
)

// Options are what a Forwarder needs. Subscription and Publisher are required.
type Options struct {
	Subscription queue.Subscription
	Publisher    queue.Publisher

	BatchSize  int           // messages published at once; 0: 1,000
	BatchWait  time.Duration // how long a message waits for company; 0: not at all
	Publishers int           // batches published at the same time; 0: 4
	Grace      time.Duration // how long a drain may take; 0: as long as it needs

	Logger *slog.Logger // nil: silent
}

// A Forwarder moves messages until its Run ends. It is used once.
type Forwarder struct {
	o      Options
	log    *slog.Logger
	pipe   *pipeline.Pipeline
	far    feed.Patience // with the queue elsewhere
	counts struct{ forwarded, refused atomic.Int64 }
}

// Stats are the figures of a Forwarder since its start.
type Stats struct {
	Forwarded int64 // the other queue has them
	Refused   int64 // too large for it
	Errors    int64 // tries that failed
	Failing   error // why the last batch was not taken; nil while all is well
	Stages    []pipeline.StageStats
}

// New returns a forwarder that is ready to run.
func New(o Options) *Forwarder {
	if o.BatchSize <= 0 {
		o.BatchSize = 1000
	}
	if o.Publishers <= 0 {
		o.Publishers = 4
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	f := &Forwarder{o: o, log: o.Logger, far: feed.Patience{
		Say:       func(err error) { o.Logger.Warn("the queue does not take events; they wait in the spool", "error", err) },
		Recovered: func() { o.Logger.Info("the queue takes events again") },
	}}
	f.pipe = pipeline.New(pipeline.Options{Buffer: 1024, Grace: o.Grace, Hooks: pipeline.Hooks{
		OnAbort: func(stage string, err error) {
			if errors.Is(err, pipeline.ErrGrace) {
				f.log.Warn("stopped before all was published; the rest stays in the spool", "reason", err)
				return
			}
			f.log.Error("forwarding aborts", "stage", stage, "error", err)
		},
	}})
	messages := feed.From(f.pipe, o.Subscription, func(m queue.Message, outcome pipeline.Outcome) {
		if outcome.Verdict == pipeline.Refused {
			f.counts.refused.Add(1)
			f.log.Warn("an event is set aside among the spool's dead letters", "key", m.Key, "kind", m.Kind, "error", outcome.Err)
		}
	})
	batches := pipeline.Batch(messages, "batch", o.BatchSize, o.BatchWait)
	pipeline.ToBatch(batches, "publish", o.Publishers, f.publish)
	return f
}

// Run forwards until ctx ends or the subscription is closed, then publishes what
// it holds within Grace. It returns nil when all that it took is in the other
// queue or set aside. It closes neither end.
func (f *Forwarder) Run(ctx context.Context) error { return f.pipe.Run(ctx) }

// Stats may be called at any time, by several goroutines.
func (f *Forwarder) Stats() Stats {
	return Stats{
		Forwarded: f.counts.forwarded.Load(), Refused: f.counts.refused.Load(),
		Errors: f.far.Failures(), Failing: f.far.Err(), Stages: f.pipe.Stats(),
	}
}

// publish hands a batch over, and tries again until ctx ends. A batch that is too
// large is halved; a message that is too large alone is refused.
func (f *Forwarder) publish(ctx context.Context, batch []queue.Message) ([]pipeline.Refusal, error) {
	var tooLarge error
	err := f.far.Retry(ctx, func() error {
		err := f.o.Publisher.Publish(ctx, batch)
		if errors.Is(err, queue.ErrTooLarge) {
			tooLarge = err
			return nil
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case tooLarge == nil:
		f.counts.forwarded.Add(int64(len(batch)))
		return nil, nil
	case len(batch) == 1:
		return []pipeline.Refusal{{Err: tooLarge}}, nil
	}
	half := len(batch) / 2
	refused, err := f.publish(ctx, batch[:half])
	if err != nil {
		return nil, err
	}
	rest, err := f.publish(ctx, batch[half:])
	for _, r := range rest {
		refused = append(refused, pipeline.Refusal{Index: half + r.Index, Err: r.Err})
	}
	return refused, err
}
