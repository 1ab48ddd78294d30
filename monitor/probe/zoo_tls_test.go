package probe_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
)

// Revoked certificates are not looked for: neither OCSP nor lists are asked, as in
// curl.
func certificates() []specimen {
	valid := func(from, until time.Duration, names ...string) server {
		return certified(func(t *testing.T, z *zoo) tls.Certificate { return z.ours.issue(t, from, until, names...) })
	}
	below := func(change ...func(*x509.Certificate)) server { // signed by authorities below ours
		return certified(func(t *testing.T, z *zoo) tls.Certificate {
			a := z.ours
			for _, c := range change {
				a = a.below(t, c)
			}
			return a.issue(t, -time.Hour, time.Hour, names...)
		})
	}
	fine := func(*x509.Certificate) {}
	return []specimen{
		{"certificate expired", valid(-2*time.Hour, -time.Hour, names...), data.ErrCertExpired, "tls", curl(60), 0},
		{"certificate not yet valid", valid(time.Hour, 2*time.Hour, names...), data.ErrCertNotYetValid, "tls", curl(60), 0},
		{"certificate of another host", valid(-time.Hour, time.Hour, "other.example"), data.ErrCertHost, "tls", curl(60), 0},
		{"certificate of another address", valid(-time.Hour, time.Hour, "127.0.0.2"), data.ErrCertHost, "tls", curl(60), 0},
		{"certificate for nobody", valid(-time.Hour, time.Hour), data.ErrCertHost, "tls", curl(60), 0},
		{"certificate of an unknown authority", certified(func(t *testing.T, z *zoo) tls.Certificate {
			return z.strange.issue(t, -time.Hour, time.Hour, names...)
		}), data.ErrCertAuthority, "tls", curl(60), 0},
		{"certificate signed by itself", certified(func(t *testing.T, _ *zoo) tls.Certificate {
			a := newAuthority(t, names...)
			return tls.Certificate{Certificate: [][]byte{a.cert.Raw}, PrivateKey: a.key}
		}), data.ErrCertAuthority, "tls", curl(60), 0},
		{"certificate whose authority is not sent", certified(func(t *testing.T, z *zoo) tls.Certificate {
			c := z.ours.below(t, fine).issue(t, -time.Hour, time.Hour, names...)
			c.Certificate = c.Certificate[:1]
			return c
		}), data.ErrCertAuthority, "tls", curl(60), 0},
		{"certificate for clients only", certified(func(t *testing.T, z *zoo) tls.Certificate {
			return z.ours.sign(t, func(c *x509.Certificate) {
				name(c, names...)
				c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
			})
		}), data.ErrCertAuthority, "tls", curl(60), 0},
		{"authority between that expired", below(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), data.ErrCertExpired, "tls", curl(60), 0},
		{"authority between that is none", below(func(c *x509.Certificate) { c.IsCA, c.KeyUsage = false, x509.KeyUsageDigitalSignature }), data.ErrCertAuthority, "tls", curl(60), 0},
		{"authority between for other names", below(func(c *x509.Certificate) {
			c.PermittedDNSDomains, c.PermittedDNSDomainsCritical = []string{"other.example"}, true
		}), data.ErrCertAuthority, "tls", curl(60), 0},
		{"chain longer than its authority allows", below(func(c *x509.Certificate) { c.MaxPathLenZero = true }, fine), data.ErrCertAuthority, "tls", curl(60), 0},
		{"chain too long to be taken", certified(func(_ *testing.T, z *zoo) tls.Certificate {
			return tls.Certificate{Certificate: slices.Repeat(z.good.Certificate, 800), PrivateKey: z.good.PrivateKey}
		}), data.ErrTLSHandshake, "tls", curl(35), 0},
		{"key that is not the certificate's", certified(func(_ *testing.T, z *zoo) tls.Certificate {
			return tls.Certificate{Certificate: z.good.Certificate, PrivateKey: z.ours.key}
		}), data.ErrTLSHandshake, "tls", curl(35), 0},
		{"chain with an authority between", below(fine), "", "", curl(0), 0},
		{"chain in disorder", certified(func(t *testing.T, z *zoo) tls.Certificate {
			c := z.ours.below(t, fine).below(t, fine).issue(t, -time.Hour, time.Hour, names...)
			slices.Reverse(c.Certificate[1:])
			return c
		}), "", "", curl(0), 0},
	}
}

func handshakes() []specimen {
	cut := func(net.Conn) {}
	demand := func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }
	late := func(b []byte, next func(net.Conn)) server { // once greeted and asked
		return inTLS(nil, func(c *tls.Conn, wire net.Conn) { then("", func(net.Conn) { wire.Write(b); next(wire) })(c) })
	}
	return []specimen{
		{"no common version", inTLS(func(_ *zoo, c *tls.Config) { c.MaxVersion = tls.VersionTLS10 }, nil), data.ErrTLSHandshake, "tls", curl(35), 0},
		{"no common cipher", inTLS(func(_ *zoo, c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}
		}, nil), data.ErrTLSHandshake, "tls", curl(35), 0},
		{"alert in place of a greeting", handshake(greeting(alert(80), hang)), data.ErrTLSHandshake, "tls", curl(35), 0},
		{"name unknown to the server", inTLS(func(_ *zoo, c *tls.Config) {
			c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, io.EOF }
		}, nil), data.ErrTLSHandshake, "tls", curl(35), 0},
		{"plain HTTP on the TLS port", handshake(greeting([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), hang)), data.ErrTLSHandshake, "tls", curl(35), 0},
		{"garbage on the TLS port", handshake(greeting([]byte(strings.Repeat("\xff\x00\x80", 10)), hang)), data.ErrTLSHandshake, "tls", curl(35), 0},
		{"record too long for the handshake", handshake(greeting(record(22, 0xffff, make([]byte, 100)), hang)), data.ErrTLSHandshake, "tls", curl(35), 0},
		{"handshake message that is none", handshake(greeting(record(22, 8, []byte{2, 0, 0, 4, 1, 2, 3, 4}), hang)), data.ErrTLSHandshake, "tls", curl(35), 0},
		{"goodbye in place of a greeting", handshake(greeting(record(21, 2, []byte{1, 0}), cut)), data.ErrReset, "tls", curl(35), 0},
		{"handshake cut", handshake(greeting(nil, cut)), data.ErrReset, "tls", curl(35), 0},
		{"handshake cut in a record", handshake(greeting(record(22, 100, []byte("x")), cut)), data.ErrReset, "tls", curl(35), 0},
		{"handshake reset", handshake(greeting(nil, reset)), data.ErrReset, "tls", curl(35), 0},
		{"handshake that hangs", handshake(hang), data.ErrTimeout, "tls", curl(28), 0},
		{"handshake that hangs in a record", handshake(greeting(record(22, 100, []byte("x")), hang)), data.ErrTimeout, "tls", curl(28), 0},
		{"handshake byte by byte", handshake(greeting(record(22, 16000, nil), drip("x"))), data.ErrTimeout, "tls", curl(28), 0},
		{"client certificate demanded by TLS 1.2", inTLS(func(_ *zoo, c *tls.Config) { demand(c); c.MaxVersion = tls.VersionTLS12 }, nil), data.ErrTLSHandshake, "tls", curl(35), 0},
		{"client certificate demanded by TLS 1.3", inTLS(func(_ *zoo, c *tls.Config) { demand(c) }, nil), data.ErrTLSHandshake, "first_byte", curl(56), 0},
		{"client certificate demanded on HTTP/2", inTLS(func(_ *zoo, c *tls.Config) { demand(c); c.NextProtos = []string{"h2"} }, nil), data.ErrTLSHandshake, "request or first_byte", curl(56), 0},
		{"alert that is not encrypted, in place of an answer", late(alert(80), hang), data.ErrTLSHandshake, "first_byte", curl(56), 0},
		{"corrupt record in place of an answer", late(record(23, 40, make([]byte, 40)), hang), data.ErrTLSHandshake, "first_byte", curl(56), 0},
		{"record too long in place of an answer", late(record(23, 0xffff, make([]byte, 100)), hang), data.ErrTLSHandshake, "first_byte", curl(56), 0},
		{"plain text in place of an answer", late([]byte(ok+"\r\n"), hang), data.ErrTLSHandshake, "first_byte", curl(56), 0},
		{"corrupt record in the body", inTLS(nil, func(c *tls.Conn, wire net.Conn) {
			then(ok+"Content-Length: 9\r\n\r\nx", func(net.Conn) { wire.Write(record(23, 40, make([]byte, 40))); hang(wire) })(c)
		}), data.ErrTLSHandshake, "transfer", curl(56), 200},
		{"silence once greeted", inTLS(nil, func(c *tls.Conn, _ net.Conn) { hang(c) }), data.ErrTimeout, "first_byte", curl(28), 0},
		{"goodbye in place of an answer", inTLS(nil, func(c *tls.Conn, _ net.Conn) { then("", cut)(c); c.Close() }), data.ErrReset, "first_byte", curl(52), 0},
		{"body without end, and no goodbye", inTLS(nil, func(c *tls.Conn, _ net.Conn) { then(ok+"\r\nx", cut)(c) }), "", "", curl(0), 0},
		{"body cut in a record", inTLS(nil, func(c *tls.Conn, wire net.Conn) {
			then(ok+"\r\nx", func(net.Conn) { wire.Write(record(23, 100, []byte("x"))) })(c)
		}), data.ErrBodyCut, "transfer", curl(0), 200},
		{"body without end, and a goodbye", inTLS(nil, func(c *tls.Conn, _ net.Conn) { then(ok+"\r\nx", cut)(c); c.Close() }), "", "", curl(0), 0},
		{"body with its length, and no goodbye", inTLS(nil, func(c *tls.Conn, _ net.Conn) { then(ok+sizedBody("x"), cut)(c) }), "", "", curl(0), 0},
		{"TLS on the plain port", text(string(alert(70))), data.ErrProtocol, "transfer", curl(1), 0},
		{"TLS 1.2", inTLS(func(_ *zoo, c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, func(c *tls.Conn, _ net.Conn) { answers(ok + sizedBody("x"))(c) }), "", "", curl(0), 0},
	}
}
