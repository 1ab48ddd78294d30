package main

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/monitorink/monitorink/bench/internal/rig"
	"github.com/monitorink/monitorink/queue"
)

// A running is the collector as it is shipped, on a topic and a database of its own.
type running struct {
	*rig.Process
	address string
	topic   string
	stop    func()
}

// start runs the collector on a fresh topic.
func (l *lab) start(url string) (*running, error) {
	topic, letters, group := rig.Name("events"), rig.Name("dlq"), rig.Name("group")
	remove, err := l.kafka.Create(topic, letters)
	if err != nil {
		return nil, err
	}
	address, err := rig.FreeAddress()
	if err != nil {
		remove()
		return nil, err
	}
	process, err := rig.Start(l.collector, []string{
		"MONITORINK_QUEUE=kafka", "MONITORINK_KAFKA_BROKERS=" + strings.Join(l.Brokers(), ","), "MONITORINK_KAFKA_TOPIC=" + topic,
		"MONITORINK_KAFKA_DLQ_TOPIC=" + letters, "MONITORINK_KAFKA_GROUP=" + group,
		"MONITORINK_STORE=postgres", "MONITORINK_POSTGRES_URL=" + url,
		"MONITORINK_COLLECTOR_ADDR=" + address, "MONITORINK_LOG_LEVEL=warn",
	}, "run")
	if err != nil {
		remove()
		return nil, err
	}
	return &running{process, address, topic, func() {
		process.Kill()
		l.kafka.DropGroup(group)
		remove()
	}}, nil
}

func (r *running) metric(ctx context.Context, name string) (int64, error) {
	return rig.Metric(ctx, r.address, name)
}

// saved is how many measurements it has saved.
func (r *running) saved(ctx context.Context) (int64, error) {
	return r.metric(ctx, `monitorink_events_saved_total{kind="measurement"}`)
}

// An ingest is what is measured now: rate a second, every monitor in turn.
type ingest struct {
	published atomic.Int64 // acknowledged
	stop      func() error
}

func (l *lab) ingest(ctx context.Context, topic string) *ingest {
	ctx, cancel := context.WithCancel(ctx)
	i := &ingest{}
	ended := make(chan error, 1)
	from := time.Now().UTC().Truncate(time.Second)
	go func() { // stop waits for it
		ended <- l.kafka.Pace(ctx, topic, l.rate, &i.published, func(k int) (queue.Message, error) {
			at := from.Add(time.Duration(k) * time.Second / time.Duration(l.rate)).Truncate(time.Millisecond)
			return queue.Encode(l.shape.measurement(k%l.monitors, at))
		})
	}()
	i.stop = func() error {
		cancel()
		return <-ended
	}
	return i
}
