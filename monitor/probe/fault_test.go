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
