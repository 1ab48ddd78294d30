package probe_test

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// raw serves connections by hand. The handler's connection is closed when it
// returns, and at the test's end.
func raw(t *testing.T, handle func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return rawOn(t, l, handle)
}

func rawOn(t *testing.T, l net.Listener, handle func(net.Conn)) (addr string) {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	wg.Go(func() { // waited for at the test's end
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			wg.Go(func() {
				defer c.Close()
				handle(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().String()
}

// answers reads one request and writes text.
func answers(text string) func(net.Conn) {
	return func(c net.Conn) {
		if readRequest(c) {
			c.Write([]byte(text))
		}
	}
}

func readRequest(c net.Conn) bool {
	_, err := http.ReadRequest(bufio.NewReader(c))
	return err == nil
}

// hang waits until the peer or the test closes c.
func hang(c net.Conn) {
	for b := make([]byte, 64<<10); ; {
		if _, err := c.Read(b); err != nil {
			return
		}
	}
}

func monitor(url string) *data.Monitor {
	return &data.Monitor{ID: "m", URL: url, Timeout: data.Duration(5 * time.Second), Connection: data.ConnectionNew}
}

func withBody(m *data.Monitor) *data.Monitor {
	m.Expect.Body.Matches = []string{"x"}
	return m
}

func quick(m *data.Monitor) *data.Monitor {
	m.Timeout = data.Duration(250 * time.Millisecond)
	return m
}

func prober(t *testing.T, o probe.Options) *probe.Prober {
	t.Helper()
	p := probe.New(o)
	t.Cleanup(p.Close)
	return p
}

func target(t *testing.T, m *data.Monitor) *probe.Target {
	t.Helper()
	c, err := probe.Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// once probes m with a prober of its own, and checks what always holds.
func once(t *testing.T, o probe.Options, m *data.Monitor) *probe.Response {
	t.Helper()
	return again(t, prober(t, o), m)
}

func again(t *testing.T, p *probe.Prober, m *data.Monitor) *probe.Response {
	t.Helper()
	c := target(t, m)
	begun := time.Now()
	r := p.Probe(t.Context(), c)
	t.Cleanup(r.Release)
	if took := time.Since(begun); took > m.Timeout.D()+time.Second {
		t.Errorf("the probe took %v, with a timeout of %v", took, m.Timeout)
	}
	if total := r.Phases.Total.D(); total > time.Since(begun) {
		t.Errorf("total is %v, more than the probe took", total)
	}
	check(t, r)
	return r
}

// check sees that phases add up, each hop's and all together.
func check(t *testing.T, r *probe.Response) {
	t.Helper()
	addsUp(t, "probe", r.Phases)
	var sum data.Phases
	for _, h := range r.Hops {
		addsUp(t, h.URL, h.Phases)
		sum = sum.Add(h.Phases)
	}
	if len(r.Hops) > 0 && sum != r.Phases {
		t.Errorf("hops give %+v, the probe says %+v", sum, r.Phases)
	}
	if r.Err != nil && r.Body != nil {
		t.Errorf("a probe that failed with %s has a body", r.Err.Kind)
	}
	if r.Err != nil && (r.Err.Message == "" || len(r.Err.Message) > 600) {
		t.Errorf("the message has %d bytes: %s", len(r.Err.Message), r.Err.Message)
	}
}

func addsUp(t *testing.T, what string, p data.Phases) {
	t.Helper()
	sum := p.DNS.D() + p.Connect.D() + p.TLS.D() + p.Request.D() + p.FirstByte.D() + p.Transfer.D()
	if diff := (p.Total.D() - sum).Abs(); !p.Total.Measured() || diff > p.Total.D()/100 {
		t.Errorf("%s: phases give %v, total is %v: %+v", what, sum, p.Total, p)
	}
}

func wantErr(t *testing.T, r *probe.Response, kind data.ErrorKind, phase string) {
	t.Helper()
	switch {
	case r.Err == nil:
		t.Errorf("got no error, want %s in %s", kind, phase)
	case r.Err.Kind != kind || r.Err.Phase != phase:
		t.Errorf("got %s in %s (%s), want %s in %s", r.Err.Kind, r.Err.Phase, r.Err.Message, kind, phase)
	}
}

func wantOK(t *testing.T, r *probe.Response) {
	t.Helper()
	if r.Err != nil {
		t.Fatalf("got %s in %s: %s", r.Err.Kind, r.Err.Phase, r.Err.Message)
	}
}
