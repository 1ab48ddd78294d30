package collector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/feed"
	"github.com/monitorink/monitorink/pipeline"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/store"
)

// errEnded is why a collector drains whose subscription was closed.
var errEnded = errors.New("the queue has ended")

// Options are what a Collector needs. Subscription and Store are required.
type Options struct {
	Subscription queue.Subscription
	Store        store.Saver

	BatchSize int           // events saved at once; 0: 5,000
	BatchWait time.Duration // how long an event waits for company; 0: 100 ms, below 0: not at all
	Savers    int           // batches saved at the same time; 0: 2
	Grace     time.Duration // how long a drain may take; 0: as long as it needs

	Logger *slog.Logger // nil: silent
	// Saved is told of each batch that the store has, by several goroutines at
	// once; it must be quick, and not keep the slice.
	Saved func([]data.Event)
}

// A Collector moves events until its Run ends. It is used once.
type Collector struct {
	o      Options
	log    *slog.Logger
	pipe   *pipeline.Pipeline
	store  feed.Patience
	counts counters
}

type counters struct {
	refused, undecided atomic.Int64
	kinds              [3]atomic.Int64
}

// Stats are the figures of a Collector since its start.
type Stats struct {
	Saved      map[data.Kind]int64
	Refused    int64 // to the dead letters
	Undecided  int64 // taken, and left to the queue when the grace ran out
	SaveErrors int64 // tries that failed
	Failing    error // why the store did not take the last batch; nil when it did
	Stages     []pipeline.StageStats
}

var kinds = [3]data.Kind{data.KindMeasurement, data.KindGap, data.KindRegistration}

// New returns a collector that is ready to run.
func New(o Options) *Collector {
	if o.BatchSize <= 0 {
		o.BatchSize = 5000
	}
	if o.BatchWait == 0 {
		o.BatchWait = 100 * time.Millisecond
	}
	if o.Savers <= 0 {
		o.Savers = 2
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Collector{o: o, log: o.Logger, store: feed.Patience{
		Say:       func(err error) { o.Logger.Warn("the store does not save; events wait in the queue", "error", err) },
		Recovered: func() { o.Logger.Info("the store saves again") },
	}}
	c.pipe = pipeline.New(pipeline.Options{Buffer: 1024, Grace: o.Grace, Hooks: pipeline.Hooks{
		OnDrain: func(reason error) {
			if reason == nil {
				reason = errEnded
			}
			c.log.Info("collector drains", "reason", reason)
		},
		OnAbort: func(stage string, err error) {
			if errors.Is(err, pipeline.ErrGrace) {
				c.log.Warn("stopped before all was saved; the rest stays in the queue", "reason", err)
				return
			}
			c.log.Error("collecting aborts", "stage", stage, "error", err)
		},
	}})
	messages := feed.From(c.pipe, o.Subscription, c.left)
	events := pipeline.Map(messages, "decode", pipeline.Recover(decode))
	batches := pipeline.Batch(events, "batch", o.BatchSize, max(o.BatchWait, 0))
	pipeline.ToBatch(batches, "save", o.Savers, c.save)
	return c
}

// Run collects until ctx ends or the subscription is closed, then drains within
// Grace. It returns nil when all that it took is saved or set aside. It does not
// close the subscription.
func (c *Collector) Run(ctx context.Context) error {
	c.log.Info("collecting")
	return c.pipe.Run(ctx)
}

// Stats may be called at any time, by several goroutines.
func (c *Collector) Stats() Stats {
	s := Stats{
		Saved: map[data.Kind]int64{}, Refused: c.counts.refused.Load(), Undecided: c.counts.undecided.Load(),
		SaveErrors: c.store.Failures(), Failing: c.store.Err(), Stages: c.pipe.Stats(),
	}
	for i, k := range kinds {
		s.Saved[k] = c.counts.kinds[i].Load()
	}
	return s
}

// errEmpty is why a message without a value is refused, such as a tombstone.
var errEmpty = fmt.Errorf("%w: the message has no value", data.ErrMalformed)

func decode(_ context.Context, m queue.Message) (data.Event, error) {
	if len(m.Value) == 0 {
		return nil, pipeline.Reject(errEmpty)
	}
	e, err := data.Decode(m.Value)
	if err != nil {
		return nil, pipeline.Reject(err)
	}
	return e, nil
}

// left is told of each message that the store does not have.
func (c *Collector) left(m queue.Message, outcome pipeline.Outcome) {
	if outcome.Verdict == pipeline.Undecided {
		c.counts.undecided.Add(1)
		return
	}
	c.counts.refused.Add(1)
	facts := []any{"key", m.Key, "kind", m.Kind, "error", outcome.Err}
	if place, ok := m.Position.(fmt.Stringer); ok {
		facts = append(facts, "place", place)
	}
	c.log.Warn("an event is set aside among the dead letters", facts...)
}

// save hands a batch to the store, and tries again until ctx ends.
func (c *Collector) save(ctx context.Context, batch []data.Event) ([]pipeline.Refusal, error) {
	var refusals []store.Refusal
	err := c.store.Retry(ctx, func() (err error) {
		refusals, err = c.o.Store.Save(ctx, batch)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.saved(batch, refusals), nil
}

func (c *Collector) saved(batch []data.Event, refusals []store.Refusal) []pipeline.Refusal {
	var n [3]int64
	for _, e := range batch {
		for i, k := range kinds {
			if e.Kind() == k {
				n[i]++
			}
		}
	}
	out := make([]pipeline.Refusal, len(refusals))
	for i, r := range refusals {
		out[i] = pipeline.Refusal{Index: r.Index, Err: r.Err}
		for j, k := range kinds {
			if r.Index < len(batch) && batch[r.Index].Kind() == k {
				n[j]--
			}
		}
	}
	for i := range n {
		c.counts.kinds[i].Add(n[i])
	}
	if c.o.Saved != nil {
		c.o.Saved(batch)
	}
	return out
}
