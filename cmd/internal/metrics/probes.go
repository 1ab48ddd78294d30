package metrics

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/monitorink/monitorink/data"
)

// durations are the classic buckets of what takes milliseconds to seconds.
var durations = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// classic describes a histogram of seconds in the given buckets.
func classic(name, help string, buckets []float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}
}

// native describes one that has, for scrapers that know them, native buckets too: each
// 10 percent wider than the one before, at most 100 at a time. To observe takes half as
// long again (16 ns).
func native(name, help string, buckets []float64) prometheus.HistogramOpts {
	o := classic(name, help, buckets)
	o.NativeHistogramBucketFactor, o.NativeHistogramMaxBucketNumber, o.NativeHistogramMinResetDuration = 1.1, 100, time.Hour
	return o
}

// Observe returns what Options.Observe of a heartbeat wants.
func (r *Registry) Observe() func(*data.Measurement) {
	duration := prometheus.NewHistogramVec(native("probe_duration_seconds", "Total time of probes, by state.", durations), []string{"state"})
	late := prometheus.NewHistogram(classic("probe_late_seconds", "How long after their instant probes began.", durations))
	degraded := prometheus.NewHistogram(classic("probe_degraded_seconds",
		"By how much probes may have taken too long because the prober was starved.", slices.Concat([]float64{0}, durations[2:])))
	errors := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: namespace, Name: "probe_errors_total", Help: "Probes that found their target down, by kind of error.",
	}, []string{"kind"})
	for _, k := range data.ErrorKinds() {
		errors.WithLabelValues(string(k))
	}
	r.reg.MustRegister(duration, late, degraded, errors)
	up, down := duration.WithLabelValues(string(data.Up)), duration.WithLabelValues(string(data.Down))
	return func(m *data.Measurement) {
		late.Observe(m.Late.Seconds())
		degraded.Observe(m.Degraded.Seconds())
		took := up
		if m.State == data.Down {
			took = down
			errors.WithLabelValues(string(m.Error.Kind)).Inc()
		}
		if m.Trace == "" {
			took.Observe(m.Phases.Total.D().Seconds())
			return
		}
		took.(prometheus.ExemplarObserver).ObserveWithExemplar(m.Phases.Total.D().Seconds(), prometheus.Labels{"trace_id": m.Trace})
	}
}
