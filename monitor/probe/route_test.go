package probe_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

func TestTenThousandTargetsShareWhatTheyHaveInCommon(t *testing.T) {
	a := newAuthority(t)
	many := strings.Repeat(a.text(), 50)
	var list []*probe.Target
	heap := func() int64 {
		runtime.GC()
		runtime.GC() // what is in a sync.Pool outlives one
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return int64(s.HeapAlloc)
	}
	measure := func(ca string) int64 {
		before := heap()
		for range 1000 {
			m := monitor("https://shop.example/")
			m.TLS.CA = ca
			list = append(list, target(t, m))
		}
		return heap() - before
	}
	plain, own := measure(""), measure(many)
	if own > plain+plain/2 {
		t.Errorf("a thousand targets take %d bytes, with an authority %d", plain, own)
	}
	runtime.KeepAlive(list)
}

func TestWrongWaysAreNamed(t *testing.T) {
	a := newAuthority(t)
	cert, key := pair(t, a.issue(t, -time.Hour, time.Hour, "prober"))
	_, otherKey := pair(t, a.issue(t, -time.Hour, time.Hour, "other"))
	der := file(t, string(a.cert.Raw))
	for want, change := range map[string]func(*data.Monitor){
		"tls.ca: the file /nowhere/ca.pem cannot be read: no such file":       func(m *data.Monitor) { m.TLS.CA = "/nowhere/ca.pem" },
		"has no PEM in it; convert it":                                        func(m *data.Monitor) { m.TLS.CA = der },
		"tls.ca: " + t.TempDir()[:4]:                                          func(m *data.Monitor) { m.TLS.CA = t.TempDir() },
		"tls.ca: it has no certificate in it":                                 func(m *data.Monitor) { m.TLS.CA = key },
		"tls.ca: certificate 1 cannot be read":                                func(m *data.Monitor) { m.TLS.CA = textOf("CERTIFICATE", []byte("x")) },
		"tls.key: it is missing beside tls.cert":                              func(m *data.Monitor) { m.TLS.Cert = cert },
		"tls.cert: it is missing beside tls.key":                              func(m *data.Monitor) { m.TLS.Key = key },
		"tls.key: the private key does not fit the certificate":               func(m *data.Monitor) { m.TLS.Cert, m.TLS.Key = cert, otherKey },
		"tls.key: it has no private key in it":                                func(m *data.Monitor) { m.TLS.Cert, m.TLS.Key = cert, cert },
		"tls.cert: it has no certificate in it":                               func(m *data.Monitor) { m.TLS.Cert, m.TLS.Key = key, key },
		"tls.key: the private key is encrypted":                               func(m *data.Monitor) { m.TLS.Cert, m.TLS.Key = cert, textOf("ENCRYPTED PRIVATE KEY", []byte("x")) },
		`tls.min_version: "2" is no version of TLS; write 1.0`:                func(m *data.Monitor) { m.TLS.MinVersion = "2" },
		`protocol: "http3" is unknown; write auto, http1 or http2`:            func(m *data.Monitor) { m.Protocol = "http3" },
		`ip: "5" is unknown`:                                                  func(m *data.Monitor) { m.IP = "5" },
		"ip: the URL has the address 127.0.0.1, which is not IPv6":            func(m *data.Monitor) { m.IP = data.IPv6 },
		`source: "here" is not an IP address`:                                 func(m *data.Monitor) { m.Source = "here" },
		"source: ::1 is of another IP version than the URL's":                 func(m *data.Monitor) { m.Source = "::1" },
		"source: ::1 is an IPv6 address, which does not go with ip: 4":        func(m *data.Monitor) { m.Source, m.IP = "::1", data.IPv4 },
		`resolver: "dns.example" is not the address of a DNS server`:          func(m *data.Monitor) { m.Resolver = "dns.example" },
		`resolver: "dns.example:53" has a name, and who would`:                func(m *data.Monitor) { m.Resolver = "dns.example:53" },
		`resolver: "10.0.0.53:0" has a port that is not`:                      func(m *data.Monitor) { m.Resolver = "10.0.0.53:0" },
		`addresses: "both" is unknown`:                                        func(m *data.Monitor) { m.Addresses = "both" },
		"addresses: all does not go with a proxy":                             func(m *data.Monitor) { m.Addresses, m.Proxy = "all", "http://proxy.example" },
		`proxy: "proxy.example:3128" is not a URL`:                            func(m *data.Monitor) { m.Proxy = "proxy.example:3128" },
		`proxy: "ftp://proxy.example" has the scheme "ftp"`:                   func(m *data.Monitor) { m.Proxy = "ftp://proxy.example" },
		`proxy: "socks5h://proxy.example": write socks5`:                      func(m *data.Monitor) { m.Proxy = "socks5h://proxy.example" },
		`proxy: "http://…@proxy.example:99999" has a port`:                    func(m *data.Monitor) { m.Proxy = "http://u:hunter2@proxy.example:99999" },
		`proxy: "http://…@proxy.example/path" goes on behind the port; leave`: func(m *data.Monitor) { m.Proxy = "http://u:hunter2@proxy.example/path" },
		`proxy: "http://…@:3128" has no host`:                                 func(m *data.Monitor) { m.Proxy = "http://u:hunter2@:3128" },
		`proxy: "http://…@[::1" is not a URL`:                                 func(m *data.Monitor) { m.Proxy = "http://u:hunter2@[::1" },
	} {
		m := monitor("https://127.0.0.1/")
		change(m)
		_, err := probe.Compile(m)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for _, resolver := range []string{"10.0.0.53", "10.0.0.53:5353", "::1", "[::1]", "[::1]:53"} {
		m := monitor("https://127.0.0.1/")
		m.Resolver = resolver
		target(t, m)
	}
}

func TestClientCertificateThatHasEndedIsWarnedOf(t *testing.T) {
	m := monitor("https://shop.example/")
	m.TLS.Cert, m.TLS.Key = pair(t, newAuthority(t).issue(t, -2*time.Hour, time.Hour, "prober"))
	c := target(t, m)
	if w := c.Warnings(time.Now()); len(w) > 0 {
		t.Errorf("warned of %q", w)
	}
	if w := c.Warnings(time.Now().Add(2 * time.Hour)); len(w) != 1 || !strings.HasPrefix(w[0], "tls.cert: the client certificate has ended at ") {
		t.Errorf("warnings: %q", w)
	}
}
