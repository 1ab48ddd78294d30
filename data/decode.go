package data

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Errors that Decode wraps, so that a reader can tell why it refuses an event.
var (
	// ErrMalformed: the bytes are not JSON, or a field has a value that the
	// schema does not allow.
	ErrMalformed = errors.New("malformed event")
	// ErrSchema: the schema's kind or major number is not known here.
	ErrSchema = errors.New("unknown schema")
)

// Decode reads one event. It ignores fields that it does not know, and fails
// with an error that wraps ErrMalformed or ErrSchema. It keeps nothing of b.
func Decode(b []byte) (Event, error) {
	if schema, ok := leading(b); ok {
		kind, err := kindOf(schema)
		if err != nil {
			return nil, err
		}
		if e := decodeFast(kind, b, len(beginning)+len(schema)+1); e != nil && e.validate() == nil {
			return e, nil
		}
	}
	return decodeSlowly(b)
}

// decodeSlowly reads an event in any form with encoding/json, and says what is
// wrong with it.
func decodeSlowly(b []byte) (Event, error) {
	schema, ok := leading(b)
	if !ok {
		var head struct {
			Schema *string `json:"schema"`
		}
		if err := json.Unmarshal(b, &head); err != nil {
			return nil, malformed(b, err)
		}
		if head.Schema == nil {
			return nil, fmt.Errorf("%w: it has no schema", ErrMalformed)
		}
		schema = *head.Schema
	}
	kind, err := kindOf(schema)
	if err != nil {
		return nil, err
	}
	var event Event
	switch kind {
	case KindMeasurement:
		event, err = decodeInto[measurementWire](b)
	case KindGap:
		event, err = decodeInto[gapWire](b)
	case KindRegistration:
		event, err = decodeInto[registrationWire](b)
	}
	if err != nil {
		return nil, err
	}
	if err := event.validate(); err != nil {
		return nil, err
	}
	return event, nil
}

const beginning = `{"schema":"`

// leading returns the schema where it stands first and plain, as Encode writes
// it, and saves a pass over the whole event.
func leading(b []byte) (string, bool) {
	rest, ok := bytes.CutPrefix(b, []byte(beginning))
	if !ok {
		return "", false
	}
	end := bytes.IndexByte(rest, '"')
	if end < 0 || bytes.IndexByte(rest[:end], '\\') >= 0 {
		return "", false
	}
	for _, s := range schemas {
		if string(rest[:end]) == s { // not copied
			return s, true
		}
	}
	return string(rest[:end]), true
}

func decodeInto[W interface{ event() (Event, error) }](b []byte) (Event, error) {
	var wire W
	if err := json.Unmarshal(b, &wire); err != nil {
		return nil, malformed(b, err)
	}
	e, err := wire.event()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return e, nil
}

func malformed(b []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("%w: offset %d of %d: %w", ErrMalformed, syntax.Offset, len(b), err)
	case errors.As(err, &kind):
		return fmt.Errorf("%w: offset %d of %d, field %q: a %s does not belong there", ErrMalformed, kind.Offset, len(b), kind.Field, kind.Value)
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}

// kindOf reads a schema such as measurement/1 or measurement/1.4.
func kindOf(schema string) (Kind, error) {
	name, number, _ := strings.Cut(schema, "/")
	major, minor, dotted := strings.Cut(number, ".")
	kind := Kind(name)
	known := kind == KindMeasurement || kind == KindGap || kind == KindRegistration
	if !known || major != "1" || dotted && (minor == "" || strings.Trim(minor, "0123456789") != "") {
		return "", fmt.Errorf("%w %q: this version reads %s, %s and %s", ErrSchema, schema, SchemaMeasurement, SchemaGap, SchemaRegistration)
	}
	return kind, nil
}

// instant is an RFC 3339 time; its offset is given up, its fraction kept.
type instant time.Time

func (t *instant) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	v, err := time.Parse(`"`+time.RFC3339+`"`, string(b))
	if err != nil {
		return fmt.Errorf("%s is not an RFC 3339 time", b)
	}
	*t = instant(v.UTC())
	return nil
}

func (t instant) time() time.Time { return time.Time(t) }

type phasesWire struct {
	DNS       *int64 `json:"dns_us"`
	Connect   *int64 `json:"connect_us"`
	TLS       *int64 `json:"tls_us"`
	Request   *int64 `json:"request_us"`
	FirstByte *int64 `json:"first_byte_us"`
	Transfer  *int64 `json:"transfer_us"`
	Total     *int64 `json:"total_us"`
}

func (w phasesWire) phases() Phases {
	return Phases{span(w.DNS), span(w.Connect), span(w.TLS), span(w.Request), span(w.FirstByte), span(w.Transfer), span(w.Total)}
}

func span(us *int64) Span {
	if us == nil {
		return 0
	}
	return Span(min(max(*us, 0), maxMicros)) + 1
}

// maxMicros bounds decoded durations so that nanoseconds cannot overflow.
const maxMicros = int64(1<<63-1)/1000 - 1

func micros(us int64) time.Duration {
	return time.Duration(min(max(us, -maxMicros), maxMicros)) * time.Microsecond
}

type measurementWire struct {
	Monitor   string  `json:"monitor"`
	Location  string  `json:"location"`
	Instance  string  `json:"instance"`
	Version   string  `json:"version"`
	Scheduled instant `json:"scheduled_at"`
	Attempt   int     `json:"attempt"`
	State     State   `json:"state"`
	Started   instant `json:"started_at"`
	Late      int64   `json:"late_us"`
	Degraded  int64   `json:"degraded_us"`
	Method    string  `json:"method"`
	URL       string  `json:"url"`
	HTTP      *struct {
		Status    int    `json:"status"`
		Protocol  string `json:"protocol"`
		Remote    string `json:"remote"`
		Redirects int    `json:"redirects"`
		BodyBytes *int64 `json:"body_bytes"`
	} `json:"http"`
	TLS *struct {
		Version string  `json:"version"`
		Expires instant `json:"expires_at"`
	} `json:"tls"`
	Phases phasesWire `json:"phases"`
	Hops   []struct {
		URL    string     `json:"url"`
		Status int        `json:"status"`
		Remote string     `json:"remote"`
		Phases phasesWire `json:"phases"`
	} `json:"hops"`
	Expectations []struct {
		Name string `json:"name"`
		OK   bool   `json:"ok"`
		Seen string `json:"seen"`
	} `json:"expectations"`
	Addresses []addressWire `json:"addresses"`
	Unprobed  int           `json:"unprobed"`
	Error     *errorWire    `json:"error"`
	Trace     string        `json:"trace"`
	Captured  *struct {
		Body    string            `json:"body"`
		Headers map[string]string `json:"headers"`
	} `json:"captured"`
}

type addressWire struct {
	Remote string     `json:"remote"`
	State  State      `json:"state"`
	Status int        `json:"status"`
	Phases phasesWire `json:"phases"`
	Error  *errorWire `json:"error"`
}

type errorWire struct {
	Kind    ErrorKind `json:"kind"`
	Phase   string    `json:"phase"`
	Message string    `json:"message"`
}

func (w *errorWire) error() *Error {
	if w == nil {
		return nil
	}
	return &Error{w.Kind, w.Phase, w.Message}
}

func (w measurementWire) event() (Event, error) {
	m := &Measurement{
		Monitor: w.Monitor, Location: w.Location, Instance: w.Instance, Version: w.Version,
		Scheduled: w.Scheduled.time(), Attempt: w.Attempt, State: w.State,
		Started: w.Started.time().Truncate(time.Microsecond), Late: micros(w.Late), Degraded: micros(w.Degraded),
		Method: w.Method, URL: w.URL, Phases: w.Phases.phases(), Unprobed: w.Unprobed, Error: w.Error.error(), Trace: w.Trace,
	}
	if h := w.HTTP; h != nil {
		m.HTTP = &HTTP{Status: h.Status, Protocol: h.Protocol, Remote: h.Remote, Redirects: h.Redirects, BodyBytes: -1}
		if h.BodyBytes != nil {
			m.HTTP.BodyBytes = max(*h.BodyBytes, 0)
		}
	}
	if t := w.TLS; t != nil {
		m.TLS = &TLS{Version: t.Version, Expires: t.Expires.time().Truncate(time.Second)}
	}
	if c := w.Captured; c != nil {
		m.Captured = &Captured{Body: c.Body, Headers: c.Headers}
		if len(c.Headers) == 0 {
			m.Captured.Headers = nil
		}
	}
	for _, h := range w.Hops {
		m.Hops = append(m.Hops, Hop{h.URL, h.Status, h.Remote, h.Phases.phases()})
	}
	for _, a := range w.Addresses {
		m.Addresses = append(m.Addresses, Address{a.Remote, a.State, a.Status, a.Phases.phases(), a.Error.error()})
	}
	for _, e := range w.Expectations {
		m.Expectations = append(m.Expectations, Expectation(e))
	}
	return m, nil
}

type gapWire struct {
	Monitor  string  `json:"monitor"`
	Location string  `json:"location"`
	Instance string  `json:"instance"`
	Version  string  `json:"version"`
	First    instant `json:"first_at"`
	Last     instant `json:"last_at"`
	Slots    int64   `json:"slots"`
	Reason   Reason  `json:"reason"`
}

func (w gapWire) event() (Event, error) {
	return &Gap{
		Monitor: w.Monitor, Location: w.Location, Instance: w.Instance, Version: w.Version,
		First: w.First.time(), Last: w.Last.time(), Slots: w.Slots, Reason: w.Reason,
	}, nil
}

type registrationWire struct {
	Monitor  string            `json:"monitor"`
	Location string            `json:"location"`
	Instance string            `json:"instance"`
	Version  string            `json:"version"`
	From     instant           `json:"from"`
	Removed  bool              `json:"removed"`
	Every    int64             `json:"every_us"`
	Cron     string            `json:"cron"`
	Timezone string            `json:"timezone"`
	Timeout  int64             `json:"timeout_us"`
	Method   string            `json:"method"`
	URL      string            `json:"url"`
	Labels   map[string]string `json:"labels"`
	Paused   bool              `json:"paused"`
}

func (w registrationWire) event() (Event, error) {
	r := &Registration{
		Monitor: w.Monitor, Location: w.Location, Instance: w.Instance, Version: w.Version,
		From: w.From.time(), Removed: w.Removed,
	}
	if !w.Removed {
		r.Schedule = Schedule{Every: Duration(micros(w.Every)), Cron: w.Cron, Timezone: w.Timezone}
		r.Timeout, r.Method, r.URL, r.Labels, r.Paused = micros(w.Timeout), w.Method, w.URL, w.Labels, w.Paused
		if len(r.Labels) == 0 {
			r.Labels = nil
		}
	}
	return r, nil
}
