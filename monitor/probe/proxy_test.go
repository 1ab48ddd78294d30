package probe_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

func TestTargetsAreReachedThroughProxies(t *testing.T) {
	a := newAuthority(t)
	cert := a.issue(t, -time.Hour, time.Hour, "127.0.0.1", "shop.example")
	clear := httptest.NewUnstartedServer(http.HandlerFunc(hello))
	clear.Config.Protocols = new(http.Protocols)
	clear.Config.Protocols.SetUnencryptedHTTP2(true)
	clear.Start()
	t.Cleanup(clear.Close)
	plain, secured, two := serve(t, hello), secure(t, cert, false, hello), secure(t, cert, true, hello)
	for _, kind := range []string{"http", "https", "socks5"} {
		for _, tt := range []struct{ name, url, protocol, body string }{
			{"http", plain, "", "xHTTP/1.1"}, {"https", secured, "", "xHTTP/1.1"}, {"h2", two, "", "xHTTP/2.0"}, {"h2c", clear.URL, "http2", "xHTTP/2.0"},
		} {
			for _, password := range []string{"", "pä:ss/w@rd"} {
				for _, connection := range []string{data.ConnectionNew, data.ConnectionReuse} {
					t.Run(strings.Join([]string{kind, tt.name, password, connection}, " "), func(t *testing.T) {
						p := newRelay(t, kind, a)
						p.password = password
						port := portOf(t, strings.SplitN(tt.url, "//", 2)[1])
						scheme, _, _ := strings.Cut(tt.url, ":")
						m := withBody(monitor(scheme + "://shop.example:" + port + "/"))
						m.TLS.CA, m.Protocol, m.Connection = a.text(), tt.protocol, connection
						m.Proxy = kind + "://" + p.addr
						if password != "" {
							m.Proxy = kind + "://probe:p%C3%A4%3Ass%2Fw%40rd@" + p.addr
						}
						pr := prober(t, probe.Options{})
						for n := range 2 {
							r := again(t, pr, m)
							wantOK(t, r)
							if string(r.Body) != tt.body || r.HTTP.Remote != p.addr {
								t.Errorf("got %q from %s, want %q from %s", r.Body, r.HTTP.Remote, tt.body, p.addr)
							}
							fresh := n == 0 || connection == data.ConnectionNew
							if r.Phases.DNS.Measured() || r.Phases.Connect.Measured() != fresh || r.Phases.TLS.Measured() != (fresh && scheme == "https") || (r.TLS != nil) != (scheme == "https") {
								t.Errorf("got %+v, %+v", r.Phases, r.TLS)
							}
						}
						want := "shop.example:" + port
						switch {
						case kind != "socks5" && tt.name == "http":
							want = "GET http://shop.example:" + port + "/"
						case kind != "socks5":
							want = "CONNECT " + want
						}
						if connection == data.ConnectionNew || kind != "socks5" && tt.name == "http" {
							want += "; " + want
						}
						if p.notes() != want {
							t.Errorf("the proxy was asked for %q, want %q", p.notes(), want)
						}
					})
				}
			}
		}
	}
}

func TestFaultsOfProxiesAreToldFromThoseOfTargets(t *testing.T) {
	a := newAuthority(t)
	cert := a.issue(t, -time.Hour, time.Hour, "127.0.0.1")
	up := secure(t, cert, false, hello)
	down := strings.Replace(serve(t, hello), "http:", "https:", 1) // no TLS there
	closed := "https://127.0.0.1:1"
	good := func(kind string) func(*testing.T) string {
		return func(t *testing.T) string { return kind + "://" + newRelay(t, kind, a).addr }
	}
	locked := func(kind, user string) func(*testing.T) string {
		return func(t *testing.T) string {
			p := newRelay(t, kind, a)
			p.password = "right"
			return kind + "://" + user + p.addr
		}
	}
	says := func(kind string, handle func(net.Conn)) func(*testing.T) string {
		return func(t *testing.T) string { return kind + "://" + raw(t, handle) }
	}
	answer := func(version, code byte) func(*testing.T) string {
		return says("socks5", func(c net.Conn) {
			b := make([]byte, 100)
			io.ReadFull(c, b[:3])
			c.Write([]byte{5, 0})
			c.Read(b)
			c.Write([]byte{version, code, 0, 1, 0, 0, 0, 0, 0, 0})
		})
	}
	reply := func(code byte) func(*testing.T) string { return answer(5, code) }
	refuses := func(*testing.T) string { return "http://127.0.0.1:1" }
	unknown := func(*testing.T) string { return "http://proxy.invalid:3128" }
	for _, tt := range []struct {
		name    string
		proxy   func(*testing.T) string
		url     string
		kind    data.ErrorKind
		phase   string
		message string
	}{
		{"nobody listens", refuses, up, data.ErrProxy, "connect", "the proxy 127.0.0.1:1: "},
		{"no such name", unknown, up, data.ErrProxy, "dns", "the proxy proxy.invalid:3128: "},
		{"takes, and is silent", says("http", hang), up, data.ErrTimeout, "connect", "did not connect to the target within 250ms"},
		{"SOCKS, silent", says("socks5", hang), up, data.ErrTimeout, "connect", "did not connect to the target within 250ms"},
		{"HTTPS, silent", says("https", hang), up, data.ErrProxy, "connect", "no connection to the proxy 127.0.0.1:"},
		{"HTTPS, another host's", func(t *testing.T) string {
			return secure(t, a.issue(t, -time.Hour, time.Hour, "elsewhere.example"), false, hello)
		}, up, data.ErrProxy, "connect", "failed to verify certificate"},
		{"hangs up", says("http", func(c net.Conn) { readRequest(c) }), up, data.ErrProxy, "connect", "hung up instead of connecting to the target"},
		{"speaks no HTTP", says("http", answers("220 mail\r\n")), up, data.ErrProxy, "connect", "did not answer in HTTP"},
		{"endless headers", says("http", func(c net.Conn) {
			readRequest(c)
			for io.WriteString(c, "HTTP/1.1 200 OK\r\n"); ; {
				if _, err := io.WriteString(c, "a: "+strings.Repeat("b", 1000)+"\r\n"); err != nil {
					return
				}
			}
		}), up, data.ErrProxy, "connect", "the proxy 127.0.0.1:"},
		{"403", says("http", answers("HTTP/1.1 403 Not that one\r\n\r\n")), up, data.ErrProxy, "connect", "did not connect to the target: 403 Not that one"},
		{"no password", locked("http", ""), up, data.ErrProxy, "connect", "asks for a user and a password (407)"},
		{"wrong password", locked("http", "probe:hunter2@"), up, data.ErrProxy, "connect", "does not accept the user and the password of its URL (407)"},
		{"no password, http", locked("http", ""), serve(t, hello), data.ErrProxy, "transfer", "asks for a user and a password (407)"},
		{"SOCKS, no password", locked("socks5", ""), up, data.ErrProxy, "connect", "asks for a user and a password"},
		{"SOCKS, wrong password", locked("socks5", "probe:hunter2@"), up, data.ErrProxy, "connect", "does not accept the user and the password"},
		{"SOCKS, speaks HTTP", says("socks5", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n"); hang(c) }), up, data.ErrProxy, "connect", "does not speak SOCKS5"},
		{"SOCKS, hangs up", says("socks5", func(net.Conn) {}), up, data.ErrProxy, "connect", "the proxy 127.0.0.1:"},
		{"SOCKS 1", reply(1), up, data.ErrProxy, "connect", "it failed (reply 1)"},
		{"SOCKS 2", reply(2), up, data.ErrProxy, "connect", "its rules forbid it (reply 2)"},
		{"SOCKS 3", reply(3), up, data.ErrProxy, "connect", "the network cannot be reached (reply 3)"},
		{"SOCKS 4", reply(4), up, data.ErrProxy, "connect", "the host cannot be reached (reply 4)"},
		{"SOCKS 6", reply(6), up, data.ErrProxy, "connect", "no answer came in time (reply 6)"},
		{"SOCKS, answers in another version", answer(4, 0), up, data.ErrProxy, "connect", "does not speak SOCKS5"},
		{"SOCKS 99", reply(99), up, data.ErrProxy, "connect", "reply 99, which means nothing"},
		{"target closed", good("http"), closed, data.ErrProxy, "connect", "did not connect to the target: 502 Bad Gateway"},
		{"SOCKS, target closed", good("socks5"), closed, data.ErrProxy, "connect", "the connection is refused (reply 5)"},
		{"target without TLS", good("http"), down, data.ErrTLSHandshake, "tls", ""},
		{"SOCKS, target without TLS", good("socks5"), down, data.ErrTLSHandshake, "tls", ""},
		{"target of a strange authority", good("socks5"), secure(t, newAuthority(t).issue(t, -time.Hour, time.Hour, "127.0.0.1"), false, hello), data.ErrCertAuthority, "tls", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := monitor(tt.url)
			m.TLS.CA, m.Proxy = a.text(), tt.proxy(t)
			if tt.kind == data.ErrTimeout || strings.Contains(tt.name, "silent") {
				quick(m)
			}
			r := once(t, probe.Options{}, m)
			wantErr(t, r, tt.kind, tt.phase)
			wantMessage(t, r, tt.message)
			if r.Err != nil && strings.Contains(r.Err.Message, "hunter2") {
				t.Errorf("the password is in %q", r.Err.Message)
			}
		})
	}
}

func TestPolicyJudgesProxiesAndAddressesBehindThem(t *testing.T) {
	p := newRelay(t, "http", nil)
	url := serve(t, hello)
	for _, tt := range []struct {
		name, url, denied string
		ok                bool
	}{
		{"all allowed", url, "", true},
		{"the proxy", url, p.addr, false},
		{"the address of the target", url, strings.TrimPrefix(url, "http://"), false},
		{"an address in disguise", "http://2130706433:" + portOf(t, strings.TrimPrefix(url, "http://")), "", false},
	} {
		m := monitor(tt.url)
		m.Proxy = "http://" + p.addr
		r := once(t, probe.Options{Allow: func(a netip.AddrPort) error {
			if a.String() == tt.denied {
				return errors.New("not there")
			}
			return nil
		}}, m)
		if tt.ok {
			wantOK(t, r)
		} else {
			wantErr(t, r, data.ErrBlocked, map[bool]string{true: "connect", false: "request"}[tt.denied == p.addr])
		}
	}
}

func TestPasswordOfTheProxyStaysWithTheProxy(t *testing.T) {
	a := newAuthority(t)
	end := secure(t, a.issue(t, -time.Hour, time.Hour, "127.0.0.1"), false, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "x"+r.Header.Get("Proxy-Authorization"))
	})
	start := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, end, http.StatusFound) })
	p := newRelay(t, "http", nil)
	p.password = "hunter2"
	for _, url := range []string{start, end} {
		m := withBody(monitor(url))
		m.TLS.CA, m.Redirects, m.Proxy = a.text(), 2, "http://probe:hunter2@"+p.addr
		r := once(t, probe.Options{}, m)
		wantOK(t, r)
		if string(r.Body) != "x" {
			t.Errorf("the target saw %q", r.Body)
		}
	}
}

func TestWhatTheTargetSaysWithTheProxysAnswerIsNotLost(t *testing.T) {
	const settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00" // HTTP/2 wants it first
	m := monitor("http://shop.example/")
	m.Protocol, m.Proxy = data.ProtocolHTTP2, "http://"+raw(t, func(c net.Conn) {
		br := bufio.NewReader(c)
		http.ReadRequest(br)
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"+settings)
		io.CopyN(io.Discard, br, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")))
		for head := make([]byte, 9); ; { // frames, up to that of the request's headers
			if _, err := io.ReadFull(br, head); err != nil {
				return
			}
			io.CopyN(io.Discard, br, int64(head[0])<<16|int64(head[1])<<8|int64(head[2]))
			if head[3] == 1 {
				break
			}
		}
		io.WriteString(c, "\x00\x00\x01\x01\x05\x00\x00\x00\x01\x88") // :status 200, and the end
		hang(c)
	})
	wantOK(t, once(t, probe.Options{}, m))
}

func TestProbeThroughAProxyEndsWhenItIsCalledOff(t *testing.T) {
	for _, kind := range []string{"http", "https", "socks5"} {
		arrived := make(chan struct{}, 1)
		m := monitor("https://shop.example/")
		m.Proxy = kind + "://" + raw(t, func(c net.Conn) { c.Read(make([]byte, 1)); arrived <- struct{}{}; hang(c) })
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-arrived; cancel() }() // ends with the probe
		r := prober(t, probe.Options{}).Probe(ctx, target(t, m))
		wantErr(t, r, data.ErrInternal, "connect")
		wantMessage(t, r, "called off")
	}
}
