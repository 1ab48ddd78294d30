package metrics

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Requests returns h, with its requests counted and timed by route: the pattern that
// the path has matched, and not the path, which anybody may make up.
func (r *Registry) Requests(h http.Handler) http.Handler {
	took := prometheus.NewHistogramVec(native("http_request_duration_seconds",
		"Time from a request's head to the end of its answer, by route; streams of events are as long as somebody listens.", durations),
		[]string{"route", "method", "code"})
	busy := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "http_requests_in_flight", Help: "Requests that are being answered.",
	})
	r.reg.MustRegister(took, busy)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		busy.Inc()
		defer busy.Dec()
		began, seen := time.Now(), &answer{ResponseWriter: w, code: http.StatusOK}
		h.ServeHTTP(seen, req)
		took.WithLabelValues(route(req.Pattern), method(req.Method), strconv.Itoa(seen.code)).Observe(time.Since(began).Seconds())
	})
}

// route is the path of a pattern.
func route(pattern string) string {
	if _, path, ok := strings.Cut(pattern, " "); ok {
		return path
	}
	return pattern
}

// method is one of those that there are, and not one that somebody has made up.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// An answer remembers the status of what it passes on.
type answer struct {
	http.ResponseWriter
	code    int
	written bool
}

// WriteHeader passes the first status on that is no hint.
func (a *answer) WriteHeader(code int) {
	if !a.written && code >= 200 {
		a.code, a.written = code, true
	}
	a.ResponseWriter.WriteHeader(code)
}

// Write passes b on.
func (a *answer) Write(b []byte) (int, error) {
	a.written = true
	return a.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController flush and set deadlines.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
