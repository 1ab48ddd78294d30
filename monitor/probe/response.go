package probe

import (
	"crypto/x509"
	"net/http"
	"net/url"
	"time"

	"github.com/monitorink/monitorink/data"
)

// A Response is what one probe found. Call Release when done with it.
type Response struct {
	Started time.Time
	HTTP    *data.HTTP // of the last response; nil: there was none
	TLS     *data.TLS  // of the last connection that was greeted; nil: there was none
	// Certificate is the target's of that connection; nil: there was none.
	Certificate *x509.Certificate
	URL         *url.URL // of the last request that was answered; read only
	// Phases are summed over all hops. On an error they tell where the time
	// went: the phase that was under way counts until the error.
	Phases data.Phases
	Hops   []data.Hop // empty unless redirects were followed
	Header http.Header
	// Body is nil unless the monitor needs it and it was read to its end. It
	// is valid until Release.
	Body []byte
	// Beginning is that of a body which is not in Body, as far as the monitor
	// captures it and it could be read; only of an answer that failed. It is valid
	// until Release.
	Beginning *Beginning
	Err       *data.Error // nil: an answer came; nothing is said about its content
	// Exhausted says that Err comes of what this machine has run out of: files,
	// ports, memory for sockets, room in the body budget. It tells nothing of the
	// target.
	Exhausted bool
	// Waited is how long the probe waited for room in the body budget: part of
	// Phases.Transfer, and the prober's doing rather than the target's.
	Waited time.Duration

	buf  buffer
	late *late // nil: nothing was added
}

// A Beginning is a piece of a body.
type Beginning struct {
	Text []byte
	More bool // the body goes on
}

// Release gives the body's memory back. A second call does nothing.
func (r *Response) Release() {
	r.Body, r.Beginning = nil, nil
	r.buf.release()
}
