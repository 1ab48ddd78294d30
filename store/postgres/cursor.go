package postgres

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// The lists that cursors belong to. The number is the version of a cursor's form:
// a page that was begun before an upgrade either goes on, or is refused.
const (
	listMonitors      = "monitors/1"
	listMeasurements  = "measurements/1"
	listGaps          = "gaps/1"
	listRegistrations = "registrations/1"
)

// A place is the key of a page's last entry. Instants are milliseconds since 1970.
type place struct {
	List     string `json:"list"`
	Monitor  string `json:"m,omitempty"`
	Location string `json:"l"`
	At       int64  `json:"t,omitempty"`
	First    int64  `json:"f,omitempty"`
	Reason   string `json:"r,omitempty"`
	Attempt  int    `json:"a,omitempty"`
}

func (p place) encode() string {
	b, err := json.Marshal(p)
	if err != nil { // it holds numbers and texts only
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// longestCursor is more than any that encode gives: of what an id may hold, JSON
// writes a byte in six at most.
const longestCursor = 1 << 13

// decodePlace reads a cursor of list. It takes only what encode writes, and of
// that only what the database can compare with.
func decodePlace(s, list string) (p place, err error) {
	if len(s) > longestCursor {
		return p, fmt.Errorf("%d bytes: %w", len(s), store.ErrCursor)
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil || p.List != list || p.encode() != s || !p.valid() {
		return place{}, fmt.Errorf("%q: %w", s, store.ErrCursor)
	}
	return p, nil
}

func (p place) valid() bool {
	within := func(ms int64) bool { return ms >= 0 && ms < endOfTime.UnixMilli() }
	return data.CheckID(p.Location) == nil && within(p.At) && within(p.First) &&
		(p.Reason == "" || data.CheckID(p.Reason) == nil) && p.Attempt >= 0 && p.Attempt <= 100 &&
		(p.List != listMonitors || data.CheckID(p.Monitor) == nil)
}

// The instants that events may have lie between these.
var (
	startOfTime = time.Unix(0, 0).UTC()
	endOfTime   = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
)

// bounds returns the range of q in whole milliseconds, as events have them, and
// within what the database can hold; the end is exclusive.
func bounds(q store.Query) (from, to time.Time) {
	from, to = startOfTime, endOfTime
	if !q.From.IsZero() {
		from = inTime(q.From)
	}
	if !q.To.IsZero() {
		to = inTime(q.To)
	}
	return from, to
}

// inTime is the first whole millisecond from t on, within the range of events.
func inTime(t time.Time) time.Time {
	switch {
	case t.Before(startOfTime):
		return startOfTime
	case t.After(endOfTime):
		return endOfTime
	}
	whole := t.Truncate(time.Millisecond)
	if whole.Before(t) {
		whole = whole.Add(time.Millisecond)
	}
	return whole.UTC()
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
