package probe_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/data"
)

// all is the zoo. docs/errors.md has the map that it makes between our kinds and
// curl's codes, with the reasons where the two differ.
func all() []specimen {
	return slices.Concat(certificates(), handshakes(), answersThatAreNone(), bodies(), hangs(), redirects(), connections(), oddButFine(), http2Faults(), http2Fine())
}

func answersThatAreNone() []specimen {
	none := func(name, answer string, codes ...int) specimen {
		return specimen{name, text(answer), data.ErrProtocol, "transfer", codes, 0}
	}
	with := func(name, header string, codes ...int) specimen { return none(name, ok+header+"\r\n\r\nxyz", codes...) }
	return []specimen{
		none("garbage", "\x00\xff\x80garbage\n\n", 1),
		none("banner of SSH", "SSH-2.0-OpenSSH_9.9\r\n", 1),
		none("HTTP/0.9", "<html>x</html>\n", 1),
		none("no version", "HTTP/ 200 OK\r\n\r\n", 1),
		none("unknown version", "HTTP/9.9 200 OK\r\n\r\n", 1),
		none("version of HTTP/2 in plain text", "HTTP/2 200 OK\r\n\r\n", 0),
		none("status of letters", "HTTP/1.1 abc OK\r\n\r\n", 1),
		none("status of two digits", "HTTP/1.1 20 OK\r\n\r\n", 1),
		none("status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", 1),
		none("negative status", "HTTP/1.1 -20 OK\r\n\r\n", 1),
		none("status line without an end", "HTTP/1.1 200"+strings.Repeat("x", 70<<10), 52),
		with("header without a colon", "no colon", 8),
		with("header without a name", ": x", 0),
		with("NUL in a header", "X: a\x00b", 8),
		with("NUL in a header's name", "X\x00: a", 8),
		with("length of letters", "Content-Length: abc", 8),
		with("negative length", "Content-Length: -3", 8),
		with("length that nothing can hold", "Content-Length: 99999999999999999999", 0),
		with("two lengths", "Content-Length: 3\r\nContent-Length: 4", 18),
		with("encoding of the transfer that nobody knows", "Transfer-Encoding: strange", 61),
		none("1xx without end", strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 50), 52),
		{"headers without end", tcp(then(ok, flood("X-More: "+strings.Repeat("a", 1000)+"\r\n"))), data.ErrProtocol, "transfer", curl(56), 0},
		{"header without end", tcp(then(ok+"X: ", flood("a"))), data.ErrProtocol, "transfer", curl(27), 0},
		{"header too long", text(ok, "X: ", strings.Repeat("a", 70<<10), "\r\n\r\n"), data.ErrProtocol, "transfer", curl(0), 0},
		{"too many short headers", text(ok, strings.Repeat("X:\r\n", 3000), "\r\n"), data.ErrProtocol, "transfer", nil, 0},
		{"too many headers of 1xx", text("HTTP/1.1 103 X\r\n", strings.Repeat("X:\r\n", 3000), "\r\n", ok, "\r\n"), data.ErrProtocol, "transfer", nil, 0},
		{"too many headers", text(ok, strings.Repeat("X: y\r\n", 15000), "\r\n"), data.ErrProtocol, "transfer", curl(0), 0},
		{"status below 100", text("HTTP/1.1 042 X\r\nContent-Length: 0\r\n\r\n"), data.ErrProtocol, "transfer", nil, 0},
		{"bytes before the status line", text("x\r\n", ok, "\r\n"), data.ErrProtocol, "transfer", curl(1), 0},
	}
}

func bodies() []specimen {
	const inBody = "transfer"
	cut := func(name, answer string, codes ...int) specimen {
		return specimen{name, text(answer), data.ErrBodyCut, inBody, codes, 200}
	}
	wrong := func(name, answer string, codes ...int) specimen {
		return specimen{name, text(answer), data.ErrProtocol, inBody, codes, 200}
	}
	whole := zipped("x")
	corrupt := []byte(whole)
	corrupt[len(corrupt)-6] ^= 1
	most := []string{"--max-filesize", "1048576"}
	return []specimen{
		cut("body short", ok+"Content-Length: 100\r\n\r\nx", 18),
		cut("body that does not begin", ok+"Content-Length: 100\r\n\r\n", 18),
		cut("chunk cut", chunked+"10\r\nabc", 18),
		cut("chunks without the last", chunked+"1\r\nx\r\n", 18),
		cut("trailers cut", chunked+"1\r\nx\r\n0\r\nX:", 18),
		wrong("chunk's size of letters", chunked+"zz\r\nabc\r\n0\r\n\r\n", 56),
		wrong("chunk's size missing", chunked+"\r\nabc\r\n0\r\n\r\n", 56),
		wrong("chunk's size that nothing can hold", chunked+"fffffffffffffffff\r\nabc", 56),
		wrong("negative chunk's size", chunked+"-1\r\nabc\r\n0\r\n\r\n", 56),
		wrong("chunk longer than it says", chunked+"1\r\nxyz\r\n0\r\n\r\n", 56),
		wrong("trailer without a colon", chunked+"1\r\nx\r\n0\r\nno colon\r\n\r\n", 43),
		wrong("extensions of chunks without end", chunked+strings.Repeat("1;"+strings.Repeat("a", 1000)+"\r\nx\r\n", 100)+"0\r\n\r\n", 0),
		cut("body that is not gzip", inGzip+sizedBody("xxxxxxxxxxxxxxxxxxxx"), 61),
		cut("gzip cut", inGzip+sizedBody(whole[:len(whole)-9]), 0),
		cut("gzip cut, and the connection too", inGzip+"Content-Length: 100\r\n\r\n"+whole[:len(whole)-9], 18),
		cut("gzip whose checksum is wrong", inGzip+sizedBody(string(corrupt)), 61),
		cut("garbage behind gzip", inGzip+sizedBody(whole+"garbage"), 23),
		{"body too large by its length", asked(tcp(then(ok+"Content-Length: 2000000\r\n\r\n", flood("x"))), nil, most...), data.ErrBodyTooLarge, inBody, curl(63), 200},
		{"body without end", tcp(then(ok+"\r\n", flood("x"))), data.ErrBodyTooLarge, inBody, nil, 200},
		{"chunks without end", tcp(then(chunked, flood("400\r\n"+strings.Repeat("x", 1024)+"\r\n"))), data.ErrBodyTooLarge, inBody, nil, 200},
		{"bomb of gzip", text(inGzip, sizedBody(zipped(strings.Repeat("x", 2<<20)))), data.ErrBodyTooLarge, inBody, nil, 200},
		{"gzip of nothing, without end", tcp(then(inGzip+"\r\n", flood(zipped("")))), data.ErrBodyTooLarge, inBody, nil, 200},
		{"blocks of nothing in gzip, without end", tcp(then(inGzip+"\r\n"+zipped("")[:10], flood("\x00\x00\x00\xff\xff"))), data.ErrBodyTooLarge, inBody, nil, 200},
		{"trailers without end", tcp(then(chunked+"1\r\nx\r\n0\r\n", flood("X: y\r\n"))), data.ErrProtocol, inBody, nil, 200},
		{"trailer without end", tcp(then(chunked+"1\r\nx\r\n0\r\nX: ", flood("y"))), data.ErrProtocol, inBody, nil, 200},
		{"reset in the body", tcp(then(ok+"Content-Length: 100\r\n\r\nx", reset)), data.ErrReset, inBody, curl(56), 200},
		{"reset in a body without a length", tcp(then(ok+"\r\nx", reset)), data.ErrReset, inBody, curl(56), 200},
	}
}

func hangs() []specimen {
	const length = ok + "Content-Length: 100\r\n\r\n"
	stuck := func(name string, handle func(net.Conn), phase string, status int) specimen {
		return specimen{name, tcp(handle), data.ErrTimeout, phase, curl(28), status}
	}
	return []specimen{
		{"connection that nobody takes", blackhole, data.ErrTimeout, "connect", curl(28), 0},
		{"request that nobody takes", posting(8<<20, deaf), data.ErrTimeout, "request", curl(28), 0},
		{"request that nobody takes, by TLS", posting(8<<20, deafInTLS), data.ErrTimeout, "request", curl(28), 0},
		stuck("silence", hang, "first_byte", 0),
		stuck("status line byte by byte", then("", dripOf(ok)), "transfer", 0),
		stuck("half a status line", then("HTTP/1.1 2", hang), "transfer", 0),
		stuck("half the headers", then(ok+"X: y\r\n", hang), "transfer", 0),
		stuck("headers without end, slowly", then(ok, drip("X-A: b\r\n")), "transfer", 0),
		stuck("header without end, slowly", then(ok, drip("X")), "transfer", 0),
		stuck("silence behind 100", then("HTTP/1.1 100 Continue\r\n\r\n", hang), "transfer", 0),
		stuck("silence behind the headers", then(length, hang), "transfer", 200),
		stuck("body byte by byte", then(length, drip("x")), "transfer", 200),
		stuck("body that stalls", then(length+"x", hang), "transfer", 200),
		stuck("chunk that stalls", then(chunked+"10\r\nx", hang), "transfer", 200),
		stuck("no end of the chunks", then(chunked+"1\r\nx\r\n", hang), "transfer", 200),
		stuck("body of no length that does not end", then(ok+"\r\nx", hang), "transfer", 200),
		stuck("empty chunk extensions, slowly", then(chunked+"1", drip(";")), "transfer", 200),
	}
}

func redirects() []specimen {
	const inAnswer = ""
	nowhere := func(name, location string, codes ...int) specimen {
		return specimen{name, leadsTo(location), data.ErrRedirects, inAnswer, codes, 302}
	}
	fine := func(name, location string) specimen { return specimen{name, leadsTo(location), "", "", curl(0), 200} }
	status := func(code int, more string) server {
		return text(fmt.Sprintf("HTTP/1.1 %d X\r\n%sContent-Length: 1\r\n\r\nx", code, more))
	}
	return []specimen{
		{"loop", leads(func(_ *testing.T, _ *zoo, self string) string { return self + "/start" }), data.ErrRedirects, inAnswer, curl(47), 302},
		{"too many redirects", by(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"x", http.StatusFound) }), data.ErrRedirects, inAnswer, curl(47), 302},
		nowhere("redirect to another scheme", "ftp://127.0.0.1/", 1),
		nowhere("redirect to a file", "file:///etc/hostname", 1),
		nowhere("redirect to no host", "http://", 3),
		nowhere("redirect to half an address", "http://[::1", 3),
		nowhere("redirect to no such port", "http://127.0.0.1:99999/", 3),
		nowhere("redirect to a port alone", "//:80", 3),
		nowhere("redirect to what is no address", "http://[::zz]/", 3),
		{"redirect to a closed port", leadsToThe(closedPort), data.ErrRefused, "connect", curl(7), 302},
		{"redirect to a name that does not exist", leadsTo("http://missing..example/"), data.ErrDNS, "dns", curl(6), 302},
		{"redirect to an expired certificate", leadsToThe(certificates()[0].server), data.ErrCertExpired, "tls", curl(60), 302},
		{"redirect to silence", leadsToThe(tcp(hang)), data.ErrTimeout, "first_byte", curl(28), 302},
		{"redirect to garbage", leadsToThe(text("garbage\r\n\r\n")), data.ErrProtocol, "transfer", curl(1), 302},
		{"redirect to a forbidden address", forbidden(leadsTo("http://127.0.0.2:9/")), data.ErrBlocked, "connect", nil, 302},
		{"redirect without a Location", status(302, ""), "", "", curl(0), 302},
		{"redirect with an empty Location", status(302, "Location:\r\n"), "", "", curl(0), 302},
		{"201 with a Location", status(201, "Location: /other\r\n"), "", "", curl(0), 201},
		{"304 with a Location", text("HTTP/1.1 304 X\r\nLocation: /other\r\n\r\n"), "", "", curl(47), 304},
		{"redirect from TLS to none", leadsFromTLS, "", "", curl(0), 200},
		{"redirect from none to TLS", leadsToThe(certified(func(_ *testing.T, z *zoo) tls.Certificate { return z.good })), "", "", curl(0), 200},
		fine("relative redirect", "end?q=1"),
		fine("redirect to a query", "?q=1"),
		fine("redirect upwards", "/a/../end"),
		fine("redirect to a fragment", "/end#fragment"),
		fine("redirect with blanks", "/an end"),
		fine("redirect in other letters", "/straße"),
		fine("very long redirect", "/"+strings.Repeat("a", 50<<10)),
		{"redirect without a scheme", leads(func(_ *testing.T, _ *zoo, self string) string { return strings.TrimPrefix(self, "http:") + "/end" }), "", "", curl(0), 200},
		{"redirect with a user and a password", leads(func(_ *testing.T, _ *zoo, self string) string {
			return strings.Replace(self, "://", "://user:secret@", 1) + "/end"
		}), "", "", curl(0), 200},
	}
}

func connections() []specimen {
	return []specimen{
		{"closed port", closedPort, data.ErrRefused, "connect", curl(7), 0},
		{"address that nothing leads to", func(*testing.T, *zoo) stand { return stand{url: "http://127.255.255.255:9/"} }, data.ErrUnreachable, "connect", curl(7), 0},
		{"forbidden address", forbidden(text(ok, "\r\n")), data.ErrBlocked, "connect", nil, 0},
		{"reset at once", tcp(reset), data.ErrReset, "connect or first_byte", curl(7, 52, 55, 56), 0}, // as the request wins or loses
		{"reset behind the request", tcp(then("", reset)), data.ErrReset, "first_byte", curl(56), 0},
		{"reset behind half a request", posting(4<<20, tcp(func(c net.Conn) { c.Read(make([]byte, 1)); reset(c) })), data.ErrReset, "first_byte", curl(55, 56), 0},
		{"hangs up at once", tcp(func(net.Conn) {}), data.ErrReset, "first_byte", curl(52, 56), 0},
		{"hangs up behind the request", tcp(then("", func(net.Conn) {})), data.ErrReset, "first_byte", curl(52), 0},
		{"hangs up in the status line", text("HTTP/1.1 2"), data.ErrReset, "transfer", curl(52), 0},
		{"hangs up in the headers", text(ok, "X-A:"), data.ErrReset, "transfer", curl(0), 0},
		{"hangs up between the headers", text(ok, "X: y\r\n"), data.ErrReset, "transfer", curl(0), 0},
		{"hangs up behind 103", text("HTTP/1.1 103 Early Hints\r\n\r\n"), data.ErrReset, "transfer", curl(52), 0},
		{"reset in the headers", tcp(then(ok+"X: y\r\n", reset)), data.ErrReset, "transfer", curl(56), 0},
		{"name that does not exist", nameless("missing.example.", func(q []byte) []byte { return reply(q, 3) }), data.ErrDNS, "dns", curl(6), 0},
		{"name without an address", nameless("empty.example.", func(q []byte) []byte { return reply(q, 0) }), data.ErrDNS, "dns", curl(6), 0},
		{"resolver in trouble", nameless("shop.example.", func(q []byte) []byte { return reply(q, 2) }), data.ErrDNS, "dns", curl(6), 0},
		{"resolver that refuses", nameless("shop.example.", func(q []byte) []byte { return reply(q, 5) }), data.ErrDNS, "dns", curl(6), 0},
		{"name that cannot be", nameless("a..example", func(q []byte) []byte { return reply(q, 0) }), data.ErrDNS, "dns", curl(6), 0},
		{"resolver that is silent", nameless("shop.example.", func([]byte) []byte { return nil }), data.ErrTimeout, "dns", nil, 0},
		{"name with a closed port at each address", named(closedPort, "127.0.0.2", "127.0.0.1"), data.ErrRefused, "connect", curl(7), 0},
		{"name of IPv4", named(text(ok, sizedBody("x")), "127.0.0.1"), "", "", curl(0), 0},
		{"name of IPv6", named(six(answers(ok+sizedBody("x"))), "::1"), "", "", curl(0), 0},
		{"name of both, and only IPv4 answers", named(text(ok, sizedBody("x")), "::1", "127.0.0.1"), "", "", curl(0), 0},
		{"name of both, and only IPv6 answers", named(six(answers(ok+sizedBody("x"))), "::1", "127.0.0.1"), "", "", curl(0), 0},
		{"address of IPv6", six(answers(ok + sizedBody("x"))), "", "", curl(0), 0},
		{"first address closed, second open", named(text(ok, sizedBody("x")), "127.0.0.2", "127.0.0.1"), "", "", curl(0), 0},
	}
}

func oddButFine() []specimen {
	fine := func(name string, answer ...string) specimen {
		return specimen{name, text(answer...), "", "", curl(0), 0}
	}
	status := func(name string, status int, answer ...string) specimen {
		return specimen{name, text(answer...), "", "", curl(0), status}
	}
	head := func(s server) server {
		return asked(s, func(m *data.Monitor) { m.Method = "HEAD" }, "--head", "-o", "/dev/null")
	}
	const x = "Content-Length: 1\r\n\r\nx"
	return []specimen{
		fine("HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nx"),
		fine("HTTP/1.0 that would stay", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n", x),
		fine("no reason", "HTTP/1.1 200\r\n", x),
		fine("lines that end with LF", "HTTP/1.1 200 OK\nContent-Length: 1\n\nx"),
		fine("no header at all", ok, "\r\nx"),
		fine("header names in small letters", ok, strings.ToLower(x)),
		fine("blank in a header's name", ok, "X Y: z\r\n", x),
		fine("blank before the colon", ok, "X : z\r\n", x),
		fine("header without a value", ok, "X:\r\n", x),
		fine("header of other letters", ok, "X: stra\xdfe \xff\r\n", x),
		fine("header over several lines", ok, "X: a\r\n b\r\n\tc\r\n", x),
		fine("huge header", ok, "X: ", strings.Repeat("a", 60<<10), "\r\n", x),
		fine("the same header a thousand times", ok, strings.Repeat("Set-Cookie: a=b\r\n", 1000), x),
		fine("the same length twice", ok, "Content-Length: 1\r\n", x),
		fine("length with noughts", ok, "Content-Length: 0001\r\n\r\nx"),
		fine("length and chunks", ok, "Content-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"),
		fine("body longer than it says", ok, x, "yz"),
		fine("no body", ok, "Content-Length: 0\r\n\r\n"),
		fine("trailers", chunked, "1\r\nx\r\n0\r\nX: y\r\n\r\n"),
		fine("extensions of chunks", chunked, "1;a=b;c=\"d\"\r\nx\r\n0;e\r\n\r\n"),
		fine("chunk's size with noughts and capitals", chunked, "00000A\r\nxxxxxxxxxx\r\n000\r\n\r\n"),
		fine("103 before the answer", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", ok, x),
		fine("100 before the answer", "HTTP/1.1 100 Continue\r\n\r\n", ok, x),
		fine("ten of 1xx before the answer", strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 10), ok, x),
		fine("gzip", inGzip, sizedBody(zipped("x"))),
		{"gzip in two parts", text(inGzip, sizedBody(zipped("x")+zipped("y"))), "", "", curl(23), 0},
		fine("gzip of nothing", inGzip, sizedBody(zipped(""))),
		fine("gzip said of no body", inGzip, "Content-Length: 0\r\n\r\n"),
		{"101 that nobody asked for", text("HTTP/1.1 101 Switching Protocols\r\nUpgrade: strange\r\nConnection: upgrade\r\n\r\n"), "", "", curl(52), 101},
		status("204", 204, "HTTP/1.1 204 No Content\r\n\r\n"),
		status("204 with a body", 204, "HTTP/1.1 204 No Content\r\n", x),
		status("304 with a length", 304, "HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n"),
		status("status of no meaning", 799, "HTTP/1.1 799 Strange\r\n", x),
		status("401 without a challenge", 401, "HTTP/1.1 401 Unauthorized\r\n", x),
		status("407 without a proxy", 407, "HTTP/1.1 407 Proxy Authentication Required\r\n", x),
		{"plain HTTP told to speak TLS", text("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"), "", "", curl(0), 400},
		{"HEAD with a length", head(text(ok, "Content-Length: 100\r\n\r\n")), "", "", curl(0), 0},
		{"HEAD with a body", head(text(ok, x)), "", "", curl(0), 0},
		{"HEAD with chunks", head(text(chunked)), "", "", curl(0), 0},
		{"answer before the request", tcp(func(c net.Conn) { io.WriteString(c, ok+x); readRequest(c) }), "", "", curl(0), 0},
		{"answer in the middle of the request", posting(4<<20, tcp(func(c net.Conn) {
			c.Read(make([]byte, 1))
			io.WriteString(c, "HTTP/1.1 413 Too Large\r\nConnection: close\r\n"+x)
			hang(c)
		})), "", "", curl(0), 413},
		{"empty lines before the answer", text("\r\n\r\n", ok, x), data.ErrProtocol, "transfer", curl(1), 0},
	}
}
