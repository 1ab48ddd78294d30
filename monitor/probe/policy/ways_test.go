package policy_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
	"github.com/monitorink/monitorink/monitor/probe/policy"
)

// What has to come of a way round.
const (
	blocked   = "blocked"   // with this kind of error, by the policy
	refused   = "refused"   // with any error, or as no monitor at all
	untouched = "untouched" // the probe ends well, but elsewhere
)

// A way round the policy. In its texts OPEN and SHUT stand for the ports of the
// server at 127.0.0.2 that is allowed, and of the one on every address that is not.
type way struct {
	name string
	url  string
	want string
	dns  map[string][][]string

	proxy, resolver, token string
}

func TestWaysRoundThePolicy(t *testing.T) {
	shut := newShut(t)
	open := newOpen(t, shut)
	p := parse(t, "private", "127.0.0.2")
	ports := strings.NewReplacer("SHUT", shut.port, "OPEN", open)
	count, failed := 0, 0
	for _, w := range ways() {
		for _, connection := range []string{data.ConnectionNew, data.ConnectionReuse} {
			names := map[string][][]string{ // as systems resolve them that know old forms of addresses
				"localhost": {{"127.0.0.1", "::1"}}, "a.localhost": {{"127.0.0.1"}}, "127.0.0.1.nip.example": {{"127.0.0.1"}},
				"0x7f000001": {{"127.0.0.1"}}, "0x7f.1": {{"127.0.0.1"}}, "127.0.0.0x1": {{"127.0.0.1"}}, "127.0.0.1": {{"127.0.0.1"}},
				"2130706433": {{"127.0.0.1"}}, "017700000001": {{"127.0.0.1"}},
			}
			for name, list := range w.dns {
				names[name] = list
			}
			pr := probe.New(probe.Options{Allow: p.Allow, Resolver: (&zone{names: names}).resolver()})
			m := &data.Monitor{ID: "m", URL: ports.Replace(w.url), Timeout: data.Duration(3 * time.Second), Connection: connection, Redirects: 5}
			m.Proxy, m.Resolver = ports.Replace(w.proxy), ports.Replace(w.resolver)
			if w.token != "" {
				m.Auth = &data.Auth{OAuth2: &data.OAuth2{TokenURL: ports.Replace(w.token), ClientID: "c"}}
			}
			m.Expect.Body.Matches = []string{"x"}
			if wrong := tried(t, pr, m, w.want, shut); wrong != "" {
				t.Errorf("%s (%s): %s", w.name, connection, wrong)
				failed++
			}
			pr.Close()
			if failed == 10 {
				t.Fatal("and so on")
			}
		}
		count++
	}
	t.Logf("%d ways round the policy tried, each with new and with kept connections", count)
	if count < 60 {
		t.Errorf("only %d ways are tried", count)
	}
}

// A name that leads elsewhere from one probe to the next gets nobody further than
// the addresses that are allowed.
func TestRebindingBetweenProbes(t *testing.T) {
	shut := newShut(t)
	open := newOpen(t, shut)
	p := parse(t, "private", "127.0.0.2")
	for _, connection := range []string{data.ConnectionNew, data.ConnectionReuse} {
		z := &zone{names: map[string][][]string{"trap.example": {{"127.0.0.2"}, {"127.0.0.1"}}}}
		pr := probe.New(probe.Options{Allow: p.Allow, Resolver: z.resolver()})
		defer pr.Close()
		m := &data.Monitor{ID: "m", URL: "http://trap.example:" + open + "/200", Timeout: data.Duration(3 * time.Second), Connection: connection}
		if wrong := tried(t, pr, m, untouched, shut); wrong != "" {
			t.Errorf("%s, first: %s", connection, wrong)
		}
		want := blocked
		if connection == data.ConnectionReuse { // the connection stays where it is
			want = untouched
		}
		if wrong := tried(t, pr, m, want, shut); wrong != "" {
			t.Errorf("%s, second: %s", connection, wrong)
		}
		m.Method = http.MethodPost // never on a connection that was kept
		if wrong := tried(t, pr, m, blocked, shut); wrong != "" {
			t.Errorf("%s, by POST: %s", connection, wrong)
		}
	}
}

// tried probes m, and says in which way it did not end as wanted.
func tried(t *testing.T, p *probe.Prober, m *data.Monitor, want string, shut *shut) string {
	t.Helper()
	redirected, kind := false, want
	if k, ok := strings.CutPrefix(want, "redirected "); ok {
		redirected, kind = true, k
	}
	target, err := probe.Compile(m)
	if err != nil {
		if kind != refused || redirected {
			return fmt.Sprintf("it is no monitor: %v", err)
		}
		return ""
	}
	r := p.Probe(t.Context(), target)
	defer r.Release()
	switch {
	case shut.seen.Swap(0) > 0:
		return "it has got through"
	case r.HTTP != nil && !strings.HasPrefix(r.HTTP.Remote, "127.0.0.2:"):
		return "it has got an answer of " + r.HTTP.Remote
	case kind == untouched && r.Err != nil:
		return fmt.Sprintf("got %s: %s", r.Err.Kind, r.Err.Message)
	case kind == untouched:
		return ""
	case r.Err == nil:
		return fmt.Sprintf("got no error, and %+v", r.HTTP)
	case kind == blocked && r.Err.Kind != data.ErrBlocked:
		return fmt.Sprintf("got %s: %s", r.Err.Kind, r.Err.Message)
	case kind == blocked && !(strings.Contains(r.Err.Message, " is not allowed: ") && strings.Contains(r.Err.Message, policy.DenyVariable+" has ")):
		return "it does not say why: " + r.Err.Message
	case redirected && (r.HTTP == nil || r.HTTP.Status != 302):
		return fmt.Sprintf("there was no redirect: %+v, %s", r.HTTP, r.Err.Message)
	}
	return ""
}

// shut is a server at several addresses of loopback that nobody may reach.
type shut struct {
	port string
	seen atomic.Int64
}

func newShut(t testing.TB) *shut {
	s := new(shut)
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = strconv.Itoa(first.Addr().(*net.TCPAddr).Port)
	s.serve(t, first)
	for _, host := range []string{"127.1.2.3", "127.0.0.3", "::1"} {
		if l, err := net.Listen("tcp", net.JoinHostPort(host, s.port)); err == nil { // as many as this machine has
			s.serve(t, l)
		}
	}
	return s
}

func (s *shut) serve(t testing.TB, l net.Listener) {
	done := make(chan struct{}) // closed by the goroutine
	go func() {                 // ends with the listener
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.seen.Add(1)
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
}

// newOpen is a server at 127.0.0.2 whose path says what to answer with, and whose
// query where that leads. It returns its port.
func newOpen(t testing.TB, shut *shut) string {
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skipf("this machine has one address of loopback only: %v", err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host := r.URL.Hostname(); r.Method == http.MethodConnect || host != "" && host != "127.0.0.2" && host != "trap.example" {
			shut.seen.Add(1) // a proxy that is asked for what is denied
		}
		open(w, r)
	}))
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func open(w http.ResponseWriter, r *http.Request) {
	to := r.URL.RawQuery
	if u, err := url.QueryUnescape(to); err == nil {
		to = u
	}
	h := w.Header()
	h["Location"] = []string{to}
	if r.URL.Path == "/loop" {
		h["Location"] = []string{r.URL.String()}
		w.WriteHeader(http.StatusFound)
		return
	}
	for _, name := range []string{"Content-Location", "Refresh", "Link", "Alt-Svc", "X-Forwarded-Host"} {
		h.Set(name, to)
	}
	h.Set("Refresh", "0; url="+to)
	h.Set("Alt-Svc", `h2="`+strings.Trim(strings.TrimPrefix(to, "http:"), "/")+`"; ma=86400; persist=1`)
	status, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
	w.WriteHeader(status)
	if status == http.StatusOK {
		fmt.Fprintf(w, `x<base href=%q><meta http-equiv="refresh" content="0; url=%s"><img src=%q>`, to, to, to)
	}
}
