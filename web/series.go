package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// A point is a bucket as the API tells of it. What was not measured is absent.
type point struct {
	From   string                   `json:"from"`
	Up     int64                    `json:"up"`
	Down   int64                    `json:"down"`
	Gaps   map[data.Reason]int64    `json:"gaps"`
	Errors map[data.ErrorKind]int64 `json:"errors"`
	Total  *latency                 `json:"total,omitempty"`
	Phases map[string]*latency      `json:"phases"`
}

// A latency is what many durations have in common, in microseconds.
type latency struct {
	Count int64 `json:"count"`
	Min   int64 `json:"min_us"`
	Mean  int64 `json:"mean_us"`
	Max   int64 `json:"max_us"`
	P50   int64 `json:"p50_us"`
	P95   int64 `json:"p95_us"`
	P99   int64 `json:"p99_us"`
}

// latencyOf is nil when l counts nothing.
func latencyOf(l *store.Latency) *latency {
	if l.Count == 0 {
		return nil
	}
	// A histogram is a little off, and what nobody measured is no quantile.
	q := func(share float64) int64 { return min(max(l.Histogram.Quantile(share), l.Min), l.Max).Microseconds() }
	return &latency{l.Count, l.Min.Microseconds(), l.Mean().Microseconds(), l.Max.Microseconds(), q(0.5), q(0.95), q(0.99)}
}

func pointOf(b *store.Bucket) point {
	p := point{From: stamp(b.From), Up: b.Up, Down: b.Down, Gaps: b.Gaps, Errors: b.Errors, Total: latencyOf(&b.Total), Phases: map[string]*latency{}}
	if p.Gaps == nil {
		p.Gaps = map[data.Reason]int64{}
	}
	if p.Errors == nil {
		p.Errors = map[data.ErrorKind]int64{}
	}
	for i := range b.Phases {
		if l := latencyOf(&b.Phases[i]); l != nil {
			p.Phases[data.PhaseNames[i]] = l
		}
	}
	return p
}

// stamp is an instant as the API tells it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// scheduled is the instant of a slot, as events have it.
func scheduled(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// tiers are the names of what a series is made of.
var tiers = map[time.Duration]string{0: "raw", store.Minute: "minute", store.Hour: "hour", store.Day: "day"}

// bounded sets the bounds of q that are absent: a series has both.
func (q *query) bounded() error {
	if q.To.IsZero() { // the end of this minute, so that what has not changed has the same tag
		q.To = time.Now().UTC().Add(store.Minute - 1).Truncate(store.Minute)
	}
	switch {
	case !q.From.IsZero():
	case q.values.Has("from"): // the first instant that can be asked for, which a store takes for no bound
		q.From = q.From.Add(time.Millisecond)
	default:
		q.From = q.To.Add(-store.Day)
	}
	if q.To.Before(q.From) {
		return &badParameter{"from", stamp(q.From), "not after to, which is now when it is absent"}
	}
	return nil
}

func (a *api) series(w http.ResponseWriter, r *http.Request, q query) error {
	cache := until(q.To)
	if err := q.bounded(); err != nil {
		return err
	}
	got, err := a.seriesOf(r.Context(), &q)
	if err != nil {
		return err
	}
	items := make([]point, 0, len(got.Buckets))
	for i := range got.Buckets {
		items = append(items, pointOf(&got.Buckets[i]))
	}
	out := map[string]any{
		"monitor": q.Monitor, "from": stamp(q.From), "to": stamp(q.To), "step_us": q.step.Microseconds(), "tier": tiers[got.Tier], "items": items,
	}
	if !got.Since.IsZero() {
		out["since"] = stamp(got.Since)
	}
	return answer(w, r, cache, out)
}

// seriesOf reads the series that q asks for, and puts the step into q when it is
// to be chosen: the shortest at which there are few enough points, or if at that one
// the beginning has expired, the shortest of a coarser tier that has it.
func (a *api) seriesOf(ctx context.Context, q *query) (store.Series, error) {
	chosen := q.step == 0
	if chosen {
		q.step = store.ShortestStep(q.From, q.To, chosenPoints)
	} else if least := store.ShortestStep(q.From, q.To, store.MaxBuckets); q.step < least {
		return store.Series{}, &badParameter{"step", stepText(q.step), fmt.Sprintf(
			"%s or more, or left out, for a range of this length: a series has at most %d points", stepText(least), store.MaxBuckets)}
	}
	for {
		got, err := a.store.Series(ctx, store.SeriesQuery{Monitor: q.Monitor, Location: q.Location, From: q.From, To: q.To, Step: q.step})
		if errors.Is(err, store.ErrStep) {
			return got, &refusal{http.StatusBadRequest, err.Error()}
		}
		next := coarser(q.step)
		if err != nil || !chosen || next == 0 || !got.Since.After(q.From) {
			return got, err
		}
		q.step = next
	}
}
