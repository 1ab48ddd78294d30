package probe

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/data"
)

// A fault is an error whose kind is known where it arises.
type fault struct {
	kind    data.ErrorKind
	message string
}

func (f *fault) Error() string { return f.message }

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

// maxMessage is the most bytes of a message: what it quotes may be long once it is
// escaped.
const maxMessage = 600 - len("…")

// classify says what err is, given the phase that it struck.
func (r *run) classify(err error, phase string) *data.Error {
	e := &data.Error{Phase: phase, Message: bounded(err.Error())}
	late := !time.Now().Before(r.deadline)
	var f *fault
	switch {
	case errors.As(err, &f):
		e.Kind, e.Message = f.kind, f.message
	case !late && r.ctx.Err() != nil:
		e.Kind, e.Message = data.ErrInternal, "the probe was called off: "+bounded(context.Cause(r.ctx).Error())
	case isTimeout(err) && (late || phase != phaseDNS):
		e.Kind, e.Message = data.ErrTimeout, fmt.Sprintf("%s within %v", missing[phase], r.t.timeout)
	default:
		e.Kind = r.kind(err, phase)
	}
	var via *proxyError
	switch {
	case f == nil && errors.As(err, &via):
		via.retell(e, data.Duration(r.t.timeout))
	case f == nil && !r.answered:
		r.greeted(e, err)
	case e.Kind == data.ErrRedirects:
		e.Phase = "" // the answer was whole, and its phases are not to blame
	}
	e.Message = clip(e.Message, maxMessage)
	return e
}

// alert returns what a peer said that ended TLS, or nothing.
func alert(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" {
		return strings.TrimPrefix(op.Err.Error(), "tls: ")
	}
	return ""
}

// aboutClient are the alerts that may be due to the certificate of the client.
var aboutClient = []string{
	"certificate required", "bad certificate", "unsupported certificate", "revoked certificate", "expired certificate", "unknown certificate",
	"unknown certificate authority", "access denied", "handshake failure",
}

// greeted says in e what it has to do with the certificate that the server asked for.
// By TLS 1.3 the server refuses it when the handshake is over for us: in place of the
// first byte of its answer.
func (r *run) greeted(e *data.Error, err error) {
	said := alert(err)
	if said == "no application protocol" {
		e.Kind, e.Message = data.ErrProtocol, "the server speaks none of the protocols that it was offered: "+strings.Join(r.t.route.protocols, ", ")
		return
	}
	if !r.asked || said != "" && !slices.Contains(aboutClient, said) || said == "" && e.Kind != data.ErrReset {
		return
	}
	has := len(r.t.route.client) > 0
	switch {
	case said == "":
		e.Message += "; the server had asked for a client certificate"
		if !has {
			e.Message += ", and the monitor has none: see tls.cert"
		}
	case has:
		e.Message = "the server does not accept the client certificate of tls.cert: " + said
	default:
		e.Message = "the server wants a client certificate, and the monitor has none: write tls.cert and tls.key (" + said + ")"
	}
}

// missing says what had not happened at the timeout.
var missing = map[string]string{
	phaseDNS:       "the name was not resolved",
	phaseConnect:   "no connection",
	phaseTLS:       "no end of the TLS handshake",
	phaseRequest:   "the request was not taken",
	phaseFirstByte: "no answer",
	phaseTransfer:  "the answer did not end",
}

func (r *run) kind(err error, phase string) data.ErrorKind {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return data.ErrDNS
	}
	if k := certificateKind(err, r.p.o.Now()); k != "" {
		return k
	}
	if k := networkKind(err); k == data.ErrReset && r.inBody && r.overH2 {
		return data.ErrBodyCut // as net/http mostly tells it: as an end that came too early
	} else if k != "" {
		return k
	}
	if isTLS(err) {
		return data.ErrTLSHandshake
	}
	cut := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
	switch {
	case r.inBody && (cut || isCompression(err)):
		return data.ErrBodyCut
	case cut:
		return data.ErrReset
	case phase == phaseTLS:
		return data.ErrTLSHandshake
	case isGone(err):
		return data.ErrReset
	case phase == phaseFirstByte || phase == phaseTransfer || r.overH2: // there the peer may speak first
		return data.ErrProtocol
	}
	return data.ErrInternal
}

// networkKind knows the errors of sockets; the last are the prober's own.
func networkKind(err error) data.ErrorKind {
	var no syscall.Errno
	if !errors.As(err, &no) {
		return ""
	}
	switch no {
	case syscall.ECONNREFUSED:
		return data.ErrRefused
	case syscall.EAFNOSUPPORT, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.ENETDOWN:
		return data.ErrUnreachable
	case syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED:
		return data.ErrReset
	case syscall.EADDRNOTAVAIL:
		if !portsOut(err) {
			return data.ErrUnreachable
		}
	}
	return data.ErrInternal
}

// portsOut tells what EADDRNOTAVAIL means, err being of a connection that was not
// made: that every port is taken, or that this machine has no IPv6 address to
// connect from. Then there is none for UDP either, whose ports are others.
func portsOut(err error) bool {
	var op *net.OpError
	if !errors.As(err, &op) {
		return true
	}
	to, ok := op.Addr.(*net.TCPAddr)
	if !ok || to.IP.To4() != nil {
		return true
	}
	c, err := net.DialUDP("udp", nil, &net.UDPAddr{IP: to.IP, Port: to.Port, Zone: to.Zone})
	if err != nil {
		return !errors.Is(err, syscall.EADDRNOTAVAIL)
	}
	_ = c.Close() // nothing was sent
	return true
}

// lacking are the errors of a process or a machine that has run out of files, of
// memory for sockets, or of ports.
var lacking = []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL}

// exhausted reports whether err, which is of kind, says that this machine lacked
// something. The resolver hands an error of its socket on as a text only.
func exhausted(err error, kind data.ErrorKind) bool {
	var f *fault
	if errors.As(err, &f) {
		return kind == data.ErrInternal // no room for the body
	}
	var dns *net.DNSError
	lookup := errors.As(err, &dns) && !dns.IsNotFound
	return slices.ContainsFunc(lacking, func(no syscall.Errno) bool {
		return kind == data.ErrInternal && errors.Is(err, no) || lookup && strings.HasSuffix(dns.Err, no.Error())
	})
}

func certificateKind(err error, now time.Time) data.ErrorKind {
	var (
		invalid   x509.CertificateInvalidError
		host      x509.HostnameError
		authority x509.UnknownAuthorityError
		system    x509.SystemRootsError
		verify    *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		if invalid.Cert != nil && now.Before(invalid.Cert.NotBefore) {
			return data.ErrCertNotYetValid
		}
		return data.ErrCertExpired
	case errors.As(err, &host):
		return data.ErrCertHost
	case errors.As(err, &system):
		return data.ErrInternal
	case errors.As(err, &authority), errors.As(err, &verify): // no chain that may be trusted
		return data.ErrCertAuthority
	}
	return ""
}

func isCompression(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt)
}

// isTLS reports whether err is of TLS itself: an alert, or a record that is none.
// With TLS 1.3 the peer may refuse our greeting only after we have taken its own, so
// that the phase may be a later one.
func isTLS(err error) bool {
	var (
		op     *net.OpError
		header tls.RecordHeaderError
	)
	return errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error") || errors.As(err, &header)
}

// isGone knows how HTTP/2 says that the peer has left, for which net/http has no
// type. A stream that net/http itself gave up had an answer that is none.
func isGone(err error) bool {
	s := err.Error()
	return strings.Contains(s, "GOAWAY") || strings.Contains(s, "http2: client connection lost") ||
		strings.Contains(s, "http2: client conn not usable") || strings.Contains(s, "http2: client conn is closed") ||
		strings.Contains(s, "stream error") && strings.Contains(s, "received from peer")
}
