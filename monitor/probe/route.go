package probe

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
	"weak"

	"github.com/monitorink/monitorink/data"
)

// A route is what a definition says of the way to its target. Definitions that say
// the same share one, which is immutable.
type route struct {
	key       string            // which connections may serve; empty: the usual way
	roots     *x509.CertPool    // nil: the prober's
	client    []tls.Certificate // none or one
	name      string            // to greet and to verify; empty: the host's
	insecure  bool
	least     uint16 // version of TLS
	protocols []string
	h2only    bool
	proxy     *proxy
	resolver  *net.Resolver  // nil: the prober's
	asks      netip.AddrPort // whom resolver asks
	family    string         // of addresses, as data.Monitor.IP has it
	source    netip.Addr     // invalid: any
}

var usual = &route{protocols: []string{"h2", "http/1.1"}}

// routes holds those that are in use, so that ten thousand monitors with one
// authority have one pool of its certificates.
var routes = struct {
	sync.Mutex
	m map[string]weak.Pointer[route]
}{m: map[string]weak.Pointer[route]{}}

// A way is the part of a definition that makes a route.
type way struct {
	TLS                                   data.ClientTLS
	Protocol, Proxy, Resolver, IP, Source string
}

func wayOf(m *data.Monitor) way { return way{m.TLS, m.Protocol, m.Proxy, m.Resolver, m.IP, m.Source} }

// CheckWay says what is wrong with how m is to be reached, as far as that shows in
// what it says itself: files are not read, and what holds a reference is left out.
// The error begins with the field.
func CheckWay(m *data.Monitor) error {
	w := wayOf(m)
	if w == (way{}) && m.Addresses == "" {
		return nil
	}
	if (w.TLS.Cert == "") != (w.TLS.Key == "") {
		_, err := parseClient(w.TLS.Cert, w.TLS.Key)
		return err
	}
	w.TLS.CA, w.TLS.Cert, w.TLS.Key = "", "", ""
	for _, s := range []*string{&w.Protocol, &w.Proxy, &w.Resolver, &w.IP, &w.Source, &w.TLS.MinVersion} {
		if strings.Contains(*s, "${") {
			*s = ""
		}
	}
	r, err := newRoute(w)
	if err != nil {
		return err
	}
	if err := new(Target).setAddresses(m); err != nil {
		return err
	}
	if u, err := url.Parse(m.URL); err == nil {
		return r.fits(u.Hostname())
	}
	return nil
}

// compileRoute returns the route of m, whose URL has this host in ASCII.
func compileRoute(m *data.Monitor, host string) (*route, error) {
	w := wayOf(m)
	if w == (way{}) {
		return usual, nil
	}
	var err error
	for _, f := range []struct {
		name string
		pem  *string
	}{{"ca", &w.TLS.CA}, {"cert", &w.TLS.Cert}, {"key", &w.TLS.Key}} {
		if *f.pem, err = readPEM(*f.pem); err != nil {
			return nil, fmt.Errorf("tls.%s: %w", f.name, err)
		}
	}
	b, err := json.Marshal(w)
	if err != nil { // it holds texts
		panic(err)
	}
	sum := sha256.Sum256(b)
	key := " " + hex.EncodeToString(sum[:16])
	routes.Lock()
	defer routes.Unlock()
	r := routes.m[key].Value()
	if r == nil {
		if r, err = newRoute(w); err != nil {
			return nil, err
		}
		r.key = key
		routes.m[key] = weak.Make(r)
		runtime.AddCleanup(r, forget, key)
	}
	return r, r.fits(host)
}

func forget(key string) {
	routes.Lock()
	defer routes.Unlock()
	if routes.m[key].Value() == nil { // nobody has made it anew
		delete(routes.m, key)
	}
}

func newRoute(w way) (*route, error) {
	r := &route{protocols: usual.protocols, insecure: w.TLS.InsecureSkipVerify, name: w.TLS.ServerName}
	switch w.Protocol {
	case "", "auto":
	case data.ProtocolHTTP1:
		r.protocols = []string{"http/1.1"}
	case data.ProtocolHTTP2:
		r.protocols, r.h2only = []string{"h2"}, true
	default:
		return nil, fmt.Errorf("protocol: %q is unknown; write auto, http1 or http2", bounded(w.Protocol))
	}
	var err error
	if r.roots, err = parseCA(w.TLS.CA); err != nil {
		return nil, fmt.Errorf("tls.ca: %w", err)
	}
	if r.client, err = parseClient(w.TLS.Cert, w.TLS.Key); err != nil {
		return nil, err
	}
	if r.least, err = parseTLSVersion(w.TLS.MinVersion); err != nil {
		return nil, fmt.Errorf("tls.min_version: %w", err)
	}
	if w.Proxy != "" {
		if r.proxy, err = parseProxy(w.Proxy); err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
	}
	if w.Resolver != "" {
		at, err := parseResolver(w.Resolver)
		if err != nil {
			return nil, fmt.Errorf("resolver: %w", err)
		}
		r.resolver, r.asks = newResolver(at), at
	}
	return r, r.setFamily(w.IP, w.Source)
}

func (r *route) setFamily(ip, source string) error {
	switch ip {
	case "", "any":
	case data.IPv4, data.IPv6, data.Prefer4, data.Prefer6:
		r.family = ip
	default:
		return fmt.Errorf("ip: %q is unknown; write any, 4, 6, prefer4 or prefer6", bounded(ip))
	}
	if source == "" {
		return nil
	}
	a, err := parseSource(source)
	if err != nil {
		return fmt.Errorf("source: %w", err)
	}
	r.source = a
	own := data.IPv6
	if a.Is4() {
		own = data.IPv4
	}
	if r.family != "" && r.family != own {
		return fmt.Errorf("source: %s is an IPv%s address, which does not go with ip: %s; write ip: %s, or leave it out", a, own, ip, own)
	}
	r.family = own
	return nil
}

// fits says why a host that is an address cannot be reached this way.
func (r *route) fits(host string) error {
	a, _ := netip.ParseAddr(host) // a name may have addresses that can
	if !a.IsValid() || r.proxy != nil || a.Unmap().Is4() && r.family != data.IPv6 || !a.Unmap().Is4() && r.family != data.IPv4 {
		return nil
	}
	if r.source.IsValid() {
		return fmt.Errorf("source: %s is of another IP version than the URL's address %s; leave it out, or write one of the same", r.source, a)
	}
	return fmt.Errorf("ip: the URL has the address %s, which is not IPv%s; leave ip out, or write a name", a, r.family)
}

// local is the address to dial from, or nil.
func (r *route) local() net.Addr {
	if !r.source.IsValid() {
		return nil
	}
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(r.source, 0))
}

// parseTLSVersion reads 1.0, 1.1, 1.2 or 1.3; 0 stands for the empty text.
func parseTLSVersion(s string) (uint16, error) {
	switch s {
	case "":
		return 0, nil
	case "1.0":
		return tls.VersionTLS10, nil
	case "1.1":
		return tls.VersionTLS11, nil
	case "1.2":
		return tls.VersionTLS12, nil
	case "1.3":
		return tls.VersionTLS13, nil
	}
	return 0, fmt.Errorf("%q is no version of TLS; write 1.0, 1.1, 1.2 or 1.3", bounded(s))
}

// parseSource reads an address of this machine.
func parseSource(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	if err != nil || a.IsUnspecified() || a.IsMulticast() {
		return netip.Addr{}, fmt.Errorf("%q is not an IP address to dial from; write one of this machine, such as 192.0.2.7, or leave it out", bounded(s))
	}
	return a.Unmap(), nil
}

// parseResolver reads the address of a DNS server, with its port or without.
func parseResolver(s string) (netip.AddrPort, error) {
	if a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")); err == nil && !a.IsUnspecified() {
		return netip.AddrPortFrom(a, 53), nil
	}
	at, err := netip.ParseAddrPort(s)
	if err == nil && at.Port() > 0 && !at.Addr().IsUnspecified() {
		return at, nil
	}
	if host, port, err := net.SplitHostPort(s); err == nil {
		if n, err := strconv.ParseUint(port, 10, 16); (err != nil || n == 0) && port != "" {
			return at, fmt.Errorf("%q has a port that is not from 1 to 65535; write another, or leave it out for 53", bounded(s))
		} else if _, err := netip.ParseAddr(host); err != nil {
			return at, fmt.Errorf("%q has a name, and who would look it up? Write an address, such as 10.0.0.53:53", bounded(s))
		}
	}
	return at, fmt.Errorf("%q is not the address of a DNS server; write such as 10.0.0.53, 10.0.0.53:53 or [2001:db8::53]:53", bounded(s))
}

// newResolver asks the server at that address, whatever the system would ask. A
// question that nobody waits for any more is given up: net would wait for its answer.
func newResolver(at netip.AddrPort) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		c, err := d.DialContext(ctx, network, at.String())
		if err == nil {
			context.AfterFunc(ctx, func() { c.SetDeadline(longAgo) }) // ctx ends with the exchange
		}
		return c, err
	}}
}

// setRoute says how t is reached.
func (t *Target) setRoute(m *data.Monitor, u *url.URL) error {
	host, err := asciiHost(u)
	if err != nil {
		return fmt.Errorf("url: %w", err)
	}
	if err := t.setAddresses(m); err != nil {
		return err
	}
	t.route, err = compileRoute(m, host)
	return err
}

func (t *Target) setAddresses(m *data.Monitor) error {
	switch m.Addresses {
	case "", "first":
	case data.AddressesAll:
		t.all = true
	default:
		return fmt.Errorf("addresses: %q is unknown; write first or all", bounded(m.Addresses))
	}
	if t.all && m.Proxy != "" {
		return errors.New("addresses: all does not go with a proxy, which looks the name up itself; leave one of them out")
	}
	return nil
}

// Warnings says what is unsafe or soon of no use in the way to t, as of now.
func (t *Target) Warnings(now time.Time) []string {
	var all []string
	if t.route.insecure {
		all = append(all, "tls.insecure_skip_verify: any certificate is taken, be it forged; name the authority in tls.ca instead")
	}
	for _, c := range t.route.client {
		if end := c.Leaf.NotAfter; now.After(end) {
			all = append(all, "tls.cert: the client certificate has ended at "+end.UTC().Format(time.RFC3339)+"; renew it")
		}
	}
	return all
}
