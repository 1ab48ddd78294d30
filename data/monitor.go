package data

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// MinInterval is the shortest interval between two slots of a monitor.
const MinInterval = 100 * time.Millisecond

// MaxAttempts is how many attempts a slot may have.
const MaxAttempts = 100

// A Monitor is one definition: what to probe, when, and what to expect.
// Its ID is part of the identity of all its measurements. Monitors are values;
// share one between goroutines only to read it.
type Monitor struct {
	ID       string            `json:"id"`
	URL      string            `json:"url"`
	Schedule Schedule          `json:"schedule"`
	Timeout  Duration          `json:"timeout"`
	Method   string            `json:"method"`
	Headers  map[string]string `json:"headers,omitempty"`

	// Query is added to that of URL, which it is no part of: events have the URL
	// alone.
	Query Values `json:"query,omitempty"`
	// Body is what is sent, or else what the file BodyFile holds, or else Form,
	// URL-encoded. At most one of them is set.
	Body     string `json:"body,omitempty"`
	BodyFile string `json:"body_file,omitempty"`
	Form     Values `json:"form,omitempty"`
	Auth     *Auth  `json:"auth,omitempty"`
	// Cookies says that a probe keeps the cookies that it gets on its way through
	// redirects. None outlives it.
	Cookies bool `json:"cookies,omitempty"`
	// Uncompressed asks for an answer without compression.
	Uncompressed bool `json:"uncompressed,omitempty"`
	// Traceparent sends a W3C trace context of its own with each probe.
	Traceparent bool `json:"traceparent,omitempty"`

	// Connection is ConnectionNew or ConnectionReuse.
	Connection string `json:"connection"`
	// Redirects is how many redirects are followed; 0 judges the first
	// answer, whatever it is.
	Redirects int `json:"redirects"`
	// RedirectTo is where they may lead.
	RedirectTo string `json:"redirect_to,omitempty"`

	TLS ClientTLS `json:"tls,omitzero"`
	// Protocol is ProtocolHTTP1, ProtocolHTTP2, or empty: HTTP/2 where TLS
	// negotiates it, else HTTP/1.1.
	Protocol string `json:"protocol,omitempty"`
	// Proxy is the URL of an HTTP, HTTPS or SOCKS5 proxy; empty: none.
	Proxy string `json:"proxy,omitempty"`
	// Resolver is the address of a DNS server; empty: the system's.
	Resolver string `json:"resolver,omitempty"`
	// IP is one of the families below; empty: any.
	IP string `json:"ip,omitempty"`
	// Addresses is AddressesAll, or empty: the first that can be connected to.
	Addresses string `json:"addresses,omitempty"`
	// Source is the local address that connections begin at; empty: any.
	Source string `json:"source,omitempty"`

	// Attempts is how many probes a slot gets at most, one after another, until
	// one is up; 0 is 1. AttemptDelay lies between the end of one and the next.
	// Together they fit between two slots.
	Attempts     int      `json:"attempts,omitempty"`
	AttemptDelay Duration `json:"attempt_delay,omitzero"`

	Expect Expect `json:"expect"`
	// Capture says what of the answer a measurement keeps that is down; nil: nothing.
	Capture *Capture          `json:"capture,omitempty"`
	Labels  map[string]string `json:"labels,omitempty"`
	// Paused keeps the monitor and its slots, but each of them becomes part
	// of a gap with reason [Paused].
	Paused bool `json:"paused,omitempty"`
}

// The values of Monitor.Connection.
const (
	ConnectionNew   = "new"   // each probe resolves, connects and greets afresh
	ConnectionReuse = "reuse" // an idle connection of an earlier probe may serve
)

// The values of Monitor.Protocol.
const (
	ProtocolHTTP1 = "http1"
	ProtocolHTTP2 = "http2" // without TLS by prior knowledge
)

// The values of Monitor.IP.
const (
	IPv4    = "4"       // IPv4 only
	IPv6    = "6"       // IPv6 only
	Prefer4 = "prefer4" // IPv4 addresses first, then the others
	Prefer6 = "prefer6" // IPv6 addresses first, then the others
)

// AddressesAll is the value of Monitor.Addresses that probes each address of a
// name in its own right.
const AddressesAll = "all"

// ClientTLS says how a target is greeted. Its zero value trusts whom the system
// trusts, and shows no certificate.
type ClientTLS struct {
	// CA, Cert and Key name files of PEM, or hold their content. Whom CA lists
	// is trusted instead of whom the system trusts.
	CA                 string `json:"ca,omitempty"`
	Cert               string `json:"cert,omitempty"`
	Key                string `json:"key,omitempty"`
	ServerName         string `json:"server_name,omitempty"` // asked for and verified; empty: the URL's host
	InsecureSkipVerify bool   `json:"insecure_skip_verify,omitempty"`
	MinVersion         string `json:"min_version,omitempty"` // 1.0 to 1.3; empty: 1.2
}

// A Schedule says at which instants a monitor has slots. Exactly one of Every
// and Cron is set.
type Schedule struct {
	// Every is an interval of whole milliseconds, at least MinInterval.
	Every Duration `json:"every,omitzero"`
	// Cron is an expression of five fields, or a descriptor such as @daily.
	Cron string `json:"cron,omitempty"`
	// Timezone is an IANA name that Cron is read in; empty is UTC.
	Timezone string `json:"timezone,omitempty"`
}

// Version names the definition: eight hexadecimal digits of the SHA-256 of its
// JSON form. Secrets are referred to in a definition, not contained, so the
// version does not depend on them.
func (m *Monitor) Version() string { return version(m.encoded()) }

func (m *Monitor) encoded() []byte {
	b, err := json.Marshal(m)
	if err != nil { // a Monitor holds nothing that JSON cannot express
		panic(err)
	}
	return b
}

func version(encoded []byte) string {
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:4])
}

// A Slot is one scheduled instant of a monitor at a location. Slots are
// comparable: Scheduled is in UTC, in whole milliseconds, without a monotonic
// reading.
type Slot struct {
	Monitor   string
	Location  string
	Scheduled time.Time
}

// Millis returns t in UTC cut to whole milliseconds, as slots have it.
func Millis(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }
