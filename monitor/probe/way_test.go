package probe_test

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// text is the authority's certificate as PEM.
func (a *authority) text() string { return textOf("CERTIFICATE", a.cert.Raw) }

func textOf(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// pair is a certificate and its key as PEM.
func pair(t *testing.T, c tls.Certificate) (cert, key string) {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(c.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	return textOf("CERTIFICATE", c.Certificate[0]), textOf("EC PRIVATE KEY", der)
}

// file keeps text in a file of its own.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// secured serves hello by TLS with the settings of c.
func secured(t *testing.T, c *tls.Config, http2 bool) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			who = r.TLS.PeerCertificates[0].DNSNames[0]
		}
		io.WriteString(w, "x "+who+" at "+r.TLS.ServerName+" from "+r.RemoteAddr)
	}))
	s.TLS, s.EnableHTTP2 = c, http2
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

func wantMessage(t *testing.T, r *probe.Response, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if r.Err == nil || !strings.Contains(r.Err.Message, part) {
			t.Errorf("got %+v, want %q in the message", r.Err, part)
		}
	}
}

func TestAuthorityOfTheMonitorIsTrustedInsteadOfTheSystems(t *testing.T) {
	ours, strange := newAuthority(t), newAuthority(t)
	url := secured(t, &tls.Config{Certificates: []tls.Certificate{ours.issue(t, -time.Hour, time.Hour, "127.0.0.1")}}, true)
	m := monitor(url)
	wantErr(t, once(t, probe.Options{}, m), data.ErrCertAuthority, "tls")
	for _, ca := range []string{ours.text(), file(t, "a comment\n"+strange.text()+ours.text())} {
		m.TLS.CA = ca
		wantOK(t, once(t, probe.Options{RootCAs: strange.pool}, m))
	}
	m.TLS.CA = strange.text()
	wantErr(t, once(t, probe.Options{RootCAs: ours.pool}, m), data.ErrCertAuthority, "tls")
}

func TestServerNameIsAskedForAndVerified(t *testing.T) {
	a := newAuthority(t)
	m := withBody(monitor(secured(t, &tls.Config{Certificates: []tls.Certificate{a.issue(t, -time.Hour, time.Hour, "shop.internal")}}, false)))
	m.TLS.CA = a.text()
	wantErr(t, once(t, probe.Options{}, m), data.ErrCertHost, "tls")
	m.TLS.ServerName = "shop.internal"
	r := once(t, probe.Options{}, m)
	wantOK(t, r)
	if !strings.Contains(string(r.Body), "at shop.internal") {
		t.Errorf("the server was asked %q", r.Body)
	}
}

func TestUnverifiedCertificateIsStillDescribed(t *testing.T) {
	a := newAuthority(t)
	cert := a.issue(t, -time.Hour, 30*time.Hour, "elsewhere.example")
	m := monitor(secured(t, &tls.Config{Certificates: []tls.Certificate{cert}}, true))
	m.TLS.InsecureSkipVerify = true
	r := once(t, probe.Options{}, m)
	wantOK(t, r)
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	if !r.TLS.Expires.Equal(leaf.NotAfter) {
		t.Errorf("it ends %v, want %v", r.TLS.Expires, leaf.NotAfter)
	}
	if w := target(t, m).Warnings(time.Now()); len(w) != 1 || !strings.Contains(w[0], "insecure_skip_verify") {
		t.Errorf("warnings: %q", w)
	}
}

func TestOldestVersionIsTheMonitors(t *testing.T) {
	a := newAuthority(t)
	cert := a.issue(t, -time.Hour, time.Hour, "127.0.0.1")
	for _, tt := range []struct {
		server uint16
		least  string
		ok     bool
	}{
		{tls.VersionTLS12, "", true}, {tls.VersionTLS12, "1.3", false}, {tls.VersionTLS13, "1.3", true},
		{tls.VersionTLS11, "", false}, {tls.VersionTLS11, "1.1", true}, {tls.VersionTLS10, "1.0", true},
	} {
		m := monitor(secured(t, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10, MaxVersion: tt.server}, false))
		m.TLS.CA, m.TLS.MinVersion = a.text(), tt.least
		r := once(t, probe.Options{}, m)
		if tt.ok {
			wantOK(t, r)
		} else {
			wantErr(t, r, data.ErrTLSHandshake, "tls")
		}
	}
}

func TestClientCertificateIsShownAndItsFaultsAreTold(t *testing.T) {
	a, strange := newAuthority(t), newAuthority(t)
	cert := a.issue(t, -time.Hour, time.Hour, "127.0.0.1")
	good, goodKey := pair(t, a.issue(t, -time.Hour, time.Hour, "prober"))
	wrong, wrongKey := pair(t, strange.issue(t, -time.Hour, time.Hour, "prober"))
	ended, endedKey := pair(t, a.issue(t, -2*time.Hour, -time.Hour, "prober"))
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, http2 := range []bool{false, true} {
			url := secured(t, &tls.Config{
				Certificates: []tls.Certificate{cert}, MaxVersion: version, ClientCAs: a.pool, ClientAuth: tls.RequireAnyClientCert,
				VerifyConnection: func(s tls.ConnectionState) error {
					_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: a.pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
					return err
				},
			}, http2)
			for _, tt := range []struct{ name, cert, key, message string }{
				{"none", "", "", "wants a client certificate, and the monitor has none: write tls.cert"},
				{"of a strange authority", wrong, wrongKey, "does not accept the client certificate of tls.cert: "},
				{"that has ended", ended, endedKey, "does not accept the client certificate of tls.cert: "},
				{"good", good, goodKey, ""},
			} {
				t.Run(tls.VersionName(version)+" "+map[bool]string{false: "HTTP/1.1 ", true: "HTTP/2 "}[http2]+tt.name, func(t *testing.T) {
					m := withBody(monitor(url))
					m.TLS = data.ClientTLS{CA: a.text(), Cert: tt.cert, Key: tt.key}
					for range 20 { // the alert races with the request
						r := once(t, probe.Options{}, m)
						if tt.message == "" {
							wantOK(t, r)
							if !strings.HasPrefix(string(r.Body), "x prober at") {
								t.Errorf("got %q", r.Body)
							}
							continue
						}
						phase := "tls"
						if version == tls.VersionTLS13 {
							phase = "first_byte"
						}
						if r.Err != nil && r.Err.Phase == "request" { // it came that soon
							phase = "request"
						}
						wantErr(t, r, data.ErrTLSHandshake, phase)
						wantMessage(t, r, tt.message)
						if t.Failed() {
							return
						}
					}
				})
			}
		}
	}
}

func TestClientCertificateIsForTheMonitorsOwnHost(t *testing.T) {
	a := newAuthority(t)
	c := &tls.Config{Certificates: []tls.Certificate{a.issue(t, -time.Hour, time.Hour, "127.0.0.1", "shop.internal")}, ClientAuth: tls.RequestClientCert}
	other := secured(t, c, false)
	s := httptest.NewUnstartedServer(http.RedirectHandler(other, http.StatusFound))
	s.TLS = c.Clone()
	s.StartTLS()
	t.Cleanup(s.Close)
	m := withBody(monitor(s.URL))
	m.Redirects = 1
	m.TLS = data.ClientTLS{CA: a.text(), ServerName: "shop.internal"}
	m.TLS.Cert, m.TLS.Key = pair(t, a.issue(t, -time.Hour, time.Hour, "prober"))
	r := once(t, probe.Options{}, m)
	wantOK(t, r)
	if !strings.HasPrefix(string(r.Body), "x nobody at  from") {
		t.Errorf("the other host saw %q", r.Body)
	}
	m.URL = other
	r = once(t, probe.Options{}, m)
	wantOK(t, r)
	if !strings.HasPrefix(string(r.Body), "x prober at shop.internal") {
		t.Errorf("the monitor's own host saw %q", r.Body)
	}
}

func TestIdleConnectionsAreSharedByThoseWhoReachTheTargetAlike(t *testing.T) {
	a := newAuthority(t)
	m := withBody(monitor(secured(t, &tls.Config{
		Certificates: []tls.Certificate{a.issue(t, -time.Hour, time.Hour, "127.0.0.1", "shop.internal")}, ClientAuth: tls.RequestClientCert,
	}, true)))
	m.Connection, m.TLS.CA = data.ConnectionReuse, a.text()
	p := prober(t, probe.Options{})
	seen := map[string]string{}
	for name, change := range map[string]func(*data.Monitor){
		"as it is": func(*data.Monitor) {},
		"a client certificate": func(m *data.Monitor) {
			m.TLS.Cert, m.TLS.Key = pair(t, a.issue(t, -time.Hour, time.Hour, "one"))
		},
		"another": func(m *data.Monitor) {
			m.TLS.Cert, m.TLS.Key = pair(t, a.issue(t, -time.Hour, time.Hour, "two"))
		},
		"a name":       func(m *data.Monitor) { m.TLS.ServerName = "shop.internal" },
		"unverified":   func(m *data.Monitor) { m.TLS.InsecureSkipVerify = true },
		"a version":    func(m *data.Monitor) { m.TLS.MinVersion = "1.3" },
		"HTTP/1.1":     func(m *data.Monitor) { m.Protocol = data.ProtocolHTTP1 },
		"HTTP/2":       func(m *data.Monitor) { m.Protocol = data.ProtocolHTTP2 },
		"a resolver":   func(m *data.Monitor) { m.Resolver = "127.0.0.1" },
		"IPv4":         func(m *data.Monitor) { m.IP = data.IPv4 },
		"a source":     func(m *data.Monitor) { m.Source = "127.0.0.1" },
		"another CA":   func(m *data.Monitor) { m.TLS.CA += newAuthority(t).text() },
		"a new source": func(m *data.Monitor) { m.Source = "127.0.0.2" },
	} {
		if strings.Contains(name, "new") && runtime.GOOS != "linux" {
			continue // the rest of 127.0.0.0/8 is not everywhere
		}
		m := *m
		change(&m)
		var first string
		for n := range 2 { // targets of their own
			r := again(t, p, &m)
			wantOK(t, r)
			_, from, _ := strings.Cut(string(r.Body), " from ")
			if n == 1 && from != first {
				t.Errorf("%s: two connections, %s and %s", name, first, from)
			}
			first = from
		}
		if by := seen[first]; by != "" {
			t.Errorf("%s and %s share a connection", name, by)
		}
		seen[first] = name
	}
}

func TestProtocolIsTheMonitors(t *testing.T) {
	a := newAuthority(t)
	cert := a.issue(t, -time.Hour, time.Hour, "127.0.0.1")
	both, old := secure(t, cert, true, hello), secure(t, cert, false, hello)
	silent := raw(t, func(c net.Conn) { // does not know ALPN
		tc := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
		if readRequest(tc) {
			io.WriteString(tc, "HTTP/1.1 200 OK\r\n\r\nx")
		}
		tc.Close()
	})
	clear := httptest.NewUnstartedServer(http.HandlerFunc(hello))
	clear.Config.Protocols = new(http.Protocols)
	clear.Config.Protocols.SetUnencryptedHTTP2(true)
	clear.Start()
	t.Cleanup(clear.Close)
	for _, tt := range []struct {
		url, protocol, body string
		phase               string // of the error protocol
	}{
		{both, "", "xHTTP/2.0", ""}, {both, "http1", "xHTTP/1.1", ""}, {both, "http2", "xHTTP/2.0", ""},
		{old, "", "xHTTP/1.1", ""}, {old, "http1", "xHTTP/1.1", ""}, {old, "http2", "", "tls"},
		{"https://" + silent, "", "x", ""}, {"https://" + silent, "http1", "x", ""}, {"https://" + silent, "http2", "", "request"},
		{clear.URL, "http2", "xHTTP/2.0", ""}, {serve(t, hello), "http2", "", "first_byte"},
	} {
		for _, connection := range []string{data.ConnectionNew, data.ConnectionReuse} {
			m := withBody(monitor(tt.url))
			m.TLS.CA, m.Protocol, m.Connection = a.text(), tt.protocol, connection
			p := prober(t, probe.Options{})
			for n := range 2 {
				r := again(t, p, m)
				if tt.phase != "" {
					if tt.phase == "first_byte" && r.Err != nil && r.Err.Phase == "request" {
						r.Err.Phase = tt.phase // it was that quick
					}
					wantErr(t, r, data.ErrProtocol, tt.phase)
					continue
				}
				wantOK(t, r)
				if string(r.Body) != tt.body {
					t.Errorf("%s, %q: got %q, want %q", tt.url, tt.protocol, r.Body, tt.body)
				}
				if fresh := n == 0 || connection == data.ConnectionNew || tt.body == "x"; r.Phases.Connect.Measured() != fresh {
					t.Errorf("%s, %q, %s: connected: %v", tt.url, tt.protocol, connection, r.Phases.Connect)
				}
			}
		}
	}
}
