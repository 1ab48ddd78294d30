package postgres

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/monitorink/monitorink/data"
)

// detail is the form of measurement.detail: what a plain measurement has not.
type detail struct {
	Phase        string           `json:"phase,omitempty"`   // of the error
	Message      string           `json:"message,omitempty"` // of the error
	Redirects    int              `json:"redirects,omitempty"`
	Hops         []detailHop      `json:"hops,omitempty"`
	Expectations []detailExpected `json:"expectations,omitempty"`
	Trace        string           `json:"trace,omitempty"`
	Addresses    []detailAddress  `json:"addresses,omitempty"`
	Unprobed     int              `json:"unprobed,omitempty"`
	Captured     *detailCaptured  `json:"captured,omitempty"`

	// Event is the measurement as a whole when a value of it fits no column;
	// the columns then hold the nearest that does.
	Event json.RawMessage `json:"event,omitempty"`
}

type detailHop struct {
	URL    string `json:"url"`
	Status int    `json:"status,omitempty"`
	Remote string `json:"remote,omitempty"`
	detailPhases
}

type detailAddress struct {
	Remote string       `json:"remote"`
	Status int          `json:"status,omitempty"`
	Error  *detailError `json:"error,omitempty"` // absent: it is up
	detailPhases
}

type detailPhases struct {
	DNS       *int64 `json:"dns_us,omitempty"`
	Connect   *int64 `json:"connect_us,omitempty"`
	TLS       *int64 `json:"tls_us,omitempty"`
	Request   *int64 `json:"request_us,omitempty"`
	FirstByte *int64 `json:"first_byte_us,omitempty"`
	Transfer  *int64 `json:"transfer_us,omitempty"`
	Total     *int64 `json:"total_us,omitempty"`
}

type detailCaptured struct {
	Body    string            `json:"body,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
}

type detailError struct {
	Kind    data.ErrorKind `json:"kind"`
	Phase   string         `json:"phase,omitempty"`
	Message string         `json:"message,omitempty"`
}

type detailExpected struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Seen string `json:"seen,omitempty"`
}

func detailMicros(s data.Span) *int64 {
	if !s.Measured() {
		return nil
	}
	us := int64(s) - 1
	return &us
}

func detailSpan(us *int64) data.Span {
	if us == nil {
		return 0
	}
	return data.Span(*us + 1)
}

func detailPhasesOf(p data.Phases) detailPhases {
	return detailPhases{
		detailMicros(p.DNS), detailMicros(p.Connect), detailMicros(p.TLS), detailMicros(p.Request), detailMicros(p.FirstByte), detailMicros(p.Transfer), detailMicros(p.Total),
	}
}

// phases is the inverse of detailPhasesOf.
func (d detailPhases) phases() data.Phases {
	return data.Phases{
		DNS: detailSpan(d.DNS), Connect: detailSpan(d.Connect), TLS: detailSpan(d.TLS), Request: detailSpan(d.Request),
		FirstByte: detailSpan(d.FirstByte), Transfer: detailSpan(d.Transfer), Total: detailSpan(d.Total),
	}
}

func detailHops(hops []data.Hop) []detailHop {
	var all []detailHop
	for _, h := range hops {
		all = append(all, detailHop{h.URL, h.Status, h.Remote, detailPhasesOf(h.Phases)})
	}
	return all
}

// hop is the inverse of detailHops.
func (h detailHop) hop() data.Hop {
	return data.Hop{URL: h.URL, Status: h.Status, Remote: h.Remote, Phases: h.phases()}
}

func detailAddresses(list []data.Address) []detailAddress {
	var all []detailAddress
	for _, a := range list {
		all = append(all, detailAddress{a.Remote, a.Status, (*detailError)(a.Error), detailPhasesOf(a.Phases)})
	}
	return all
}

// address is the inverse of detailAddresses.
func (d detailAddress) address() data.Address {
	a := data.Address{Remote: d.Remote, State: data.Up, Status: d.Status, Phases: d.phases(), Error: (*data.Error)(d.Error)}
	if a.Error != nil {
		a.State = data.Down
	}
	return a
}

// told reports whether every expectation of m was met, and saw just what other
// columns tell: the profile then holds their names, and no row holds them.
func told(m *data.Measurement) bool {
	for i := range m.Expectations {
		e := &m.Expectations[i]
		if !e.OK {
			return false
		}
		if e.Name == "status" && m.HTTP != nil { // nearly always, and without an allocation
			var b [20]byte
			if string(strconv.AppendInt(b[:0], int64(m.HTTP.Status), 10)) == e.Seen {
				continue
			}
			return false
		}
		if e.Seen != seen(m, e.Name) {
			return false
		}
	}
	return true
}

// seen is what an expectation of that name sees in a measurement, as far as the
// other fields tell it.
func seen(m *data.Measurement, name string) string {
	switch {
	case name == "status" && m.HTTP != nil:
		return strconv.Itoa(m.HTTP.Status)
	case name == "protocol" && m.HTTP != nil:
		return m.HTTP.Protocol
	case name == "tls" && m.TLS != nil:
		return m.TLS.Version
	case name == "body.size" && m.HTTP != nil && m.HTTP.BodyBytes >= 0:
		return strconv.FormatInt(m.HTTP.BodyBytes, 10)
	case name == "latency" && m.Phases.Total.Measured():
		return m.Phases.Total.D().String()
	case name == "certificate" && m.TLS != nil:
		expires := m.TLS.Expires.UTC().Truncate(time.Second)
		left := expires.Sub(m.Started.Truncate(time.Microsecond).Add(m.Phases.Total.D()))
		text := left.Round(time.Second).String()
		if left.Abs() >= 48*time.Hour {
			text = strconv.FormatInt(int64(left/(24*time.Hour)), 10) + "d"
		}
		return text + " until " + expires.Format(time.RFC3339)
	}
	return ""
}
