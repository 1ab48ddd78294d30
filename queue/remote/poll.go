package remote

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	longestWait = time.Minute      // of a poll
	writeTime   = 30 * time.Second // for its answer
)

func (s *Server) messages(w http.ResponseWriter, r *http.Request) {
	after, most, wait, err := pollQuery(r.URL.Query())
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	n, release := s.session(w, r)
	if n == nil {
		return
	}
	defer release()
	// The listener's own deadlines would end the wait. Where they cannot be set, there are none.
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{})
	_ = rc.SetWriteDeadline(time.Now().Add(wait + writeTime))
	timer := time.NewTimer(wait)
	defer timer.Stop()
	if most > 0 {
		n.waitNews(r.Context(), after, timer.C)
	}
	b, err := n.since(after, most)
	select {
	case <-n.gone:
		problem(w, http.StatusGone, "the session has ended")
		return
	default:
	}
	switch {
	case err != nil:
		problem(w, http.StatusBadRequest, err.Error())
	case len(b) == 0:
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Content-Type", messagesType)
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		_, _ = w.Write(b) // what does not arrive is asked for again
	}
}

func pollQuery(q url.Values) (after uint64, most int, wait time.Duration, err error) {
	after, err1 := strconv.ParseUint(q.Get("after"), 10, 64)
	most, err2 := strconv.Atoi(q.Get("max"))
	wait, err3 := time.ParseDuration(q.Get("wait"))
	if err := errors.Join(err1, err2, err3); err != nil || most < 0 || wait < 0 {
		return 0, 0, 0, errors.New("write after and max as whole numbers, and wait as a duration such as 20s")
	}
	return after, most, min(wait, longestWait), nil
}

// settlements are how messages ended, by serial.
type settlements struct {
	Accepted  []uint64  `json:"accepted,omitempty"`
	Undecided []uint64  `json:"undecided,omitempty"`
	Refused   []refusal `json:"refused,omitempty"`
}

type refusal struct {
	Serial uint64 `json:"serial"`
	Reason string `json:"reason"`
}

func (s *Server) settle(w http.ResponseWriter, r *http.Request) {
	var in settlements
	if !readJSON(w, r, &in) {
		return
	}
	n, release := s.session(w, r)
	if n == nil {
		return
	}
	defer release()
	if !n.settle(in) {
		problem(w, http.StatusGone, "the session has ended")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
