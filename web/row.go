package web

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// A row is what the board holds of a monitor at a location; it never changes.
type row struct {
	store.Key
	state   string
	last    int64 // scheduled instant of the last measurement, in ms since 1970
	total   int64 // µs
	status  int64
	url     string
	labels  []label        // sorted
	every   int64          // µs
	cron    *data.Schedule // nil: it has an interval, or no schedule is known
	expires int64          // ms since 1970

	failed               bool
	kind, phase, message string // of the error

	reason  data.Reason // of the gap after the last measurement; empty: none
	missing int64       // its last slot, in ms since 1970
}

type label struct{ name, value string }

// none is the number of what is not known.
const none = math.MinInt64

// messageSize is how many characters of an error's text a row has.
const messageSize = 160

// rowOf makes a row of s.
func rowOf(s *store.MonitorStatus) *row {
	r := &row{
		Key: store.Key{Monitor: s.Monitor, Location: s.Location}, state: stateOf(s),
		last: none, total: none, status: none, every: none, expires: none,
	}
	if m := s.Last; m != nil {
		r.last, r.url = m.Scheduled.UnixMilli(), m.URL
		if m.Phases.Total.Measured() {
			r.total = m.Phases.Total.D().Microseconds()
		}
		if m.HTTP != nil {
			r.status = int64(m.HTTP.Status)
		}
		if m.TLS != nil && !m.TLS.Expires.IsZero() {
			r.expires = m.TLS.Expires.UnixMilli()
		}
		if e := m.Error; e != nil {
			r.failed, r.kind, r.phase, r.message = true, string(e.Kind), e.Phase, cut(data.MaskCredentials(e.Message), messageSize)
		}
	}
	if g := s.LastGap; g != nil && (s.Last == nil || g.Last.After(s.Last.Scheduled)) {
		r.reason, r.missing = g.Reason, g.Last.UnixMilli()
	}
	if d := s.Registration; d != nil && !d.Removed {
		r.url = d.URL
		switch schedule := d.Schedule; {
		case schedule.Every > 0:
			r.every = time.Duration(schedule.Every).Microseconds()
		case schedule.Cron != "":
			r.cron = &schedule
		}
		for name, value := range d.Labels {
			r.labels = append(r.labels, label{name, value})
		}
		slices.SortFunc(r.labels, func(a, b label) int { return strings.Compare(a.name, b.name) })
	}
	r.url = data.MaskCredentials(r.url)
	return r
}

// stateOf is up, down, unknown, paused or removed.
func stateOf(s *store.MonitorStatus) string {
	switch {
	case s.Registration != nil && s.Registration.Removed:
		return "removed"
	case s.Registration != nil && s.Registration.Paused:
		return "paused"
	case s.Last != nil:
		return string(s.Last.State)
	}
	return "unknown"
}

// cut is the first n characters of s.
func cut(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// A field is one of a row, and how its JSON is added to b.
type field struct {
	name string
	add  func(b []byte, r *row) []byte
}

// fields are the columns of the overview and of changes. The first two say which
// row it is.
var fields = []field{
	{"monitor", func(b []byte, r *row) []byte { return addText(b, r.Monitor) }},
	{"location", func(b []byte, r *row) []byte { return addText(b, r.Location) }},
	{"state", func(b []byte, r *row) []byte { return addText(b, r.state) }},
	{"last_ms", func(b []byte, r *row) []byte { return addNumber(b, r.last) }},
	{"total_us", func(b []byte, r *row) []byte { return addNumber(b, r.total) }},
	{"status", func(b []byte, r *row) []byte { return addNumber(b, r.status) }},
	{"error", func(b []byte, r *row) []byte {
		if !r.failed {
			return append(b, "null"...)
		}
		b = addText(append(b, `{"kind":`...), r.kind)
		b = addText(append(b, `,"phase":`...), r.phase)
		return append(addText(append(b, `,"message":`...), r.message), '}')
	}},
	{"url", func(b []byte, r *row) []byte {
		if r.url == "" {
			return append(b, "null"...)
		}
		return addText(b, r.url)
	}},
	{"labels", func(b []byte, r *row) []byte {
		if len(r.labels) == 0 {
			return append(b, "null"...)
		}
		for i, l := range r.labels {
			b = append(b, "{,"[min(i, 1)])
			b = addText(append(addText(b, l.name), ':'), l.value)
		}
		return append(b, '}')
	}},
	{"gap", func(b []byte, r *row) []byte {
		if r.reason == "" {
			return append(b, "null"...)
		}
		b = addText(append(b, `{"reason":`...), string(r.reason))
		return append(addNumber(append(b, `,"last_ms":`...), r.missing), '}')
	}},
	{"expires_ms", func(b []byte, r *row) []byte { return addNumber(b, r.expires) }},
	{"every_us", func(b []byte, r *row) []byte { return addNumber(b, r.every) }},
}

func addNumber(b []byte, n int64) []byte {
	if n == none {
		return append(b, "null"...)
	}
	return strconv.AppendInt(b, n, 10)
}

// addText adds s as JSON does.
func addText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			q, err := json.Marshal(s)
			if err != nil { // there is no text that it cannot write
				panic(err)
			}
			return append(b, q...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// addRow adds r as an object: whole, or with only those fields that were not so in
// old.
func addRow(b []byte, r, old *row) []byte {
	b = append(b, '{')
	var was []byte
	for i, c := range fields {
		at := len(b)
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), c.name...), `":`...)
		value := len(b)
		b = c.add(b, r)
		if i < 2 || old == nil {
			continue
		}
		if was = c.add(was[:0], old); string(was) == string(b[value:]) {
			b = b[:at]
		}
	}
	return append(b, '}')
}
