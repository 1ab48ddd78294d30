package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

type api struct {
	store    store.Reader
	board    *board
	log      *slog.Logger
	next     func(monitor string, s data.Schedule, after time.Time) time.Time // nil: nobody knows
	document []byte                                                           // openapi.json
}

type listing[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

// A status is a monitor at a location, as the API tells of it.
type status struct {
	Monitor      string          `json:"monitor"`
	Location     string          `json:"location"`
	State        string          `json:"state"` // up, down, unknown, paused or removed
	Registration json.RawMessage `json:"registration,omitempty"`
	Last         json.RawMessage `json:"last,omitempty"`
	LastGap      json.RawMessage `json:"last_gap,omitempty"`
}

func statusOf(s store.MonitorStatus) (status, error) {
	out := status{Monitor: s.Monitor, Location: s.Location, State: stateOf(&s)}
	var err error
	encode := func(e data.Event) json.RawMessage {
		b, e2 := data.Encode(e)
		err = errors.Join(err, e2)
		return b
	}
	if s.Last != nil {
		out.Last = encode(s.Last)
	}
	if s.LastGap != nil {
		out.LastGap = encode(s.LastGap)
	}
	if r := s.Registration; r != nil {
		out.Registration = encode(r)
	}
	return out, err
}

func (a *api) monitors(w http.ResponseWriter, r *http.Request, q query) error {
	for name := range q.values {
		if name != paramLimit.name && name != paramAfter.name {
			return a.found(w, r, q)
		}
	}
	got, err := a.store.Monitors(r.Context(), store.MonitorQuery{Limit: q.Limit, After: q.After})
	if err != nil {
		return err
	}
	out := listing[status]{Items: []status{}, Next: got.Next}
	for _, s := range got.Items {
		st, err := statusOf(s)
		if err != nil {
			return err
		}
		out.Items = append(out.Items, st)
	}
	return answer(w, r, asNow, out)
}

func (a *api) monitor(w http.ResponseWriter, r *http.Request, q query) error {
	got, err := a.store.Monitor(r.Context(), q.Monitor)
	if err != nil {
		return err
	}
	out := listing[status]{Items: []status{}}
	for _, s := range got {
		st, err := statusOf(s)
		if err != nil {
			return err
		}
		out.Items = append(out.Items, st)
	}
	return answer(w, r, asNow, map[string]any{"monitor": q.Monitor, "locations": out.Items})
}

// events serves one of the lists of a monitor's events.
func events[E data.Event](a *api, list func(store.Reader, context.Context, store.Query) (store.Page[E], error)) func(http.ResponseWriter, *http.Request, query) error {
	return func(w http.ResponseWriter, r *http.Request, q query) error {
		got, err := list(a.store, r.Context(), q.Query)
		if err != nil {
			return err
		}
		items, err := encoded(got.Items)
		if err != nil {
			return err
		}
		return answer(w, r, until(q.To), listing[json.RawMessage]{Items: items, Next: got.Next})
	}
}

func (a *api) summary(w http.ResponseWriter, r *http.Request, q query) error {
	s, err := a.store.Summary(r.Context(), q.Query)
	if err != nil {
		return err
	}
	gaps, missed := map[data.Reason]int64{}, int64(0)
	for reason, n := range s.Gaps {
		gaps[reason] = n
		missed += n
	}
	out := map[string]any{"monitor": q.Monitor, "up": s.Up, "down": s.Down, "gaps": gaps}
	bound := func(name string, t time.Time) {
		if !t.IsZero() {
			out[name] = t.UTC().Format(time.RFC3339Nano)
		}
	}
	bound("from", q.From)
	bound("to", q.To)
	if measured := s.Up + s.Down; measured > 0 {
		out["uptime"] = float64(s.Up) / float64(measured) // of what was measured
		out["coverage"] = float64(measured) / float64(measured+missed)
	}
	if s.Up > 0 {
		out["latency"] = map[string]int64{
			"min_us": s.Min.Microseconds(), "mean_us": s.Mean.Microseconds(), "max_us": s.Max.Microseconds(),
		}
	}
	return answer(w, r, until(q.To), out)
}
