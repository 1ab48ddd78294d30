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
}

// literals are hosts that mean an address that is denied. All are tried as they
// are, and as what a redirect leads to.
var literals = []way{
	{name: "loopback", url: "127.0.0.1"},
	{name: "another loopback", url: "127.1.2.3"},
	{name: "unspecified", url: "0.0.0.0"},
	{name: "loopback, IPv6", url: "[::1]"},
	{name: "loopback, IPv6, in full", url: "[0:0:0:0:0:0:0:1]"},
	{name: "unspecified, IPv6", url: "[::]"},
	{name: "mapped", url: "[::ffff:127.0.0.1]"},
	{name: "mapped, hexadecimal", url: "[::ffff:7f00:1]"},
	{name: "mapped, capitals", url: "[::FFFF:7F00:0001]"},
	{name: "mapped, in full", url: "[0:0:0:0:0:ffff:127.0.0.1]"},
	{name: "mapped, unspecified", url: "[::ffff:0.0.0.0]"},
	{name: "mapped, private", url: "[::ffff:10.0.0.1]"},
	{name: "mapped, metadata", url: "[::ffff:a9fe:a9fe]"},
	{name: "compatible", url: "[::127.0.0.1]"},
	{name: "translated", url: "[::ffff:0:127.0.0.1]"},
	{name: "NAT64", url: "[64:ff9b::127.0.0.1]"},
	{name: "NAT64, hexadecimal", url: "[64:ff9b::7f00:1]"},
	{name: "NAT64, metadata", url: "[64:ff9b::a9fe:a9fe]"},
	{name: "NAT64 of one's own", url: "[64:ff9b:1::a9fe:a9fe]"},
	{name: "6to4", url: "[2002:7f00:1::]"},
	{name: "6to4, metadata", url: "[2002:a9fe:a9fe::1]"},
	{name: "Teredo, client", url: "[2001:0:102:304::80ff:fffe]"},
	{name: "Teredo, server", url: "[2001:0:7f00:1::1]"},
	{name: "ISATAP", url: "[2606:4700::5efe:127.0.0.1]"},
	{name: "ISATAP, universal", url: "[2606:4700::200:5efe:127.0.0.1]"},
	{name: "zone", url: "[fe80::1%25lo]"},
	{name: "zone of loopback", url: "[::1%25lo]"},
	{name: "unique local", url: "[fd00::1]"},
	{name: "site-local", url: "[fec0::1]"},
	{name: "multicast, IPv6", url: "[ff02::1]"},
	{name: "metadata", url: "169.254.169.254"},
	{name: "metadata of tasks", url: "169.254.170.2"},
	{name: "metadata, public", url: "168.63.129.16"},
	{name: "metadata, shared", url: "100.100.100.200"},
	{name: "metadata, IPv6", url: "[fd00:ec2::254]"},
	{name: "this network", url: "0.1.2.3"},
	{name: "private", url: "192.168.1.1"},
	{name: "shared", url: "100.64.0.1"},
	{name: "benchmark", url: "198.18.0.1"},
	{name: "multicast", url: "224.0.0.1"},
	{name: "broadcast", url: "255.255.255.255"},
	{name: "full-width digits", url: "１２７.０.０.１", want: refused},
	{name: "full-width stops", url: "127．0．0．1", want: refused},
	{name: "ideographic stops", url: "127。0。0。1", want: refused},
	{name: "half-width ideographic stops", url: "127｡0｡0｡1", want: refused},
	{name: "circled digits", url: "①②⑦.⓪.⓪.①", want: refused},
	{name: "mathematical digits", url: "𝟏𝟐𝟕.𝟎.𝟎.𝟏", want: refused},
	{name: "percent-encoded", url: "%31%32%37.0.0.1", want: refused},
	{name: "stop at the end", url: "127.0.0.1.", want: refused},
	{name: "decimal", url: "2130706433", want: refused},
	{name: "decimal, too large by 2^32", url: "6425673729", want: refused},
	{name: "octal", url: "017700000001", want: refused},
	{name: "hexadecimal", url: "0x7f000001"},
	{name: "hexadecimal, capitals", url: "0X7F000001"},
	{name: "hexadecimal, short", url: "0x7f.1"},
	{name: "hexadecimal, last part", url: "127.0.0.0x1"},
	{name: "two parts", url: "127.1", want: refused},
	{name: "three parts", url: "127.0.1", want: refused},
	{name: "octal part", url: "0177.0.0.1", want: refused},
	{name: "zeros in front", url: "127.0.0.001", want: refused},
	{name: "many zeros", url: "00000127.0.0.1", want: refused},
	{name: "a port in brackets", url: "[::1]:SHUT@[::1]", want: refused},
	{name: "localhost", url: "localhost"},
	{name: "localhost, capitals", url: "LocalHost"},
	{name: "localhost, stop", url: "localhost."},
	{name: "below localhost", url: "a.localhost"},
	{name: "a name in the address", url: "127.0.0.1.nip.example"},
	{name: "a name with a stop", url: "127.0.0.1.nip.example."},
	{name: "a name in capitals", url: "127.0.0.1.NIP.EXAMPLE"},
	{name: "user", url: "ok@127.0.0.1", want: refused},
	{name: "user and password", url: "ok:ok@127.0.0.1", want: refused},
	{name: "user like a host", url: "127.0.0.2:OPEN@127.0.0.1", want: refused},
	{name: "user, encoded", url: "127.0.0.2%3aOPEN%2f@127.0.0.1", want: refused},
	{name: "space in front", url: " 127.0.0.1", want: refused},
	{name: "tab", url: "127.0.\t0.1", want: refused},
	{name: "NUL", url: "127.0.0.1\x00.example", want: refused},
	{name: "soft hyphen", url: "127.0.0.\u00ad1", want: refused},
	{name: "zero width space", url: "127.0.0.\u200b1", want: refused},
}

// answers are DNS answers to trap.example.
var answers = map[string][][]string{
	"denied":                     {{"127.0.0.1"}},
	"denied, IPv6":               {{"::1"}},
	"unspecified":                {{"0.0.0.0"}},
	"unspecified, IPv6":          {{"::"}},
	"mapped":                     {{"::ffff:127.0.0.1"}},
	"compatible":                 {{"::127.0.0.1"}},
	"NAT64":                      {{"64:ff9b::7f00:1"}},
	"6to4":                       {{"2002:7f00:1::"}},
	"metadata":                   {{"169.254.169.254"}},
	"metadata, IPv6":             {{"fd00:ec2::254"}},
	"private":                    {{"10.0.0.1"}},
	"an alias of what is denied": {{"cname inner.example", "127.0.0.1"}},
	"an alias of localhost":      {{"cname localhost", "127.0.0.1"}},
	"aliases in a chain":         {{"cname a.example", "cname b.example", "::1"}},
	"both families denied":       {{"::1", "127.0.0.1"}},
	"many, all denied":           {{"127.0.0.1", "127.0.0.3", "127.0.0.4", "10.0.0.1", "::1", "fd00::1"}},
	"denied and then one that does not listen":   {{"127.0.0.1", "127.0.0.2"}},
	"denied IPv6, and IPv4 that does not listen": {{"::1", "127.0.0.2"}},
}

// others are the ways that need a server that helps, or several probes.
var others = []way{
	{name: "redirect without a scheme", url: "http://127.0.0.2:OPEN/302?//127.0.0.1:SHUT/", want: blocked},
	{name: "redirect of GET kept", url: "http://127.0.0.2:OPEN/307?http://127.0.0.1:SHUT/", want: blocked},
	{name: "redirect for good", url: "http://127.0.0.2:OPEN/301?http://127.0.0.1:SHUT/", want: blocked},
	{name: "redirect, see other", url: "http://127.0.0.2:OPEN/303?http://127.0.0.1:SHUT/", want: blocked},
	{name: "redirect, permanent", url: "http://127.0.0.2:OPEN/308?http://127.0.0.1:SHUT/", want: blocked},
	{name: "redirect to https", url: "http://127.0.0.2:OPEN/302?https://127.0.0.1:SHUT/", want: blocked},
	{name: "second redirect", url: "http://127.0.0.2:OPEN/302?/302%3Fhttp:%2f%2f127.0.0.1:SHUT%2f", want: blocked},
	{name: "redirect with a backslash", url: `http://127.0.0.2:OPEN/302?http:\\127.0.0.1:SHUT\`, want: refused},
	{name: "redirect with a backslash and user", url: `http://127.0.0.2:OPEN/302?http://127.0.0.1:SHUT\@127.0.0.2:OPEN/`, want: refused},
	{name: "redirect with a fragment", url: "http://127.0.0.2:OPEN/302?http://127.0.0.1:SHUT%23@127.0.0.2:OPEN/", want: blocked},
	{name: "redirect to a file", url: "http://127.0.0.2:OPEN/302?file:%2f%2f%2fetc%2fpasswd", want: refused},
	{name: "redirect to gopher", url: "http://127.0.0.2:OPEN/302?gopher://127.0.0.1:SHUT/", want: refused},
	{name: "redirect to ftp", url: "http://127.0.0.2:OPEN/302?ftp://127.0.0.1:SHUT/", want: refused},
	{name: "redirect to a socket", url: "http://127.0.0.2:OPEN/302?http+unix://%252Frun%252Fdocker.sock/", want: refused},
	{name: "300 with a Location", url: "http://127.0.0.2:OPEN/300?http://127.0.0.1:SHUT/", want: untouched},
	{name: "304 with a Location", url: "http://127.0.0.2:OPEN/304?http://127.0.0.1:SHUT/", want: untouched},
	{name: "305, use a proxy", url: "http://127.0.0.2:OPEN/305?http://127.0.0.1:SHUT/", want: untouched},
	{name: "201 with a Location", url: "http://127.0.0.2:OPEN/201?http://127.0.0.1:SHUT/", want: untouched},
	{name: "Alt-Svc, Refresh, Link and base in the page", url: "http://127.0.0.2:OPEN/200?http://127.0.0.1:SHUT/", want: untouched},
	{name: "URL with a backslash", url: `http://127.0.0.1:SHUT\@127.0.0.2:OPEN/`, want: refused},
	{name: "URL with a fragment before the user", url: "http://127.0.0.1:SHUT#@127.0.0.2:OPEN/", want: blocked},
	{name: "URL with a query before the user", url: "http://127.0.0.1:SHUT?@127.0.0.2:OPEN/", want: blocked},
	{name: "URL without slashes", url: "http:127.0.0.1:SHUT", want: refused},
	{name: "URL with three slashes", url: "http:///127.0.0.1:SHUT/", want: refused},
	{name: "scheme in capitals", url: "HTTP://127.0.0.1:SHUT/", want: blocked},
	{name: "scheme https", url: "https://127.0.0.1:SHUT/", want: blocked},
	{name: "no port", url: "http://127.0.0.1/", want: blocked},
	{name: "port with zeros", url: "http://127.0.0.1:0000SHUT/", want: blocked},
	{name: "allowed address after a denied one", url: "http://trap.example:OPEN/200", want: untouched,
		dns: map[string][][]string{"trap.example": {{"127.0.0.1", "::1", "127.0.0.2"}}}},
	{name: "rebinding between a redirect and its target", url: "http://trap.example:OPEN/302?http://trap.example:SHUT/", want: blocked,
		dns: map[string][][]string{"trap.example": {{"127.0.0.2"}, {"127.0.0.1"}}}},
	{name: "rebinding to IPv6", url: "http://trap.example:OPEN/302?http://trap.example:SHUT/", want: blocked,
		dns: map[string][][]string{"trap.example": {{"127.0.0.2"}, {"::1"}}}},
	{name: "rebinding after a dozen redirects", url: "http://trap.example:OPEN/loop?http://trap.example:SHUT/", want: refused,
		dns: map[string][][]string{"trap.example": {{"127.0.0.2"}, {"127.0.0.2"}, {"127.0.0.2"}, {"127.0.0.1"}}}},
}

func ways() []way {
	all := make([]way, 0, 200)
	for _, l := range literals {
		if l.want == "" {
			l.want = blocked
		}
		all = append(all, way{name: "URL: " + l.name, url: "http://" + l.url + ":SHUT/", want: l.want})
		if !strings.Contains(l.url, "\x00") { // a header cannot hold it
			all = append(all, way{name: "redirect: " + l.name, want: "redirected " + l.want,
				url: "http://127.0.0.2:OPEN/302?" + url.QueryEscape("http://"+l.url+":SHUT/")})
		}
	}
	for name, list := range answers {
		dns := map[string][][]string{"trap.example": list}
		all = append(all,
			way{name: "DNS: " + name, url: "http://trap.example:SHUT/", want: blocked, dns: dns},
			way{name: "DNS behind a redirect: " + name, url: "http://127.0.0.2:OPEN/302?http://trap.example:SHUT/", want: blocked, dns: dns})
	}
	return append(all, others...)
}

func TestWaysRoundThePolicy(t *testing.T) {
	shut := newShut(t)
	open := newOpen(t)
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
	open := newOpen(t)
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
	case r.Err.Kind == data.ErrBlocked && (!strings.HasPrefix(r.Err.Message, "the address ") || !strings.Contains(r.Err.Message, policy.DenyVariable+" has ")):
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
func newOpen(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skipf("this machine has one address of loopback only: %v", err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(open))
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
