package probe_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// who answers by the address that it was asked at, and from where.
func who(w http.ResponseWriter, r *http.Request) {
	at := r.Context().Value(http.LocalAddrContextKey).(net.Addr).String()
	io.WriteString(w, "x at "+at+" from "+r.RemoteAddr)
}

// at serves who at all of these addresses, at one port, which it returns.
func at(t *testing.T, addresses ...string) string {
	t.Helper()
	for range 50 { // until a port is free at all of them
		var list []net.Listener
		port := "0"
		for _, a := range addresses {
			l, err := net.Listen("tcp", net.JoinHostPort(a, port))
			if err != nil {
				if port == "0" {
					t.Skipf("this machine has no address %s: %v", a, err)
				}
				break
			}
			list, port = append(list, l), portOf(t, l.Addr().String())
		}
		if len(list) < len(addresses) {
			for _, l := range list {
				l.Close()
			}
			continue
		}
		for _, l := range list {
			s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(who)}}
			s.Start()
			t.Cleanup(s.Close)
		}
		return port
	}
	t.Skip("no port is free at all of ", addresses)
	return ""
}

func TestResolverOfTheMonitorIsAsked(t *testing.T) {
	port := at(t, "127.0.0.1")
	z := newZone(t, map[string][]string{"shop.example": {"127.0.0.1"}, "empty.example": nil})
	m := withBody(monitor("http://shop.example:" + port))
	m.Resolver = z.at
	r := once(t, probe.Options{}, m)
	wantOK(t, r)
	if !r.Phases.DNS.Measured() || r.HTTP.Remote != "127.0.0.1:"+port {
		t.Errorf("%+v, %v", r.Phases, r.HTTP)
	}
	if q := z.questions(); !slices.Equal(q, []string{"shop.example"}) { // without search domains
		t.Errorf("%q were asked for", q)
	}
	for _, name := range []string{"nowhere.example", "empty.example"} {
		m.URL = "http://" + name
		wantErr(t, once(t, probe.Options{}, m), data.ErrDNS, "dns")
	}
	m.URL, m.IP = "http://elsewhere.example", data.IPv4
	wantErr(t, once(t, probe.Options{}, m), data.ErrDNS, "dns")
	if q := z.questions(); !slices.Equal(q, []string{"elsewhere.example", "empty.example", "nowhere.example", "shop.example"}) {
		t.Errorf("%q were asked for", q) // with a search domain, on a machine that has one
	}
	z.hangs.Store(true)
	m = quick(m)
	r = once(t, probe.Options{}, m)
	wantErr(t, r, data.ErrTimeout, "dns")
}

func TestIPVersionIsTheMonitors(t *testing.T) {
	port := at(t, "127.0.0.1", "::1")
	z := newZone(t, map[string][]string{"both.example": {"127.0.0.1", "::1"}, "four.example": {"127.0.0.1"}, "six.example": {"::1"}})
	for _, tt := range []struct{ name, ip, address string }{
		{"both", "4", "127.0.0.1"}, {"both", "6", "::1"}, {"both", "prefer4", "127.0.0.1"}, {"both", "prefer6", "::1"},
		{"four", "prefer6", "127.0.0.1"}, {"six", "prefer4", "::1"}, {"four", "", "127.0.0.1"}, {"six", "", "::1"},
		{"four", "6", ""}, {"six", "4", ""},
	} {
		m := monitor("http://" + tt.name + ".example:" + port)
		m.Resolver, m.IP = z.at, tt.ip
		r := once(t, probe.Options{}, m)
		if tt.address == "" {
			wantErr(t, r, data.ErrDNS, "dns")
			wantMessage(t, r, tt.name+".example has no IPv"+tt.ip+" address")
			continue
		}
		wantOK(t, r)
		if want := net.JoinHostPort(tt.address, port); r.HTTP.Remote != want || !r.Phases.DNS.Measured() || !r.Phases.Connect.Measured() {
			t.Errorf("%s, ip %q: got %s, want %s; %+v", tt.name, tt.ip, r.HTTP.Remote, want, r.Phases)
		}
	}
}

func TestOtherAddressesAreTriedWithinTheTimeout(t *testing.T) {
	port := at(t, "127.0.0.3")
	z := newZone(t, map[string][]string{"shop.example": {"127.9.8.1", "127.9.8.2", "127.0.0.3"}, "none.example": {"127.9.8.1", "127.9.8.2"}})
	m := withBody(monitor("http://shop.example:" + port))
	m.Resolver, m.IP = z.at, data.Prefer4
	var mu sync.Mutex
	var judged []string
	allow := func(a netip.AddrPort) error {
		mu.Lock()
		defer mu.Unlock()
		judged = append(judged, a.Addr().String())
		return nil
	}
	r := once(t, probe.Options{Allow: allow}, m)
	wantOK(t, r)
	if got := strings.Join(judged, " "); r.HTTP.Remote != "127.0.0.3:"+port || !strings.HasSuffix(got, "127.0.0.3") {
		t.Errorf("got %s, judged %s", r.HTTP.Remote, got)
	}
	m.URL = "http://none.example:" + port
	wantErr(t, once(t, probe.Options{}, m), data.ErrRefused, "connect")
	denied := once(t, probe.Options{Allow: func(a netip.AddrPort) error {
		if a.String() == z.at {
			return nil
		}
		return errors.New("no")
	}}, m)
	wantErr(t, denied, data.ErrBlocked, "connect")
}

func TestConnectionsBeginAtTheSource(t *testing.T) {
	port := at(t, "127.0.0.1")
	z := newZone(t, map[string][]string{"shop.example": {"127.0.0.1", "::1"}})
	for _, host := range []string{"127.0.0.1", "shop.example"} {
		m := withBody(monitor("http://" + net.JoinHostPort(host, port)))
		m.Resolver, m.Source = z.at, "127.0.0.77"
		r := once(t, probe.Options{}, m)
		wantOK(t, r)
		if !strings.Contains(string(r.Body), "from 127.0.0.77:") {
			t.Errorf("got %q", r.Body)
		}
		m.Source = "192.0.2.1"
		r = once(t, probe.Options{}, m)
		wantErr(t, r, data.ErrInternal, "connect")
		wantMessage(t, r, "the source address 192.0.2.1 is not one of this machine")
		if r.Exhausted {
			t.Error("it is taken for a lack of ports")
		}
	}
	if err := probe.CheckSource("192.0.2.1"); err == nil {
		t.Error("192.0.2.1 is one of this machine")
	}
	if err := probe.CheckSource("127.0.0.1"); err != nil {
		t.Error(err)
	}
}

type outcome struct {
	remote string
	err    *data.Error
	body   string
	phases data.Phases
}

// each probes m at all its addresses.
func each(t *testing.T, p *probe.Prober, m *data.Monitor) (list []outcome, total int, none *probe.Response) {
	t.Helper()
	c := target(t, m)
	if !c.All() {
		t.Fatal("not all of its addresses are to be probed")
	}
	var mu sync.Mutex
	byPlace := map[int]outcome{}
	begun := time.Now()
	total, none = p.Each(t.Context(), c, func(i int, remote string, r *probe.Response) {
		mu.Lock()
		defer mu.Unlock()
		check(t, r)
		byPlace[i] = outcome{remote, r.Err, string(r.Body), r.Phases}
		r.Release()
	})
	if took := time.Since(begun); took > m.Timeout.D()+time.Second {
		t.Errorf("it took %v, with a timeout of %v", took, m.Timeout)
	}
	for i := range len(byPlace) {
		list = append(list, byPlace[i])
	}
	return list, total, none
}

func TestEachAddressIsProbedInItsOwnRight(t *testing.T) {
	port := at(t, "127.0.0.1", "127.0.0.3")
	z := newZone(t, map[string][]string{"shop.example": {"127.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.3"}}) // one of them twice
	for _, connection := range []string{data.ConnectionNew, data.ConnectionReuse} {
		m := withBody(monitor("http://shop.example:" + port))
		m.Resolver, m.Addresses, m.Connection = z.at, data.AddressesAll, connection
		p := prober(t, probe.Options{})
		from := map[string]string{}
		for n := range 2 {
			list, total, none := each(t, p, m)
			if none != nil || total != 3 || len(list) != 3 {
				t.Fatalf("got %d of %d addresses, %+v", len(list), total, none)
			}
			got := map[string]outcome{}
			for _, s := range list {
				got[s.remote] = s
			}
			if e := got["127.0.0.2:"+port].err; e == nil || e.Kind != data.ErrRefused || e.Phase != "connect" {
				t.Errorf("at 127.0.0.2: %+v", e)
			}
			for _, a := range []string{"127.0.0.1:" + port, "127.0.0.3:" + port} {
				s := got[a]
				answer, peer, _ := strings.Cut(s.body, " from ")
				if s.err != nil || answer != "x at "+a {
					t.Errorf("at %s: %+v, %q", a, s.err, s.body)
				}
				if !s.phases.DNS.Measured() {
					t.Errorf("at %s: no time for the name: %+v", a, s.phases)
				}
				if kept := n == 1 && from[a] == peer; n == 1 && kept != (connection == data.ConnectionReuse) {
					t.Errorf("%s: at %s from %s, before from %s", connection, a, peer, from[a])
				}
				from[a] = peer
			}
		}
	}
}

func TestAddressesBeyondTheBoundAreCounted(t *testing.T) {
	var addresses []string
	for i := range 20 {
		addresses = append(addresses, netip.AddrFrom4([4]byte{127, 0, 1, byte(i + 1)}).String())
	}
	z := newZone(t, map[string][]string{"shop.example": addresses})
	m := quick(monitor("http://shop.example:9"))
	m.Resolver, m.Addresses = z.at, data.AddressesAll
	list, total, none := each(t, prober(t, probe.Options{}), m)
	if none != nil || total != 20 || len(list) != probe.MaxAddresses {
		t.Errorf("got %d of %d addresses, %+v", len(list), total, none)
	}
}

func TestAddressThatHangsDoesNotHoldTheOthers(t *testing.T) {
	gone := raw(t, hang)
	z := newZone(t, map[string][]string{"shop.example": {"127.0.0.1", "127.0.0.2"}, "literal": nil})
	m := quick(monitor("http://shop.example:" + portOf(t, gone)))
	m.Resolver, m.Addresses = z.at, data.AddressesAll
	list, total, _ := each(t, prober(t, probe.Options{}), m)
	kinds := map[string]data.ErrorKind{}
	for _, s := range list {
		kinds[s.remote] = s.err.Kind
	}
	if total != 2 || kinds[gone] != data.ErrTimeout || kinds["127.0.0.2:"+portOf(t, gone)] != data.ErrRefused {
		t.Errorf("got %v", kinds)
	}
	m.URL = "http://nowhere.example"
	if _, total, none := each(t, prober(t, probe.Options{}), m); total != 0 || none == nil {
		t.Errorf("%d addresses", total)
	} else {
		wantErr(t, none, data.ErrDNS, "dns")
		check(t, none)
	}
	m.URL = "http://" + gone
	if list, total, _ := each(t, prober(t, probe.Options{}), m); total != 1 || list[0].err.Kind != data.ErrTimeout || list[0].phases.DNS.Measured() {
		t.Errorf("%d addresses: %+v", total, list)
	}
}

func TestPanicOfAJudgeReachesTheCaller(t *testing.T) {
	port := at(t, "127.0.0.1")
	m := monitor("http://127.0.0.1:" + port)
	m.Addresses = data.AddressesAll
	p, c := prober(t, probe.Options{}), target(t, m)
	defer func() {
		if recover() != "oh" {
			t.Error("it is lost")
		}
	}()
	p.Each(t.Context(), c, func(_ int, _ string, r *probe.Response) { r.Release(); panic("oh") })
}
