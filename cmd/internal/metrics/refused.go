package metrics

import "github.com/prometheus/client_golang/prometheus"

// Refused returns what counts the requests that were refused, by reason.
func (r *Registry) Refused() func(reason string) {
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: namespace, Name: "http_refused_total",
		Help: "Requests refused: a wrong token, too many of them (throttled), a token that may only read (role), a name that is not this machine's (host), a page of another site (origin).",
	}, []string{"reason"})
	for _, reason := range []string{"token", "throttled", "role", "host", "origin"} {
		refused.WithLabelValues(reason)
	}
	r.reg.MustRegister(refused)
	return func(reason string) { refused.WithLabelValues(reason).Inc() }
}
