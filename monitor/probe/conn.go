package probe

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/monitorink/monitorink/data"
)

const (
	// MaxHeader is how many bytes of headers are read for each answer.
	MaxHeader = 64 << 10
	// maxLines is how many lines they may have: each takes memory of its own.
	maxLines = 1000
	// maxDrain is how much of a body that nobody needs is read after the
	// probe's end, so that the connection can serve again.
	maxDrain  = 64 << 10
	drainTime = 250 * time.Millisecond
	// maxInterim is how many answers of 1xx may come before the real one.
	maxInterim = 10
)

// A conn is a connection that speaks HTTP/1, or HTTP/2 when h2 is not nil.
type conn struct {
	net.Conn // TLS included
	remote   string
	tls      *data.TLS
	leaf     *x509.Certificate
	h2       *http.ClientConn

	br    *bufio.Reader // reads the conn itself
	out   []byte
	left  int64 // bytes that may still be read; negative: any number
	lines int   // of headers, as far as they have been parsed
	more  int   // in what was read last, which may have some of the body
	reads int
	// failed is what reading headers ended with, unless that was their end.
	failed error
	ended  bool      // the peer sends no more
	since  time.Time // idle
}

var conns = sync.Pool{New: func() any {
	c := &conn{}
	c.br = bufio.NewReaderSize(c, 4<<10)
	return c
}}

func newConn(nc net.Conn) *conn {
	c := conns.Get().(*conn)
	c.Conn, c.remote, c.ended = nc, nc.RemoteAddr().String(), false
	c.br.Reset(c)
	return c
}

func (c *conn) close() {
	if c.h2 != nil {
		c.h2.Close()
	}
	c.Conn.Close()
	c.recycle()
}

// abort closes the connection of a probe that failed. It says no goodbye, for
// which crypto/tls would wait five seconds when the peer takes nothing.
func (c *conn) abort() {
	bare(c.Conn).Close()
	c.close()
}

func (c *conn) recycle() {
	c.Conn, c.tls, c.leaf, c.h2 = nil, nil, nil, nil
	if cap(c.out) <= 4<<10 {
		conns.Put(c)
	}
}

// Read reads, within what is left.
func (c *conn) Read(b []byte) (int, error) {
	c.reads++
	if c.left < 0 {
		n, err := c.Conn.Read(b)
		c.ended = c.ended || err == io.EOF
		return n, err
	}
	if c.left == 0 {
		c.failed = &fault{data.ErrProtocol, fmt.Sprintf("the headers are longer than %d KiB", MaxHeader>>10)}
		return 0, c.failed
	}
	if c.lines += c.more; c.lines > maxLines {
		c.failed = &fault{data.ErrProtocol, fmt.Sprintf("the headers have more than %d lines", maxLines)}
		return 0, c.failed
	}
	n, err := c.Conn.Read(b[:min(int64(len(b)), c.left)])
	c.left -= int64(n)
	c.more = bytes.Count(b[:n], []byte("\n"))
	if c.ended = c.ended || err == io.EOF; err != nil && !c.ended {
		c.failed = err
	}
	return n, err
}

// http1 writes the request and reads the answer's headers.
func (r *run) http1(v *visit) error {
	c, h := v.conn, v.hop
	c.left, c.failed, c.lines, c.more = MaxHeader, nil, 0, 0
	c.out = append(r.appendLate(append(c.out[:0], h.head...), h), h.tail...)
	_, wrong := c.Write(c.out)
	if wrong != nil && isTimeout(wrong) {
		return wrong
	}
	r.step(phaseFirstByte)
	// A peer that refuses the request may answer before it has read it all.
	if _, err := c.br.Peek(1); err != nil {
		if wrong != nil {
			return wrong
		}
		return err
	}
	r.answered = true
	r.step(phaseTransfer)
	reads := c.reads
	start, _ := c.br.Peek(min(len("HTTP/"), c.br.Buffered()))
	isHTTP := string(start) == "HTTP/"
	for interim := 0; ; interim++ {
		res, err := http.ReadResponse(c.br, h.asked)
		if err != nil && c.failed != nil {
			return c.failed // which the parser has forgotten when it struck within a line
		}
		if err != nil && c.ended && isHTTP {
			return io.ErrUnexpectedEOF // whatever the parser makes of the line that was cut
		}
		if err != nil {
			return err
		}
		if res.ProtoMajor != 1 {
			return &fault{data.ErrProtocol, "the answer is in " + bounded(res.Proto)}
		}
		if res.StatusCode >= 200 || res.StatusCode == http.StatusSwitchingProtocols || res.StatusCode < 100 {
			v.res = res
			break
		}
		if interim == maxInterim {
			return &fault{data.ErrProtocol, fmt.Sprintf("more than %d interim answers, the last %d", maxInterim, res.StatusCode)}
		}
	}
	c.left = -1
	if c.reads != reads { // the headers did not come at once
		r.step(phaseTransfer)
	}
	return nil
}

// rest brings the connection to the end of the answer, where the next can begin.
func (c *conn) rest(v *visit, deadline time.Time) bool {
	if c.h2 != nil {
		return true
	}
	if v.res.Close || v.res.StatusCode == http.StatusSwitchingProtocols || v.res.ContentLength > maxDrain {
		return false
	}
	if soon := time.Now().Add(drainTime); !v.whole && v.res.Body != http.NoBody && !c.buffered(v.res) && soon.Before(deadline) {
		c.SetReadDeadline(soon)
	}
	n, err := io.CopyN(io.Discard, v.res.Body, maxDrain+1)
	return err == io.EOF && n <= maxDrain && c.br.Buffered() == 0
}

// buffered reports whether the rest of the body needs no read.
func (c *conn) buffered(res *http.Response) bool {
	return res.ContentLength >= 0 && int64(c.br.Buffered()) >= res.ContentLength
}

// ready reports whether another request may follow, as far as c knows.
func (c *conn) ready() bool {
	if c.h2 != nil {
		return c.h2.Err() == nil && c.h2.Available() > 0
	}
	return true
}
