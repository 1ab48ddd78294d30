package probe_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// A server of the zoo starts, and says where it stands. It ends with the test.
type server func(t *testing.T, z *zoo) stand

// A stand is where a server is found, and how it is to be asked.
type stand struct {
	url     string
	ask     func(*data.Monitor) // changes the monitor; nil: nothing to change
	options probe.Options
	curl    []string // what tells curl the same
	curlURL string   // where curl finds the same; empty: at url
}

// zoo is what all its servers have in common.
type zoo struct {
	ours, strange *authority
	good          tls.Certificate // for 127.0.0.1, ::1, localhost and shop.example
}

func newZoo(t *testing.T) *zoo {
	z := &zoo{ours: newAuthority(t), strange: newAuthority(t)}
	z.good = z.ours.issue(t, -time.Hour, time.Hour, names...)
	return z
}

var names = []string{"127.0.0.1", "::1", "localhost", "shop.example"}

// tcp serves plain connections by hand.
func tcp(handle func(net.Conn)) server {
	return func(t *testing.T, _ *zoo) stand { return stand{url: "http://" + raw(t, handle)} }
}

// text serves one answer as it stands.
func text(answer ...string) server { return tcp(answers(strings.Join(answer, ""))) }

// by serves with net/http.
func by(h http.HandlerFunc) server {
	return func(t *testing.T, _ *zoo) stand { return stand{url: serve(t, h)} }
}

// handshake serves connections on which TLS is spoken, or not, by hand.
func handshake(handle func(net.Conn)) server {
	return func(t *testing.T, _ *zoo) stand { return stand{url: "https://" + raw(t, handle)} }
}

// certified greets with a certificate of its own, and says hello.
func certified(make func(t *testing.T, z *zoo) tls.Certificate) server {
	return func(t *testing.T, z *zoo) stand { return stand{url: secure(t, make(t, z), false, hello)} }
}

// inTLS serves connections that have been greeted. wire is what lies below c.
func inTLS(change func(z *zoo, c *tls.Config), handle func(c *tls.Conn, wire net.Conn)) server {
	return func(t *testing.T, z *zoo) stand {
		return stand{url: "https://" + raw(t, func(wire net.Conn) {
			config := &tls.Config{Certificates: []tls.Certificate{z.good}}
			if change != nil {
				change(z, config)
			}
			c := tls.Server(wire, config)
			if c.Handshake() != nil {
				hang(wire) // not to cut off the alert by a reset
				return
			}
			handle(c, wire)
		})}
	}
}

// asked changes how s is asked.
func asked(s server, ask func(*data.Monitor), curl ...string) server {
	return func(t *testing.T, z *zoo) stand {
		st := s(t, z)
		st.ask, st.curl = ask, append(st.curl, curl...)
		return st
	}
}

// leads redirects to what to makes of the server's own address.
func leads(to func(t *testing.T, z *zoo, self string) string) server {
	return func(t *testing.T, z *zoo) stand {
		var location string
		known := make(chan struct{}) // closed when location is
		url := "http://" + raw(t, func(c net.Conn) {
			r, err := http.ReadRequest(bufio.NewReader(c))
			<-known
			switch {
			case err != nil:
			case r.RequestURI == "/start":
				io.WriteString(c, "HTTP/1.1 302 Found\r\nLocation: "+location+"\r\nContent-Length: 0\r\n\r\n")
			default:
				io.WriteString(c, ok+sizedBody(strings.ToLower(r.RequestURI))) // %AF is %af
			}
		})
		location = to(t, z, url)
		close(known)
		return stand{url: url + "/start"}
	}
}

// leadsTo redirects to location as it stands.
func leadsTo(location string) server {
	return leads(func(*testing.T, *zoo, string) string { return location })
}

// leadsToThe redirects to another server of the zoo.
func leadsToThe(s server) server {
	return leads(func(t *testing.T, z *zoo, _ string) string { return s(t, z).url })
}

// then reads a request, writes text and goes on with next.
func then(text string, next func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		if readRequest(c) {
			io.WriteString(c, text)
			next(c)
		}
	}
}

// drip writes s again and again, fifty times a second.
func drip(s string) func(net.Conn) {
	return func(c net.Conn) {
		for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
			if _, err := io.WriteString(c, s); err != nil {
				tick.Stop()
				return
			}
		}
	}
}

// flood writes s as fast as it is taken.
func flood(s string) func(net.Conn) {
	b := []byte(strings.Repeat(s, max(1, 4096/len(s))))
	return func(c net.Conn) {
		for {
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	}
}

// reset ends the connection with RST rather than FIN.
func reset(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }

// greeting takes the ClientHello, answers with b and goes on with next.
func greeting(b []byte, next func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		c.Read(make([]byte, 4096))
		c.Write(b)
		next(c)
	}
}

// record is one of TLS.
func record(kind byte, length int, payload []byte) []byte {
	return append([]byte{kind, 3, 3, byte(length >> 8), byte(length)}, payload...)
}

func alert(code byte) []byte { return record(21, 2, []byte{2, code}) }

func zipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

// sizedBody is b with its length.
func sizedBody(b string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(b), b) }

// The first lines of answers.
const (
	ok      = "HTTP/1.1 200 OK\r\n"
	chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"
	inGzip  = ok + "Content-Encoding: gzip\r\n"
)

// posting asks s with a body of n bytes.
func posting(n int, s server) server {
	return func(t *testing.T, z *zoo) stand {
		body := strings.Repeat("b", n)
		name := filepath.Join(t.TempDir(), "body")
		if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		return asked(s, func(m *data.Monitor) { m.Method, m.Body = "POST", body }, "--data-binary", "@"+name, "-H", "Expect:")(t, z)
	}
}

// deaf takes the connection, but not what is sent on it.
func deaf(t *testing.T, _ *zoo) stand {
	return stand{url: "http://" + raw(t, func(c net.Conn) { turnDeaf(t, c) })}
}

func deafInTLS(t *testing.T, z *zoo) stand {
	return inTLS(nil, func(_ *tls.Conn, wire net.Conn) { turnDeaf(t, wire) })(t, z)
}

func turnDeaf(t *testing.T, c net.Conn) {
	c.(*net.TCPConn).SetReadBuffer(4 << 10)
	<-t.Context().Done()
}

// dripOf writes s slowly, and never to its end.
func dripOf(s string) func(net.Conn) {
	return func(c net.Conn) {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for _, b := range []byte(s[:len(s)-1]) {
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
			<-tick.C
		}
		hang(c)
	}
}

func closedPort(t *testing.T, _ *zoo) stand {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return stand{url: "http://" + l.Addr().String()}
}

// forbidden asks s where the rules allow no address but the server's own, and
// not even that when s leads nowhere.
func forbidden(s server) server {
	return func(t *testing.T, z *zoo) stand {
		st := s(t, z)
		may := strings.TrimSuffix(strings.TrimPrefix(st.url, "http://"), "/start")
		if !strings.HasSuffix(st.url, "/start") {
			may = ""
		}
		st.options.Allow = func(a netip.AddrPort) error {
			if a.String() != may {
				return errors.New("a rule says so")
			}
			return nil
		}
		return st
	}
}

func leadsFromTLS(t *testing.T, z *zoo) stand {
	to := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x") })
	return stand{url: secure(t, z.good, true, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })}
}

// six serves by IPv6.
func six(handle func(net.Conn)) server {
	return func(t *testing.T, _ *zoo) stand {
		l, err := net.Listen("tcp", "[::1]:0")
		if err != nil {
			t.Skip("this machine has no IPv6: ", err)
		}
		return stand{url: "http://" + rawOn(t, l, handle)}
	}
}

// named gives s a name that has these addresses.
func named(s server, addresses ...string) server {
	return func(t *testing.T, z *zoo) stand {
		st := s(t, z)
		u, err := url.Parse(st.url)
		if err != nil {
			t.Fatal(err)
		}
		port := u.Port()
		u.Host = "shop.example:" + port
		st.url = u.String()
		st.options.Resolver = resolver(t, func(q []byte) []byte { return reply(q, 0, addresses...) })
		st.curl = append(st.curl, "--resolve", "shop.example:"+port+":"+strings.Join(addresses, ","))
		return st
	}
}

// nameless asks for a name where answer is the resolver. Curl cannot be given one,
// and is asked for a name that cannot be.
func nameless(name string, answer func(query []byte) []byte) server {
	return func(t *testing.T, _ *zoo) stand {
		return stand{url: "http://" + name + "/", options: probe.Options{Resolver: resolver(t, answer)}, curlURL: "http://missing..example/"}
	}
}

// reply answers a query with code, and with those of the addresses that it asks
// for: RFC 1035, 4.1.
func reply(query []byte, code byte, addresses ...string) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	kind := query[end+2]
	b := slices.Clone(query[:end+5]) // up to the end of the question
	b[2], b[3] = b[2]|0x80, 0x80|code
	clear(b[6:12])
	for _, a := range addresses {
		ip := netip.MustParseAddr(a)
		if is4 := kind == 1; ip.Is4() != is4 || kind != 1 && kind != 28 {
			continue
		}
		b[7]++
		b = append(b, 0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 0, 0, byte(ip.BitLen()/8))
		b = append(b, ip.AsSlice()...)
	}
	return b
}
