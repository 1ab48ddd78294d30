package daemon

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// answerWithin is how long who asks for a reload waits at most.
const answerWithin = 25 * time.Second

type editJSON struct {
	ID     string   `json:"id"`
	Fields []string `json:"fields"`
}

// changesJSON is what a reload has changed, by ids.
type changesJSON struct {
	From      *time.Time `json:"from,omitempty"` // from when it holds
	Started   []string   `json:"started"`
	Stopped   []string   `json:"stopped"`
	Changed   []editJSON `json:"changed"`
	Refreshed []string   `json:"refreshed"`
	Unchanged int        `json:"unchanged"`
}

type problemJSON struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Monitor string `json:"monitor,omitempty"`
	Message string `json:"message"`
}

// failureJSON is problem details (RFC 9457).
type failureJSON struct {
	Type     string        `json:"type"`
	Title    string        `json:"title"`
	Status   int           `json:"status"`
	Detail   string        `json:"detail"`
	Problems []problemJSON `json:"problems,omitempty"`
	Kept     int           `json:"kept,omitempty"` // last good definitions
	Changes  *changesJSON  `json:"changes,omitempty"`
}

// ServeHTTP reloads, and answers with what has changed, and with what is wrong.
func (r *reloader) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.ContentLength != 0 {
		w.Header().Set("Connection", "close") // a body is of no use, and not waited for
	}
	r.mu.Lock()
	running := r.running != nil
	r.mu.Unlock()
	if !running {
		refuse(w, http.StatusServiceUnavailable, "the daemon is starting, and reads the monitors anyway")
		return
	}
	reply := make(chan reloaded, 1) // one value
	late := time.NewTimer(answerWithin)
	defer late.Stop()
	select {
	case r.asked <- reply:
	case <-r.ended: // told of below
	case <-late.C:
		refuse(w, http.StatusServiceUnavailable, "an earlier reload has not come to its end, and this one has not begun: see /readyz for what that waits for")
		return
	case <-req.Context().Done():
		return
	}
	select {
	case did := <-reply:
		answer(w, did)
	case <-r.ended:
		refuse(w, http.StatusServiceUnavailable, "the daemon ends")
	case <-late.C:
		refuse(w, http.StatusServiceUnavailable, "the reload has not come to its end, and goes on: it waits for the data directory or the local queue; see /readyz")
	case <-req.Context().Done():
	}
}

func answer(w http.ResponseWriter, did reloaded) {
	changes := changesJSON{
		Started: list(did.Started), Stopped: list(did.Stopped), Changed: []editJSON{}, Refreshed: list(did.Refreshed), Unchanged: did.Unchanged,
	}
	if !did.At.IsZero() {
		changes.From = &did.At
	}
	for _, e := range did.Changed {
		changes.Changed = append(changes.Changed, editJSON{e.ID, list(e.Fields)})
	}
	switch {
	case errors.Is(did.failed, errWritten):
		refuse(w, http.StatusConflict, did.failed.Error())
	case did.failed != nil:
		refuse(w, http.StatusServiceUnavailable, "nothing has changed: "+did.failed.Error())
	case len(did.wrong) > 0:
		f := failureJSON{
			Detail: "there is something wrong with the monitors; those not concerned are applied, the others keep their last good definition",
			Kept:   did.kept, Changes: &changes,
		}
		for _, p := range did.wrong {
			f.Problems = append(f.Problems, problemJSON{p.File, p.Line, p.Column, p.Monitor, p.Message})
		}
		send(w, http.StatusUnprocessableEntity, f)
	default:
		write(w, http.StatusOK, "application/json", changes)
	}
}

// list is never null in JSON.
func list(s []string) []string { return append([]string{}, s...) }

func refuse(w http.ResponseWriter, code int, detail string) {
	send(w, code, failureJSON{Detail: detail})
}

func send(w http.ResponseWriter, code int, f failureJSON) {
	f.Type, f.Title, f.Status = "about:blank", http.StatusText(code), code
	write(w, code, "application/problem+json", f)
}

func write(w http.ResponseWriter, code int, kind string, v any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil { // it is built here, of types that JSON can express
		panic(err)
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	w.Write(b.Bytes()) // an error is the client's: it has gone
}
