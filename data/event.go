package data

import "time"

// A Kind names what an event tells.
type Kind string

// The kinds of event.
const (
	KindMeasurement  Kind = "measurement"
	KindGap          Kind = "gap"
	KindRegistration Kind = "registration"
)

// An Event is a *[Measurement], a *[Gap] or a *[Registration]. Events are
// immutable once they have been handed on.
type Event interface {
	Kind() Kind
	// Key is the monitor's id, which events are partitioned and ordered by.
	Key() string
	appendJSON(b []byte) []byte
	validate() error
}

// A State says how a slot's target was found.
type State string

// The states of a measurement.
const (
	Up   State = "up"
	Down State = "down"
)

// A Measurement is what one attempt found in one slot.
// (Monitor, Location, Scheduled, Attempt) is its identity.
type Measurement struct {
	Monitor   string
	Location  string
	Instance  string // the process that measured
	Version   string // of the definition that was probed
	Scheduled time.Time
	Attempt   int // from 1

	State    State
	Started  time.Time
	Late     time.Duration // Started after Scheduled
	Degraded time.Duration // by how much it may be too long because the prober itself was starved

	Method string
	URL    string
	HTTP   *HTTP // nil: no response
	TLS    *TLS  // nil: no TLS
	Phases Phases
	Hops   []Hop // one for each request, when redirects were followed

	// Addresses are those of the name, when each was probed in its own right. The
	// rest of the measurement is of the first that is down, or of the first.
	Addresses []Address
	// Unprobed is how many addresses the name has beyond those.
	Unprobed int

	Expectations []Expectation
	Error        *Error // nil exactly when State is Up
	// Trace is the trace id that the target was sent, 32 hexadecimal digits, or
	// empty.
	Trace string
	// Captured is a piece of the answer of a measurement that is down; nil: none
	// was asked for, or there was no answer.
	Captured *Captured
}

// Captured is a piece of an answer. Secrets are masked, what was left out is marked
// with …, and what is no text is U+FFFD.
type Captured struct {
	Body    string            // the beginning of it, after decompression
	Headers map[string]string // several of a name are joined by a comma and a space
}

// HTTP describes the last response.
type HTTP struct {
	Status    int
	Protocol  string // HTTP/1.1
	Remote    string // address and port
	Redirects int    // followed
	BodyBytes int64  // read, after decompression; -1: not read
}

// TLS describes the last connection's security.
type TLS struct {
	Version string // TLS 1.3
	// Expires is when the first certificate of the verified chain ends.
	Expires time.Time
}

// Phases are the parts of a probe's time, summed over redirects. They follow
// one another: all but Total add up to Total within 1 %.
type Phases struct {
	DNS       Span // looking up the name
	Connect   Span // TCP
	TLS       Span // handshake
	Request   Span // writing the request, and what is spent before it
	FirstByte Span // from the request written to the first byte of the answer
	Transfer  Span // from the first byte to the end of what was read
	Total     Span
}

// NumPhases is how many phases there are, without the total.
const NumPhases = 6

// PhaseNames are the phases' names, in their order.
var PhaseNames = [NumPhases]string{"dns", "connect", "tls", "request", "first_byte", "transfer"}

// List returns the phases in their order, without the total.
func (p Phases) List() [NumPhases]Span {
	return [NumPhases]Span{p.DNS, p.Connect, p.TLS, p.Request, p.FirstByte, p.Transfer}
}

// A Hop is one request on the way through redirects.
type Hop struct {
	URL    string
	Status int // 0: no response
	Remote string
	Phases Phases
}

// An Address is how a target was found at one address of its name.
type Address struct {
	Remote string // address and port
	State  State
	Status int // 0: no response
	Phases Phases
	Error  *Error // nil exactly when State is Up
}

// An Expectation is one judged expectation. Seen is bounded.
type Expectation struct {
	Name string
	OK   bool
	Seen string
}

// An Error says why a measurement is down.
type Error struct {
	Kind ErrorKind
	// Phase is what was under way (dns, connect, tls, request, first_byte,
	// transfer), or empty.
	Phase   string
	Message string
}

// A Reason says why a slot was not measured.
type Reason string

// The reasons of a gap.
const (
	Overload Reason = "overload" // more was due than could be begun in time
	Overlap  Reason = "overlap"  // the monitor's last probe still ran
	Stopped  Reason = "stopped"  // the prober was not running
	Clock    Reason = "clock"    // the wall clock jumped over the slot
	Paused   Reason = "paused"   // the definition said so
)

// A Gap covers the slots of one definition from First to Last, both included,
// that have no measurement. Its identity is (Monitor, Location, First, Last,
// Reason); overlapping gaps may coexist, a measurement wins over them all.
type Gap struct {
	Monitor  string
	Location string
	Instance string
	Version  string
	First    time.Time
	Last     time.Time
	Slots    int64 // how many slots it accounts for, at least 1
	Reason   Reason
}

// A Registration says that a definition holds from an instant until the next
// registration of the same monitor at the same location. (Monitor, Location,
// From) is its identity. It carries what is needed to list the slots and to
// show the monitor, and no secret.
type Registration struct {
	Monitor  string
	Location string
	Instance string
	Version  string
	From     time.Time // the first instant it holds for
	Removed  bool      // from then on there are no slots; the rest is empty

	Schedule Schedule
	Timeout  time.Duration
	Method   string
	URL      string
	Labels   map[string]string
	Paused   bool
}

// Kind is KindMeasurement.
func (*Measurement) Kind() Kind { return KindMeasurement }

// Kind is KindGap.
func (*Gap) Kind() Kind { return KindGap }

// Kind is KindRegistration.
func (*Registration) Kind() Kind { return KindRegistration }

// Key is the monitor's id.
func (m *Measurement) Key() string { return m.Monitor }

// Key is the monitor's id.
func (g *Gap) Key() string { return g.Monitor }

// Key is the monitor's id.
func (r *Registration) Key() string { return r.Monitor }

// Slot is the slot that m measured.
func (m *Measurement) Slot() Slot { return Slot{m.Monitor, m.Location, m.Scheduled} }

// Covers reports whether s lies within g.
func (g *Gap) Covers(s Slot) bool {
	return g.Monitor == s.Monitor && g.Location == s.Location &&
		!s.Scheduled.Before(g.First) && !s.Scheduled.After(g.Last)
}

// Register returns the registration that announces m.
func (m *Monitor) Register(location, instance string, from time.Time) *Registration {
	return m.RegisterAs(m.Version(), location, instance, from)
}

// RegisterAs is Register of a monitor whose version is known.
func (m *Monitor) RegisterAs(version, location, instance string, from time.Time) *Registration {
	return &Registration{
		Monitor: m.ID, Location: location, Instance: instance, Version: version, From: Millis(from),
		Schedule: m.Schedule, Timeout: m.Timeout.D(), Method: m.Method, URL: m.URL, Labels: m.Labels, Paused: m.Paused,
	}
}
