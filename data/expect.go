package data

import "encoding/json"

// Expect lists what a response must be. The zero value expects nothing.
type Expect struct {
	Status      []StatusRange      `json:"status,omitempty"`
	Headers     map[string]Pattern `json:"headers,omitempty"`
	Body        ExpectBody         `json:"body,omitzero"`
	Latency     Duration           `json:"latency,omitzero"`     // longest total
	Certificate Duration           `json:"certificate,omitzero"` // shortest remaining validity

	// Redirect is of where the answer leads, or of where redirects have led; nil:
	// not asked. What few monitors ask for takes a pointer, since there are many.
	Redirect *Pattern `json:"redirect,omitempty"`
	// Protocol lists what may be spoken: HTTP/1.0, HTTP/1.1 and HTTP/2.0.
	Protocol []string `json:"protocol,omitempty"`
	// TLS is the least version, 1.0 to 1.3; empty: any, and none.
	TLS string `json:"tls,omitempty"`
	// Issuer is of the name of who signed the certificate, in the form of RFC 2253;
	// nil: not asked.
	Issuer *Pattern `json:"issuer,omitempty"`
	// Names are hosts and addresses that the certificate must each be valid for.
	Names  []string      `json:"names,omitempty"`
	Phases *ExpectPhases `json:"phases,omitempty"` // nil: not asked
}

// A StatusRange is an inclusive range of HTTP status codes.
type StatusRange struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// A Pattern holds regular expressions in RE2 syntax: all of Matches must be
// found, none of NotMatches may be.
type Pattern struct {
	Matches    []string `json:"matches,omitempty"`
	NotMatches []string `json:"not_matches,omitempty"`
}

// IsZero reports whether p asks for nothing.
func (p Pattern) IsZero() bool { return len(p.Matches) == 0 && len(p.NotMatches) == 0 }

// ExpectBody says what a response's body must be. Its zero value expects nothing,
// and then the body is not read.
type ExpectBody struct {
	Pattern
	JSON   []ExpectJSON `json:"json,omitempty"`
	Size   *SizeRange   `json:"size,omitempty"`   // after decompression; nil: any
	SHA256 string       `json:"sha256,omitempty"` // in lower-case hexadecimal; empty: any
}

// IsZero reports whether b asks for nothing.
func (b ExpectBody) IsZero() bool {
	return b.Pattern.IsZero() && len(b.JSON) == 0 && b.Size == nil && b.SHA256 == ""
}

// A SizeRange is an inclusive range of bytes. To is -1 when it is open.
type SizeRange struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// ExpectJSON says what a path finds in a body of JSON. Each value that it finds must
// meet all that is asked of a value, and where anything is, there must be one at least.
// Exists and Count ask how many there are.
type ExpectJSON struct {
	Path string `json:"path"` // RFC 9535

	Is    json.RawMessage `json:"is,omitempty"` // any JSON; nil: not asked
	IsNot json.RawMessage `json:"is_not,omitempty"`
	Pattern
	Above   json.Number `json:"above,omitempty"` // empty: not asked
	Below   json.Number `json:"below,omitempty"`
	AtLeast json.Number `json:"at_least,omitempty"`
	AtMost  json.Number `json:"at_most,omitempty"`

	Exists *bool       `json:"exists,omitempty"` // nil: not asked
	Count  *CountRange `json:"count,omitempty"`  // of values; nil: not asked
}

// A CountRange is an inclusive range of numbers. To is -1 when it is open.
type CountRange struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// ExpectPhases is the longest that each phase may take; zero: any time.
type ExpectPhases struct {
	DNS       Duration `json:"dns,omitzero"`
	Connect   Duration `json:"connect,omitzero"`
	TLS       Duration `json:"tls,omitzero"`
	Request   Duration `json:"request,omitzero"`
	FirstByte Duration `json:"first_byte,omitzero"`
	Transfer  Duration `json:"transfer,omitzero"`
}

// Capture says what of an answer a measurement keeps that is down.
type Capture struct {
	Body    int64 `json:"body,omitempty"` // the bytes of its beginning, at most MaxCapture; 0: nothing
	Headers bool  `json:"headers,omitempty"`
}

// MaxCapture is how many bytes of a body are captured at most.
const MaxCapture = 16 << 10
