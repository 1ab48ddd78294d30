package probe_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// counted counts the connections that it gets.
func counted(t *testing.T, h http.HandlerFunc) (url string, opened *atomic.Int64) {
	t.Helper()
	opened = new(atomic.Int64)
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, opened
}

func TestConnectionsServeAgainOnlyWhenAskedTo(t *testing.T) {
	var closing atomic.Int64
	h := func(w http.ResponseWriter, r *http.Request) {
		if r.Close {
			closing.Add(1)
		}
		sized(w, r)
	}
	for _, tt := range []struct {
		name, connection, path, method string
		body                           bool
		want                           int64
	}{
		{"new", data.ConnectionNew, "/10", "GET", true, 5},
		{"reuse, body read", data.ConnectionReuse, "/10", "GET", true, 1},
		{"reuse, chunked body read", data.ConnectionReuse, "/10?chunked", "GET", true, 1},
		{"reuse, body not needed", data.ConnectionReuse, "/9000", "GET", false, 1},
		{"reuse, chunked body not needed", data.ConnectionReuse, "/9000?chunked", "GET", false, 1},
		{"reuse, large body not needed", data.ConnectionReuse, "/200000", "GET", false, 5},
		{"reuse, HEAD", data.ConnectionReuse, "/10", "HEAD", false, 1},
		{"reuse, POST", data.ConnectionReuse, "/10", "POST", false, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			closing.Store(0)
			url, opened := counted(t, h)
			m := monitor(url + tt.path)
			m.Connection, m.Method = tt.connection, tt.method
			if tt.body {
				withBody(m)
			}
			p := prober(t, probe.Options{})
			for range 5 {
				r := again(t, p, m)
				wantOK(t, r)
				if !tt.body && (r.HTTP.BodyBytes != -1 || r.Phases.Transfer.Measured() && tt.path == "/10") {
					t.Errorf("the body counts: %+v %v", r.HTTP, r.Phases.Transfer)
				}
			}
			if got := opened.Load(); got != tt.want {
				t.Errorf("opened %d connections, want %d", got, tt.want)
			}
			if said := closing.Load() == 5; said != (tt.connection == data.ConnectionNew) {
				t.Errorf("said Connection: close %d times", closing.Load())
			}
		})
	}
}

func TestConnectionClosedWhileIdleIsNotAFault(t *testing.T) {
	gone := make(chan struct{}, 1)
	addr := raw(t, func(c net.Conn) {
		if readRequest(c) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
			c.Close() // without having said so
			gone <- struct{}{}
		}
	})
	m := withBody(monitor("http://" + addr))
	m.Connection = data.ConnectionReuse
	p := prober(t, probe.Options{})
	for range 3 {
		r := again(t, p, m)
		wantOK(t, r)
		<-gone
		if !r.Phases.Connect.Measured() {
			t.Error("came over a connection that was closed")
		}
	}
}

func TestConnectionIsNotKeptWhenThePeerSendsMoreThanItsAnswer(t *testing.T) {
	addr := raw(t, func(c net.Conn) {
		for br := bufio.NewReader(c); ; {
			if _, err := http.ReadRequest(br); err != nil {
				return
			}
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 500 Smuggled\r\n\r\n")
		}
	})
	m := withBody(monitor("http://" + addr))
	m.Connection = data.ConnectionReuse
	p := prober(t, probe.Options{})
	for range 3 {
		r := again(t, p, m)
		wantOK(t, r)
		if r.HTTP.Status != 200 || string(r.Body) != "x" {
			t.Fatalf("got %+v %q", r.HTTP, r.Body)
		}
	}
}

func TestClosedProberStillProbesAndKeepsNothing(t *testing.T) {
	url, opened := counted(t, sized)
	m := monitor(url + "/1")
	m.Connection = data.ConnectionReuse
	p := prober(t, probe.Options{})
	p.Close()
	wantOK(t, again(t, p, m))
	wantOK(t, again(t, p, m))
	if opened.Load() != 2 {
		t.Errorf("opened %d connections, want 2", opened.Load())
	}
}

func TestRequestIsWrittenAsDefined(t *testing.T) {
	var got *http.Request
	var body string
	m := monitor(serve(t, func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
	}) + "/a%20b/c?q=1&r=%2F#fragment")
	m.Method, m.Body = "PATCH", "hello"
	m.Headers = map[string]string{"Host": "shop.example", "x-token": "t", "Content-Type": "text/plain"}
	wantOK(t, once(t, probe.Options{UserAgent: "agent/1"}, m))
	if got.Method != "PATCH" || got.RequestURI != "/a%20b/c?q=1&r=%2F" || got.Host != "shop.example" || body != "hello" || got.ContentLength != 5 {
		t.Errorf("got %s %s, host %s, body %q", got.Method, got.RequestURI, got.Host, body)
	}
	h := got.Header
	if h.Get("X-Token") != "t" || h.Get("User-Agent") != "agent/1" || h.Get("Accept-Encoding") != "gzip" || h.Get("Content-Type") != "text/plain" {
		t.Errorf("got %v", h)
	}
	m.Headers["user-agent"] = "mine"
	wantOK(t, once(t, probe.Options{UserAgent: "agent/1"}, m))
	if ua := strings.Join(got.Header["User-Agent"], "|"); ua != "mine" {
		t.Errorf("got agent %q", ua)
	}
}

func TestNameIsLookedUpInItsOwnPhase(t *testing.T) {
	m := monitor(strings.Replace(serve(t, sized), "127.0.0.1", "localhost", 1) + "/1")
	r := once(t, probe.Options{}, m)
	wantOK(t, r)
	if !r.Phases.DNS.Measured() || !r.Phases.Connect.Measured() || !strings.HasPrefix(r.HTTP.Remote, "127.0.0.1:") {
		t.Errorf("got %+v, %+v", r.Phases, r.HTTP)
	}
}
