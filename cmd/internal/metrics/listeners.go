package metrics

import "github.com/prometheus/client_golang/prometheus"

// Listeners returns what web.Options wants to tell of those who listen to events.
func (r *Registry) Listeners() (listening func(now int), dropped func()) {
	now := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "event_listeners", Help: "Streams of events that are open.",
	})
	gone := prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: namespace, Name: "event_listeners_dropped_total", Help: "Listeners to events that did not read what they were sent, and were sent away.",
	})
	r.reg.MustRegister(now, gone)
	return func(n int) { now.Set(float64(n)) }, gone.Inc
}
