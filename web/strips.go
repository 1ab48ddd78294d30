package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/monitorink/monitorink/store"
)

const (
	stripMonitors = 100 // of one request
	stripSteps    = 400 // of one strip
)

// stripsOf are the steps by name, and how far back a strip goes when from does not say.
var stripsOf = map[string]struct{ step, back time.Duration }{
	"1d": {store.Day, 90 * store.Day}, "1h": {store.Hour, store.Day}, "1m": {store.Minute, store.Hour},
}

var (
	paramMonitor = parameter{
		name: "monitor", does: fmt.Sprintf("A monitor's id; up to %d times.", stripMonitors), often: true,
		schema: object{"type": "string"},
		read: func(q *query, _ string) string {
			if len(q.values["monitor"]) > stripMonitors {
				return fmt.Sprintf("given at most %d times", stripMonitors)
			}
			return ""
		},
	}
	paramStripStep = parameter{
		name: "step", does: "How long a bucket is.", schema: object{"type": "string", "enum": []string{"1d", "1h", "1m"}, "default": "1d"},
		read: func(q *query, v string) string {
			if q.step = stripsOf[v].step; q.step == 0 {
				return "1d, 1h or 1m"
			}
			return ""
		},
	}
)

// A strip is the recent past of a monitor at a location. A bucket is its offset from
// from in steps, slots up, down and not measured, and the mean total time in
// microseconds, or nil.
type strip struct {
	Monitor  string   `json:"monitor"`
	Location string   `json:"location"`
	Buckets  [][5]any `json:"buckets"`
}

func (a *api) strips(w http.ResponseWriter, r *http.Request, q query) error {
	cache := until(q.To)
	sq, err := q.stripQuery()
	if err != nil {
		return err
	}
	if sq.Keys, err = a.keys(r, q.values["monitor"], q.Location); err != nil {
		return err
	}
	if len(sq.Keys) > store.MaxLimit {
		return &badParameter{"monitor", strconv.Itoa(len(q.values["monitor"])) + " ids", fmt.Sprintf(
			"given less often, or location chosen: these are %d strips, and at most %d come at once", len(sq.Keys), store.MaxLimit)}
	}
	items := []strip{}
	if len(sq.Keys) > 0 {
		got, err := a.store.Strips(r.Context(), sq)
		if err != nil {
			return err
		}
		for i, k := range sq.Keys {
			items = append(items, strip{k.Monitor, k.Location, stripOf(got[i], sq)})
		}
	}
	return answer(w, r, cache, object{"step_us": sq.Step.Microseconds(), "from": stamp(sq.From), "to": stamp(sq.To), "items": items})
}

func stripOf(buckets []store.Bucket, q store.StripQuery) [][5]any {
	out := make([][5]any, 0, len(buckets))
	for i := range buckets {
		b := &buckets[i]
		missed := b.Missed()
		if b.Up+b.Down+missed == 0 {
			continue
		}
		var mean any
		if b.Total.Count > 0 {
			mean = b.Total.Mean().Microseconds()
		}
		out = append(out, [5]any{int64(b.From.Sub(q.From) / q.Step), b.Up, b.Down, missed, mean})
	}
	return out
}

// stripQuery is the time that q asks for, in whole steps.
func (q *query) stripQuery() (s store.StripQuery, err error) {
	if s.Step = q.step; s.Step == 0 {
		s.Step = store.Day
	}
	if s.To = q.To; s.To.IsZero() {
		s.To = time.Now()
	}
	s.To = s.To.UTC().Add(s.Step - 1).Truncate(s.Step)
	s.From = q.From.UTC().Truncate(s.Step)
	if q.From.IsZero() && !q.values.Has("from") {
		for _, of := range stripsOf {
			if of.step == s.Step {
				s.From = s.To.Add(-of.back)
			}
		}
	}
	switch steps := s.To.Sub(s.From) / s.Step; {
	case s.To.Before(s.From):
		return s, &badParameter{"from", stamp(q.From), "not after to, which is now when it is absent"}
	case steps > stripSteps:
		return s, &badParameter{"from", stamp(q.From), fmt.Sprintf("at most %d steps before to, or the step longer", stripSteps)}
	}
	return s, nil
}

// keys are the places of monitors, in their order and each once. The board knows
// them; of a monitor that it does not know yet the store is asked.
func (a *api) keys(r *http.Request, monitors []string, location string) (keys []store.Key, err error) {
	v, err := a.board.now(r.Context())
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, id := range monitors {
		if seen[id] {
			continue
		}
		seen[id] = true
		before := len(keys)
		i, _ := slices.BinarySearchFunc(v.rows, store.Key{Monitor: id}, func(r *row, k store.Key) int { return compareKeys(r.Key, k) })
		for ; i < len(v.rows) && v.rows[i].Monitor == id; i++ {
			keys = append(keys, v.rows[i].Key)
		}
		if len(keys) > before {
			continue
		}
		list, err := a.store.Monitor(r.Context(), id)
		if err != nil && !errors.Is(err, store.ErrUnknown) {
			return nil, err
		}
		for _, s := range list {
			keys = append(keys, store.Key{Monitor: s.Monitor, Location: s.Location})
		}
	}
	if location != "" {
		keys = slices.DeleteFunc(keys, func(k store.Key) bool { return k.Location != location })
	}
	return keys, nil
}
