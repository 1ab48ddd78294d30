package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// Saver returns to, with its saves timed, and the way of each measurement from the
// end of its probe to the store.
func (r *Registry) Saver(to store.Saver) store.Saver {
	s := &saver{
		to: to,
		took: prometheus.NewHistogramVec(native("save_duration_seconds", "Time of tries to save a batch, by how they ended.", durations),
			[]string{"outcome"}),
		delay: prometheus.NewHistogram(native("store_delay_seconds",
			"From the end of a probe until the store has its measurement; hours after an outage.",
			[]float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60, 300, 1800, 7200, 86400})),
	}
	r.reg.MustRegister(s.took, s.delay)
	s.saved, s.failed = s.took.WithLabelValues("saved"), s.took.WithLabelValues("failed")
	return s
}

type saver struct {
	to            store.Saver
	took          *prometheus.HistogramVec
	saved, failed prometheus.Observer
	delay         prometheus.Histogram
}

// Save is that of the saver behind.
func (s *saver) Save(ctx context.Context, events []data.Event) ([]store.Refusal, error) {
	began := time.Now()
	refusals, err := s.to.Save(ctx, events)
	now := time.Now()
	if err != nil {
		s.failed.Observe(now.Sub(began).Seconds())
		return refusals, err
	}
	s.saved.Observe(now.Sub(began).Seconds())
	for _, e := range events {
		if m, ok := e.(*data.Measurement); ok {
			s.observe(m, now)
		}
	}
	return refusals, nil
}

// observe counts nothing as less than no time: the prober's clock may be ahead of ours.
func (s *saver) observe(m *data.Measurement, now time.Time) {
	delay := max(now.Sub(m.Started.Add(m.Phases.Total.D())), 0).Seconds()
	if m.Trace == "" {
		s.delay.Observe(delay)
		return
	}
	s.delay.(prometheus.ExemplarObserver).ObserveWithExemplar(delay, prometheus.Labels{"trace_id": m.Trace})
}
