package probe_test

import (
	"crypto/tls"
	"io"
	"net"
	"strings"

	"github.com/monitorink/monitorink/data"
)

func http2Faults() []specimen {
	cut := func(f frames) { f.Close() }
	fault := func(name string, kind data.ErrorKind, phase string, script func(f frames), codes ...int) specimen {
		s := specimen{"HTTP/2: " + name, h2(script), kind, phase, codes, 0}
		if phase == "transfer" {
			s.status = 200
		}
		return s
	}
	badHeaders := func(name string, script func(f frames), codes ...int) specimen { // frames that are fine, and what they say is not
		return specimen{"HTTP/2: " + name, h2(script), data.ErrProtocol, "transfer", codes, 0}
	}
	both := func(scripts ...func(f frames)) func(f frames) {
		return func(f frames) {
			for _, s := range scripts {
				s(f)
			}
		}
	}
	begin := func(f frames) { f.headers(":status", "200"); f.data("x", 0) }
	const first, body = "first_byte", "transfer"
	list := []specimen{
		{"HTTP/2: greets and says nothing", inTLS(func(_ *zoo, c *tls.Config) { c.NextProtos = []string{"h2"} }, func(c *tls.Conn, _ net.Conn) { hang(c) }), data.ErrTimeout, first, curl(28), 0},
		{"HTTP/2: speaks HTTP/1.1 all the same", h2From(func(f frames) { io.WriteString(f, "HTTP/1.1 400 Bad Request\r\n\r\n") }, func(frames) {}), data.ErrProtocol, "request or first_byte", curl(52), 0},
		{"HTTP/2: begins with GOAWAY", h2From(both(frames.settings, func(f frames) { f.goAway(0, 0) }), cut), data.ErrReset, "request or first_byte", curl(16), 0},
		{"HTTP/2: has no room for the request", posting(1<<20, h2From(func(f frames) { f.write(frameSettings, 0, 0, []byte{0, 4, 0, 0, 0, 0}) }, func(frames) {})), data.ErrTimeout, "request", curl(28), 0},
		fault("silence", data.ErrTimeout, first, func(frames) {}, 28),
		fault("silence behind the headers", data.ErrTimeout, body, func(f frames) { f.headers(":status", "200") }, 28),
		fault("body that stalls", data.ErrTimeout, body, begin, 28),
		fault("frames without data, without end", data.ErrTimeout, body, both(begin, func(f frames) { f.again(frameData, 0, 1, nil) }), 28),
		fault("half a frame", data.ErrTimeout, first, func(f frames) { f.Write([]byte{0, 0}) }, 28),
		fault("GOAWAY in place of an answer", data.ErrReset, first, both(func(f frames) { f.goAway(0, 0) }, cut), 16),
		fault("GOAWAY with an error", data.ErrReset, first, both(func(f frames) { f.goAway(0, 2) }, cut), 16),
		fault("GOAWAY that wants calm", data.ErrReset, first, both(func(f frames) { f.goAway(0, 11) }, cut), 16),
		fault("GOAWAY in the body, and no more", data.ErrReset, body, both(begin, func(f frames) { f.goAway(1, 2) }, cut), 18),
		fault("hangs up behind the request", data.ErrReset, first, cut, 18),
		fault("hangs up in the body", data.ErrBodyCut, body, both(begin, cut), 18),
		fault("resets the connection in the body", data.ErrBodyCut, body, both(begin, func(f frames) { reset(f.NetConn()); f.NetConn().Close() }), 55, 56),
		fault("corrupt record in the body", data.ErrTLSHandshake, body, both(begin, func(f frames) { f.NetConn().Write(record(23, 40, make([]byte, 40))) }), 56),
		fault("RST_STREAM in the body", data.ErrReset, body, both(begin, func(f frames) { f.reset(2) }), 92),
		fault("RST_STREAM behind the headers", data.ErrReset, body, both(func(f frames) { f.headers(":status", "200") }, func(f frames) { f.reset(8) }), 92),
		fault("PUSH_PROMISE", data.ErrProtocol, first, func(f frames) {
			f.write(framePush, endHeaders, 1, append([]byte{0, 0, 0, 2}, packed(":method", "GET")...))
		}, 52),
		fault("frame of a wrong length", data.ErrProtocol, first, func(f frames) { f.write(frameSettings, 0, 0, make([]byte, 5)) }, 52),
		fault("frame that is too long", data.ErrProtocol, first, func(f frames) { f.write(frameData, 0, 1, make([]byte, 2<<20)) }, 52),
		fault("data on the connection's stream", data.ErrProtocol, first, func(f frames) { f.write(frameData, 0, 0, []byte("x")) }, 52),
		fault("data before the headers", data.ErrProtocol, first, func(f frames) { f.data("x", 0) }, 52),
		fault("headers that do not unpack", data.ErrProtocol, first, func(f frames) { f.write(frameHeaders, endHeaders, 1, []byte{0xff, 0xff, 0xff}) }, 52),
		fault("header in capitals", data.ErrProtocol, first, func(f frames) { f.headers(":status", "200", "X", "y") }, 92),
		badHeaders("no status", func(f frames) { f.headers("x", "y") }, 92),
		badHeaders("status of letters", func(f frames) { f.headers(":status", "abc") }, 92),
		fault("window beyond its bound", data.ErrProtocol, first, func(f frames) { f.write(frameWindow, 0, 0, []byte{0x7f, 0xff, 0xff, 0xff}) }, 52),
		{"HTTP/2: 1xx without end", h2(func(f frames) { f.again(frameHeaders, endHeaders, 1, packed(":status", "103", "x", "y")) }), data.ErrProtocol, "transfer", nil, 0},
		{"HTTP/2: trailers without end", h2(func(f frames) {
			f.headers(":status", "200")
			f.data("x", 0)
			f.write(frameHeaders, endStream, 1, packed("x", "y"))
			f.again(frameContinuation, 0, 1, packed("x", strings.Repeat("a", 4000)))
		}), data.ErrProtocol, body, nil, 200},
		fault("CONTINUATION of nothing", data.ErrProtocol, first, func(f frames) { f.write(frameContinuation, endHeaders, 1, nil) }, 52),
		fault("CONTINUATION without end", data.ErrProtocol, first, func(f frames) {
			f.write(frameHeaders, 0, 1, packed(":status", "200"))
			f.again(frameContinuation, 0, 1, packed("x", strings.Repeat("a", 4000)))
		}, 56),
		fault("CONTINUATION without end, of nothing", data.ErrTimeout, first, func(f frames) {
			f.write(frameHeaders, 0, 1, packed(":status", "200"))
			f.again(frameContinuation, 0, 1, nil)
		}, 56),
		badHeaders("bomb of headers", func(f frames) { f.write(frameHeaders, endHeaders, 1, bomb()) }, 56),
		fault("headers too long", data.ErrProtocol, first, func(f frames) {
			f.write(frameHeaders, 0, 1, packed(":status", "200"))
			for range 7 {
				f.write(frameContinuation, 0, 1, packed("x", strings.Repeat("a", 10<<10)))
			}
			f.write(frameContinuation, endHeaders, 1, nil)
			f.data("x", endStream)
		}, 0),
		badHeaders("103 without end", func(f frames) {
			f.again(frameHeaders, endHeaders, 1, packed(":status", "103", "x", strings.Repeat("a", 1000)))
		}, 56),
		fault("settings without end", data.ErrTimeout, first, func(f frames) { f.again(frameSettings, 0, 0, nil) }, 28),
		fault("pings without end", data.ErrTimeout, first, func(f frames) { f.again(framePing, 0, 0, make([]byte, 8)) }, 28),
		fault("body shorter than its length", data.ErrBodyCut, body, func(f frames) {
			f.headers(":status", "200", "content-length", "9")
			f.data("x", endStream)
		}, 92),
		fault("body longer than its length", data.ErrProtocol, body, func(f frames) {
			f.headers(":status", "200", "content-length", "1")
			f.data("xyz", endStream)
		}, 92),
		fault("body without end", data.ErrBodyTooLarge, body, both(begin, func(f frames) { f.again(frameData, 0, 1, make([]byte, 100)) })),
	}
	for _, code := range []struct {
		name string
		code byte
		exit int
	}{
		{"NO_ERROR", 0, 92}, {"PROTOCOL_ERROR", 1, 92}, {"INTERNAL_ERROR", 2, 92}, {"FLOW_CONTROL_ERROR", 3, 92}, {"STREAM_CLOSED", 5, 92}, {"FRAME_SIZE_ERROR", 6, 92},
		{"REFUSED_STREAM", 7, 56}, {"CANCEL", 8, 92}, {"ENHANCE_YOUR_CALM", 11, 92}, {"INADEQUATE_SECURITY", 12, 92}, {"HTTP_1_1_REQUIRED", 13, 1},
	} {
		list = append(list, fault("RST_STREAM with "+code.name, data.ErrReset, first, func(f frames) { f.reset(code.code) }, code.exit))
	}
	return list
}

func http2Fine() []specimen {
	fine := func(name string, script func(f frames)) specimen {
		return specimen{"HTTP/2: " + name, h2(script), "", "", curl(0), 0}
	}
	return []specimen{
		fine("plain", frames.whole),
		fine("GOAWAY behind the answer", func(f frames) { f.whole(); f.goAway(1, 0) }),
		fine("GOAWAY before the answer, which still comes", func(f frames) { f.goAway(1, 0); f.whole() }),
		fine("a warning of GOAWAY", func(f frames) { f.write(frameGoAway, 0, 0, []byte{0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0}); f.whole() }),
		fine("RST_STREAM behind the answer", func(f frames) { f.whole(); f.reset(0) }),
		fine("a frame that nobody knows", func(f frames) { f.write(0xee, 0xff, 1, []byte("x")); f.whole() }),
		{"HTTP/2: window beyond its bound, of the stream", h2(func(f frames) { f.write(frameWindow, 0, 1, []byte{0x7f, 0xff, 0xff, 0xff}); f.whole() }), "", "", curl(92), 0},
		fine("ping", func(f frames) { f.write(framePing, 0, 0, make([]byte, 8)); f.whole() }),
		fine("103 before the answer", func(f frames) { f.headers(":status", "103"); f.whole() }),
		fine("trailers", func(f frames) {
			f.headers(":status", "200")
			f.data("x", 0)
			f.write(frameHeaders, endHeaders|endStream, 1, packed("x", "y"))
		}),
		fine("headers in pieces", func(f frames) {
			b := packed(":status", "200", "x", strings.Repeat("a", 100))
			f.write(frameHeaders, 0, 1, b[:20])
			f.write(frameContinuation, endHeaders, 1, b[20:])
			f.data("x", endStream)
		}),
	}
}
