package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// slot tells all of one scheduled instant: by location the attempts, the last one
// first, and the gaps that cover it.
func (a *api) slot(w http.ResponseWriter, r *http.Request, q query) error {
	at, allowed := instant(r.PathValue("scheduled_at"))
	if allowed == "" && !at.Equal(at.Truncate(time.Millisecond)) {
		allowed = "in whole milliseconds, as slots are"
	}
	if allowed != "" {
		return &badParameter{"scheduled_at", r.PathValue("scheduled_at"), allowed}
	}
	q.From, q.To = at, at.Add(time.Millisecond)
	q.Limit = store.MaxLimit
	measured, err := a.store.Measurements(r.Context(), q.Query)
	if err != nil {
		return err
	}
	covering, err := a.store.Gaps(r.Context(), q.Query)
	if err != nil {
		return err
	}
	if len(measured.Items)+len(covering.Items) == 0 {
		return &refusal{http.StatusNotFound, "nothing is known of this slot: it was not scheduled, has not come yet, is on its way, or has expired"}
	}
	slices.SortStableFunc(measured.Items, func(a, b *data.Measurement) int { return strings.Compare(a.Location, b.Location) })
	items, err := encoded(measured.Items)
	if err != nil {
		return err
	}
	gaps, err := encoded(covering.Items)
	if err != nil {
		return err
	}
	return answer(w, r, until(q.To), map[string]any{"items": items, "gaps": gaps})
}

// encoded gives events in their JSON form.
func encoded[E data.Event](events []E) ([]json.RawMessage, error) {
	out := make([]json.RawMessage, 0, len(events))
	for _, e := range events {
		b, err := data.Encode(e)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}
