package web

import (
	"net/http"

	"github.com/monitorink/monitorink/store"
)

// An incident is a run of slots that are down, as the API tells of it.
type incident struct {
	Monitor  string `json:"monitor"`
	Location string `json:"location"`
	From     string `json:"from"`
	To       string `json:"to,omitempty"` // absent: it lasts
	Last     string `json:"last"`
	Down     int64  `json:"down"`
	Cause    *cause `json:"cause,omitempty"`
}

// A cause is the error of an incident's first slot.
type cause struct {
	Kind    string `json:"kind"`
	Phase   string `json:"phase"`
	Message string `json:"message"`
}

func incidentOf(i store.Incident) incident {
	out := incident{Monitor: i.Monitor, Location: i.Location, From: scheduled(i.From), Last: scheduled(i.Last), Down: i.Down}
	if !i.To.IsZero() {
		out.To = scheduled(i.To)
	}
	if i.Cause != nil {
		out.Cause = &cause{string(i.Cause.Kind), i.Cause.Phase, i.Cause.Message}
	}
	return out
}

func (a *api) incidents(w http.ResponseWriter, r *http.Request, q query) error {
	got, err := a.store.Incidents(r.Context(), q.Query)
	if err != nil {
		return err
	}
	out := listing[incident]{Items: make([]incident, 0, len(got.Items)), Next: got.Next}
	for _, i := range got.Items {
		out.Items = append(out.Items, incidentOf(i))
	}
	return answer(w, r, until(q.To), out)
}
