package probe_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// An authority signs certificates of its own.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
	// above are the certificates that lead from this one to the one in pool.
	above [][]byte
}

func newAuthority(t *testing.T, names ...string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(1000 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	name(c, names...)
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key, pool: x509.NewCertPool()}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pool.AddCert(a.cert)
	return a
}

// issue signs a certificate for names, valid from and until so far from now.
func (a *authority) issue(t *testing.T, from, until time.Duration, names ...string) tls.Certificate {
	t.Helper()
	return a.sign(t, func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(from), time.Now().Add(until)
		name(c, names...)
	})
}

func name(c *x509.Certificate, names ...string) {
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, name)
		}
	}
}

// sign signs a certificate that is valid now, and that change completes.
func (a *authority) sign(t *testing.T, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	change(c)
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: append([][]byte{der}, a.above...), PrivateKey: key}
}

// below is an authority that a has signed, and change made special.
func (a *authority) below(t *testing.T, change func(*x509.Certificate)) *authority {
	t.Helper()
	made := a.sign(t, func(c *x509.Certificate) {
		c.Subject.CommonName = "authority below " + a.cert.Subject.CommonName
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage, c.ExtKeyUsage = true, true, x509.KeyUsageCertSign, nil
		change(c)
	})
	cert, err := x509.ParseCertificate(made.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert: cert, key: made.PrivateKey.(*ecdsa.PrivateKey), above: made.Certificate}
}

// secure serves h by TLS.
func secure(t *testing.T, cert tls.Certificate, http2 bool, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	s.EnableHTTP2 = http2
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

func hello(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "x"+r.Proto) }

func TestTLSIsDescribedAndHTTP2Negotiated(t *testing.T) {
	a := newAuthority(t)
	cert := a.issue(t, -time.Hour, 30*time.Hour, "127.0.0.1")
	for _, http2 := range []bool{false, true} {
		for _, connection := range []string{data.ConnectionNew, data.ConnectionReuse} {
			t.Run(fmt.Sprintf("%v %s", http2, connection), func(t *testing.T) {
				var agent string
				var length int64
				url := secure(t, cert, http2, func(w http.ResponseWriter, r *http.Request) {
					n, _ := io.Copy(io.Discard, r.Body)
					agent, length = r.UserAgent(), n
					hello(w, r)
				})
				m := withBody(monitor(url))
				m.Method, m.Body, m.Connection = "PUT", "some body", connection
				p := prober(t, probe.Options{RootCAs: a.pool, UserAgent: "agent/1"})
				for n := range 3 {
					r := again(t, p, m)
					wantOK(t, r)
					want := "HTTP/1.1"
					if http2 {
						want = "HTTP/2.0"
					}
					if r.HTTP.Protocol != want || string(r.Body) != "x"+want || r.HTTP.BodyBytes != 9 {
						t.Errorf("got %+v %q, want %s", r.HTTP, r.Body, want)
					}
					if agent != "agent/1" || length != 9 {
						t.Errorf("the target saw agent %q and %d bytes", agent, length)
					}
					if left := time.Until(r.TLS.Expires); left < 29*time.Hour || left > 30*time.Hour || r.TLS.Version != "TLS 1.3" {
						t.Errorf("got %+v", r.TLS)
					}
					fresh := n == 0 || connection == data.ConnectionNew
					if r.Phases.TLS.Measured() != fresh || r.Phases.Connect.Measured() != fresh {
						t.Errorf("probe %d greeted: %v, want %v", n, r.Phases.TLS.Measured(), fresh)
					}
					if kept := p.Idle() == 1; kept != (connection == data.ConnectionReuse) {
						t.Errorf("%d connections are kept", p.Idle())
					}
				}
			})
		}
	}
}

func TestProbesAtOnceOverHTTP2HaveConnectionsOfTheirOwn(t *testing.T) {
	a := newAuthority(t)
	gate := make(chan struct{})
	arrived := make(chan string, 8)
	url := secure(t, a.issue(t, -time.Hour, time.Hour, "127.0.0.1"), true, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- r.RemoteAddr
		<-gate
	})
	p, c := prober(t, probe.Options{RootCAs: a.pool}), target(t, monitor(url))
	for range cap(arrived) {
		go func() { p.Probe(t.Context(), c).Release(); arrived <- "" }() // waited for below
	}
	from := map[string]bool{}
	for range cap(arrived) {
		from[<-arrived] = true
	}
	close(gate)
	for range cap(arrived) {
		<-arrived
	}
	if len(from) != cap(arrived) {
		t.Errorf("%d probes came over %d connections", cap(arrived), len(from))
	}
}

func TestConnectionOutlivesTheTimeoutOfTheProbeThatOpenedIt(t *testing.T) {
	a := newAuthority(t)
	cert := a.issue(t, -time.Hour, time.Hour, "127.0.0.1")
	for _, url := range []string{serve(t, hello), secure(t, cert, false, hello), secure(t, cert, true, hello)} {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			m := quick(monitor(url))
			m.Connection = data.ConnectionReuse
			p := prober(t, probe.Options{RootCAs: a.pool})
			wantOK(t, again(t, p, m))
			<-time.After(2 * m.Timeout.D())
			r := again(t, p, m)
			wantOK(t, r)
			if r.Phases.Connect.Measured() {
				t.Error("connected again")
			}
		})
	}
}

func TestAServerFillsNoMoreThanTheWindow(t *testing.T) {
	window := make(chan uint32, 1)
	m := monitor("http://" + raw(t, func(c net.Conn) {
		start := make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")+9)
		if _, err := io.ReadFull(c, start); err != nil {
			return
		}
		settings := make([]byte, binary.BigEndian.Uint32(start[len(start)-10:])&0xffffff)
		if _, err := io.ReadFull(c, settings); err != nil {
			return
		}
		for ; len(settings) >= 6; settings = settings[6:] {
			if binary.BigEndian.Uint16(settings) == 4 { // SETTINGS_INITIAL_WINDOW_SIZE
				window <- binary.BigEndian.Uint32(settings[2:])
			}
		}
	}))
	m.Protocol = data.ProtocolHTTP2
	if r := once(t, probe.Options{}, m); r.Err == nil {
		t.Error("there was no answer")
	}
	select {
	case got := <-window:
		if got > 256<<10 {
			t.Errorf("the server may send %d bytes that nobody has read", got)
		}
	default:
		t.Error("no window was told")
	}
}
