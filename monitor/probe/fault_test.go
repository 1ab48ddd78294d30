package probe_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

func TestProbeNamesTheFaultAndThePhaseItStruck(t *testing.T) {
	const whole = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"
	reset := func(text string) func(net.Conn) {
		return func(c net.Conn) {
			if readRequest(c) {
				c.Write([]byte(text))
				c.(*net.TCPConn).SetLinger(0)
			}
		}
	}
	after := func(text string, then func(net.Conn)) func(net.Conn) {
		return func(c net.Conn) {
			if readRequest(c) {
				c.Write([]byte(text))
				then(c)
			}
		}
	}
	drip := func(s string) func(net.Conn) { // for ever
		return func(c net.Conn) {
			for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
				if _, err := c.Write([]byte(s)); err != nil {
					tick.Stop()
					return
				}
			}
		}
	}
	flood := func(c net.Conn) {
		for line := []byte("X-More: " + strings.Repeat("a", 1000) + "\r\n"); ; {
			if _, err := c.Write(line); err != nil {
				return
			}
		}
	}
	for _, tt := range []struct {
		name   string
		scheme string
		serve  func(net.Conn)
		body   bool
		kind   data.ErrorKind
		phase  string
		status int
	}{
		{"never answers", "http", hang, false, data.ErrTimeout, "first_byte", 0},
		{"never greets", "https", hang, false, data.ErrTimeout, "tls", 0},
		{"headers dripping for ever", "http", after("HTTP/1.1 200 OK\r\n", drip("X-A: b\r\n")), false, data.ErrTimeout, "transfer", 0},
		{"half a header dripping for ever", "http", after("HTTP/1.1 200 OK\r\n", drip("X")), false, data.ErrTimeout, "transfer", 0},
		{"half a status line, and no more", "http", after("HTTP/1.1 2", hang), false, data.ErrTimeout, "transfer", 0},
		{"headers flooding for ever", "http", after("HTTP/1.1 200 OK\r\n", flood), false, data.ErrProtocol, "transfer", 0},
		{"one endless header", "http", after("HTTP/1.1 200 OK\r\nX: ", func(c net.Conn) {
			for b := []byte(strings.Repeat("a", 4096)); ; {
				if _, err := c.Write(b); err != nil {
					return
				}
			}
		}), false, data.ErrProtocol, "transfer", 0},
		{"body byte by byte", "http", after(whole, drip("x")), true, data.ErrTimeout, "transfer", 200},
		{"body that stalls", "http", after(whole, hang), true, data.ErrTimeout, "transfer", 200},
		{"reset in mid-body", "http", reset(whole), true, data.ErrReset, "transfer", 200},
		{"cut in mid-body", "http", answers(whole), true, data.ErrBodyCut, "transfer", 200},
		{"cut chunk", "http", answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc"), true, data.ErrBodyCut, "transfer", 200},
		{"no such chunk", "http", answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"), true, data.ErrProtocol, "transfer", 200},
		{"body that is not gzip", "http", answers("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\nxxxxxxxxxxxxxxxxxxxx"), true, data.ErrBodyCut, "transfer", 200},
		{"hangs up before the answer", "http", answers(""), false, data.ErrReset, "first_byte", 0},
		{"resets before the answer", "http", reset(""), false, data.ErrReset, "first_byte", 0},
		{"hangs up in the headers", "http", answers("HTTP/1.1 200 OK\r\nX-A:"), false, data.ErrReset, "transfer", 0},
		{"hangs up in the handshake", "https", func(c net.Conn) { c.Read(make([]byte, 1)) }, false, data.ErrReset, "tls", 0},
		{"not HTTP", "http", answers("SSH-2.0-OpenSSH_9.9\r\n"), false, data.ErrProtocol, "transfer", 0},
		{"not a header", "http", answers("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), false, data.ErrProtocol, "transfer", 0},
		{"plain text on the TLS port", "https", func(c net.Conn) {
			c.Read(make([]byte, 1024))
			c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
			hang(c)
		}, false, data.ErrTLSHandshake, "tls", 0},
		{"interim answers for ever", "http", answers(strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 50)), false, data.ErrProtocol, "transfer", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := quick(monitor(tt.scheme + "://" + raw(t, tt.serve)))
			if tt.kind != data.ErrTimeout {
				m.Timeout = data.Duration(5 * time.Second)
			}
			if tt.body {
				withBody(m)
			}
			r := once(t, probe.Options{}, m)
			wantErr(t, r, tt.kind, tt.phase)
			status := 0
			if r.HTTP != nil {
				status = r.HTTP.Status
			}
			if status != tt.status {
				t.Errorf("got status %d, want %d", status, tt.status)
			}
		})
	}
}

func TestProbeOfClosedPortIsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	wantErr(t, once(t, probe.Options{}, monitor("http://"+l.Addr().String())), data.ErrRefused, "connect")
}

func TestProbeOfTargetThatTakesNoRequestTimesOutInRequest(t *testing.T) {
	addr := raw(t, func(c net.Conn) {
		c.(*net.TCPConn).SetReadBuffer(4 << 10)
		c.Read(make([]byte, 1))
		<-t.Context().Done()
	})
	m := quick(monitor("http://" + addr))
	m.Method, m.Body = "POST", strings.Repeat("b", 8<<20)
	wantErr(t, once(t, probe.Options{}, m), data.ErrTimeout, "request")
}

// resolver asks a server on loopback that answers each query by reply.
func resolver(t *testing.T, reply func(query []byte) []byte) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { // waited for at the test's end
		defer close(done)
		for b := make([]byte, 1500); ; {
			n, from, err := pc.ReadFrom(b)
			if err != nil {
				return
			}
			if a := reply(b[:n]); a != nil {
				pc.WriteTo(a, from)
			}
		}
	}()
	t.Cleanup(func() { pc.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		c, err := d.DialContext(ctx, "udp", pc.LocalAddr().String())
		if err == nil { // net reads on for seconds after a lookup was given up
			t.Cleanup(func() { c.Close() })
		}
		return c, err
	}}
}

func TestProbeOfUnknownNameFailsInDNS(t *testing.T) {
	unknown := resolver(t, func(q []byte) []byte { q[2], q[3] = q[2]|0x80, 0x83; return q })
	wantErr(t, once(t, probe.Options{Resolver: unknown}, monitor("http://missing.example.")), data.ErrDNS, "dns")
}

func TestProbeOfSilentResolverTimesOutInDNS(t *testing.T) {
	silent := resolver(t, func([]byte) []byte { return nil })
	wantErr(t, once(t, probe.Options{Resolver: silent}, quick(monitor("http://shop.example."))), data.ErrTimeout, "dns")
}

func TestProbeOfForbiddenAddressIsBlocked(t *testing.T) {
	addr := raw(t, hang)
	o := probe.Options{Allow: func(a netip.AddrPort) error {
		if a.Addr().IsLoopback() {
			return errors.New("loopback")
		}
		return nil
	}}
	r := once(t, o, monitor("http://"+addr))
	wantErr(t, r, data.ErrBlocked, "connect")
	if !strings.Contains(r.Err.Message, addr) {
		t.Errorf("the message does not name the address: %s", r.Err.Message)
	}
}

func TestCancelledProbeEndsAtOnceAndBlamesNobody(t *testing.T) {
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			addr := raw(t, func(c net.Conn) { c.Read(make([]byte, 1)); cancel(); hang(c) })
			begun := time.Now()
			r := prober(t, probe.Options{}).Probe(ctx, target(t, monitor(scheme+"://"+addr)))
			if r.Err == nil || r.Err.Kind != data.ErrInternal {
				t.Errorf("got %+v, want internal", r.Err)
			}
			if took := time.Since(begun); took > 3*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestErrorsOfSocketsHaveTheirKinds(t *testing.T) {
	for errno, want := range map[syscall.Errno]data.ErrorKind{
		syscall.EHOSTUNREACH: data.ErrUnreachable, syscall.ENETUNREACH: data.ErrUnreachable, syscall.EPIPE: data.ErrReset,
		syscall.EMFILE: data.ErrInternal, syscall.EADDRNOTAVAIL: data.ErrInternal,
	} {
		if got := probe.KindOf(&net.OpError{Op: "dial", Err: errno}); got != want {
			t.Errorf("%v: got %s, want %s", errno, got, want)
		}
	}
}

func TestLackOnThisMachineIsToldFromFaultsOfTheTarget(t *testing.T) {
	full := syscall.EMFILE.Error()
	for name, c := range map[string]struct {
		err  error
		kind data.ErrorKind
		want bool
	}{
		"files":       {&net.OpError{Op: "dial", Err: os.NewSyscallError("socket", syscall.EMFILE)}, data.ErrInternal, true},
		"ports":       {&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EADDRNOTAVAIL)}, data.ErrInternal, true},
		"no IPv6":     {&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EADDRNOTAVAIL)}, data.ErrUnreachable, false},
		"resolver":    {&net.DNSError{Err: "dial udp 192.0.2.1:53: socket: " + full, Name: "a.example"}, data.ErrDNS, true},
		"no name":     {&net.DNSError{Err: "no such host", Name: "a.example", IsNotFound: true}, data.ErrDNS, false},
		"refused":     {&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, data.ErrRefused, false},
		"the other's": {errors.New(full), data.ErrInternal, false},
	} {
		if got := probe.Exhausted(c.err, c.kind); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestNoRequestIsTimedWithoutAConnection(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close() // the port is free now, and closed
	r := once(t, probe.Options{}, quick(monitor("http://"+ln.Addr().String())))
	if r.Err == nil || r.Err.Kind != data.ErrRefused {
		t.Fatalf("%+v, want refused", r.Err)
	}
	if r.Phases.Request.Measured() || !r.Phases.Connect.Measured() {
		t.Errorf("phases %+v: want connect, and no request", r.Phases)
	}
}
