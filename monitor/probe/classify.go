package probe

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/monitorink/monitorink/data"
)

// maxMessage bounds an error's text, which may hold what the target sent.
const maxMessage = 300

// classify says what kind of error ended a hop in phase at. With answered the
// headers had come whole, and the body was being read.
func classify(ctx context.Context, err error, at phase, answered bool) *data.Error {
	e := &data.Error{Phase: phaseNames[at], Message: message(err)}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		e.Kind, e.Message = data.ErrTimeout, "no end within the timeout"
		return e
	}
	if kind := certificate(err); kind != "" {
		e.Kind, e.Phase = kind, phaseNames[handshake]
		return e
	}
	var lookup *net.DNSError
	switch {
	case errors.As(err, &lookup):
		e.Kind, e.Phase = data.ErrDNS, phaseNames[dns]
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Kind = data.ErrRefused
	case isAny(err, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EADDRNOTAVAIL, syscall.ENETDOWN, syscall.EHOSTDOWN):
		e.Kind = data.ErrUnreachable
	case isAny(err, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM):
		e.Kind = data.ErrInternal
	case errors.Is(err, syscall.ETIMEDOUT) || isTimeout(err):
		e.Kind = data.ErrTimeout
	case isAny(err, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED):
		e.Kind = data.ErrReset
	case at == handshake:
		e.Kind = data.ErrTLSHandshake
	case answered:
		e.Kind = body(err)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || says(err, "server closed idle connection", "GOAWAY", "stream error", "client connection lost", "connection broken"):
		e.Kind = data.ErrReset
	case isHandshake(err):
		e.Kind, e.Phase = data.ErrTLSHandshake, phaseNames[handshake]
	case at == connect:
		e.Kind = data.ErrUnreachable
	default:
		e.Kind = data.ErrProtocol
	}
	return e
}

// certificate is the kind of an error that a certificate's verification gave.
func certificate(err error) data.ErrorKind {
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var authority x509.UnknownAuthorityError
	var roots x509.SystemRootsError
	var verify *tls.CertificateVerificationError
	switch {
	case errors.As(err, &invalid):
		switch {
		case invalid.Reason == x509.Expired && strings.Contains(invalid.Detail, "is before"):
			return data.ErrCertNotYetValid
		case invalid.Reason == x509.Expired:
			return data.ErrCertExpired
		}
		return data.ErrCertAuthority
	case errors.As(err, &host):
		return data.ErrCertHost
	case errors.As(err, &authority), errors.As(err, &roots), errors.As(err, &verify):
		return data.ErrCertAuthority
	}
	return ""
}

// body is the kind of an error that came while a body was read.
func body(err error) data.ErrorKind {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.As(err, &corrupt),
		errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		return data.ErrBodyCut
	case says(err, "stream error", "GOAWAY", "client connection lost"):
		return data.ErrReset
	}
	return data.ErrProtocol
}

func isAny(err error, numbers ...syscall.Errno) bool {
	var number syscall.Errno
	if !errors.As(err, &number) {
		return false
	}
	for _, n := range numbers {
		if number == n {
			return true
		}
	}
	return false
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func isHandshake(err error) bool {
	var record tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &record) || errors.As(err, &alert) || says(err, "HTTP response to HTTPS client", "tls:")
}

// says is for errors that net/http gives no type.
func says(err error, parts ...string) bool {
	text := err.Error()
	for _, p := range parts {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}

func message(err error) string {
	s := strings.ToValidUTF8(err.Error(), "\uFFFD")
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return s
}
