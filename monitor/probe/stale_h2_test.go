package probe_test

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// A turncoat gives its first connection to a server, and lets after do with all others.
type turncoat struct {
	net.Listener
	first chan net.Conn // holds the first connection
	after func(net.Conn)
}

func (l *turncoat) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.first <- c:
			return c, nil
		default:
			l.after(c)
			c.Close()
		}
	}
}

// A server that spoke HTTP/2 may speak otherwise when it comes back.
func TestAConnectionOverHTTP2ThatIsGoneIsReplacedByWhateverComes(t *testing.T) {
	a := newAuthority(t)
	cert := a.issue(t, -1e12, 1e13, "127.0.0.1")
	for _, tt := range []struct {
		name  string
		after func(net.Conn)
		kind  data.ErrorKind
		phase string
	}{
		{"a body that is cut, over HTTP/1.1", func(c net.Conn) {
			tc := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
			defer tc.Close()
			answers(ok + "Content-Length: 5\r\n\r\nx")(tc)
		}, data.ErrBodyCut, "transfer"},
		{"half a greeting", greeting(record(22, 100, []byte("half")), func(net.Conn) {}), data.ErrReset, "tls"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := &turncoat{first: make(chan net.Conn, 1), after: tt.after}
			n := 0
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if n++; n == 1 {
					io.WriteString(w, "x")
					return
				}
				c := <-l.first
				l.first <- nil // so that the next is another, however soon it comes
				reset(c)
				c.Close()
			}))
			l.Listener, s.Listener = s.Listener, l
			s.TLS, s.EnableHTTP2 = &tls.Config{Certificates: []tls.Certificate{cert}}, true
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.StartTLS()
			t.Cleanup(s.Close)
			m := withBody(monitor(s.URL))
			m.Connection = data.ConnectionReuse
			p := prober(t, probe.Options{RootCAs: a.pool})
			if r := again(t, p, m); r.Err != nil || r.HTTP.Protocol != "HTTP/2.0" {
				t.Fatalf("got %+v and %+v", r.HTTP, r.Err)
			}
			wantErr(t, again(t, p, m), tt.kind, tt.phase)
		})
	}
}
