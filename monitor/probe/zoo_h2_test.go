package probe_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"time"
)

// Types and flags of frames: RFC 9113, 6.
const (
	frameData, frameHeaders, frameReset, frameSettings, framePush = 0, 1, 3, 4, 5
	framePing, frameGoAway, frameWindow, frameContinuation        = 6, 7, 8, 9

	endStream, ack, endHeaders = 1, 1, 4
)

// h2 speaks HTTP/2 by hand. script runs when the first request has come.
func h2(script func(c frames)) server {
	return h2From(frames.settings, script)
}

// h2From begins with begin, in place of the settings that are due.
func h2From(begin, script func(c frames)) server {
	return inTLS(func(_ *zoo, c *tls.Config) { c.NextProtos = []string{"h2"} }, func(c *tls.Conn, _ net.Conn) {
		preface := make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
		if _, err := io.ReadFull(c, preface); err != nil {
			return
		}
		f := frames{c}
		begin(f)
		asked, gone := make(chan struct{}), make(chan struct{})
		go func() { // ends with the connection, and is waited for below
			defer close(gone)
			f.read(asked)
		}()
		select {
		case <-asked:
			script(f)
		case <-gone:
			return
		}
		<-gone
	})
}

// frames writes frames to a connection.
type frames struct{ *tls.Conn }

// read reads what comes, and tells of the first request.
func (c frames) read(asked chan<- struct{}) {
	for first := true; ; {
		var head [9]byte
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return
		}
		length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, c, length); err != nil {
			return
		}
		switch {
		case head[3] == frameHeaders && first:
			first = false
			close(asked)
		case head[3] == frameSettings && head[4] != ack:
			c.write(frameSettings, ack, 0, nil)
		}
	}
}

func (c frames) write(kind, flags byte, stream uint32, payload []byte) error {
	b := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	b = binary.BigEndian.AppendUint32(b, stream)
	_, err := c.Conn.Write(append(b, payload...)) // at once, since others write too
	return err
}

func (c frames) settings()                 { c.write(frameSettings, 0, 0, nil) }
func (c frames) headers(list ...string)    { c.write(frameHeaders, endHeaders, 1, packed(list...)) }
func (c frames) data(s string, flags byte) { c.write(frameData, flags, 1, []byte(s)) }
func (c frames) reset(code byte)           { c.write(frameReset, 0, 1, []byte{0, 0, 0, code}) }
func (c frames) goAway(last, code byte) {
	c.write(frameGoAway, 0, 0, []byte{0, 0, 0, last, 0, 0, 0, code})
}

// whole answers with x.
func (c frames) whole() { c.headers(":status", "200"); c.data("x", endStream) }

// again writes one frame until nobody takes it, thousands of times a second: as fast
// as they are taken, curl would look at nothing else, nor at the time.
func (c frames) again(kind, flags byte, stream uint32, payload []byte) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ; ; <-tick.C {
		for range 50 {
			if c.write(kind, flags, stream, payload) != nil {
				return
			}
		}
	}
}

// packed writes a list of names and values by HPACK, in the form that needs no
// table: RFC 7541, 6.2.2.
func packed(list ...string) []byte {
	var b bytes.Buffer
	for i := 0; i < len(list); i += 2 {
		b.WriteByte(0)
		for _, s := range list[i : i+2] {
			b.Write(hpackString(s))
		}
	}
	return b.Bytes()
}

func hpackString(s string) []byte {
	if n := len(s); n < 127 {
		return append([]byte{byte(n)}, s...)
	}
	b := []byte{127}
	n := len(s) - 127
	for ; n >= 128; n >>= 7 {
		b = append(b, byte(n&127|128))
	}
	return append(append(b, byte(n)), s...)
}

// bomb is a header of 4 KB that goes into the table, and is then meant a thousand
// times more, by a byte each.
func bomb() []byte {
	b := append(packed(":status", "200"), 0x40) // with indexing
	b = append(append(b, hpackString("x")...), hpackString(strings.Repeat("a", 4000))...)
	return append(b, bytes.Repeat([]byte{0x80 | 62}, 1000)...)
}
