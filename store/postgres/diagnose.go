package postgres

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// A Trouble is an error of the connection, or of the database, in words that
// name the remedy. No password is in it.
type Trouble struct {
	What   string // what is wrong
	Remedy string // what to do about it
	// Passes says that waiting may help: the server is down, starting, or full.
	Passes bool

	err error
}

func (t *Trouble) Error() string {
	s := t.What
	if t.Remedy != "" {
		s += ": " + t.Remedy
	}
	if said := t.said(); said != "" {
		s += " (" + said + ")"
	}
	return s
}

// Unwrap returns the driver's error.
func (t *Trouble) Unwrap() error { return t.err }

// said is what the other side said, shortly.
func (t *Trouble) said() string {
	var pg *pgconn.PgError
	var op *net.OpError
	var parse *pgconn.ParseConfigError
	switch {
	case errors.As(t.err, &pg):
		return fmt.Sprintf("the server says %q, SQLSTATE %s", pg.Message, pg.Code)
	case errors.As(t.err, &parse) || t.err == nil:
		return ""
	case errors.As(t.err, &op):
		return op.Error()
	}
	err := t.err
	for { // down the driver's wrappers, which repeat the address
		next := errors.Unwrap(err)
		if next == nil {
			break
		}
		err = next
	}
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}

// Diagnose returns err in words, as a *Trouble that wraps it, where the reason is
// known; otherwise, or when a context ended, err itself.
func Diagnose(err error) error {
	var known *Trouble
	var parse *pgconn.ParseConfigError
	var pg *pgconn.PgError
	switch {
	case err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &parse):
		known = parsing(parse)
	case errors.As(err, &pg):
		known = ofServer(pg)
	default:
		if known = handshake(err); known == nil {
			known = network(err)
		}
	}
	if known == nil {
		return err
	}
	known.err = err
	return known
}

// parsing says why a connection URL cannot be used. What is not understood is not
// repeated: it may be a part of the password.
func parsing(err *pgconn.ParseConfigError) *Trouble {
	text := err.Error()
	text = text[strings.LastIndex(text, "`: ")+1:]
	text = strings.TrimPrefix(text, ": ")
	switch {
	case strings.HasPrefix(text, "failed to parse as"), strings.HasPrefix(text, "cannot parse"), text == "invalid port":
		return &Trouble{
			What:   "the URL cannot be read",
			Remedy: "write postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full, with %40 for @, %3A for :, %2F for / and %25 for % in the password",
		}
	case errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission):
		return &Trouble{What: text, Remedy: "give the path of a file that this process may read"}
	}
	return &Trouble{What: "the URL does not fit together: " + text, Remedy: "see the connection parameters of libpq"}
}

// handshake says why TLS failed, or returns nil.
func handshake(err error) *Trouble {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &authority):
		return &Trouble{What: "the server's certificate is signed by an authority that is not trusted here", Remedy: "name the file of its CA certificates with sslrootcert=/path/ca.pem"}
	case errors.As(err, &host):
		return &Trouble{What: "the server's certificate is for another name", Remedy: "connect by a name that is in the certificate, or give it to the server's next one; sslmode=verify-ca does not compare the names"}
	case errors.As(err, &invalid):
		return &Trouble{What: "the server's certificate is not valid", Remedy: "compare its dates with this machine's clock, and renew it if it has ended"}
	case errors.As(err, &alert):
		return &Trouble{What: "the server refused our side of TLS, in most cases the client certificate", Remedy: "give sslcert and sslkey of a certificate that the server's ssl_ca_file has signed"}
	case errors.As(err, &record):
		return &Trouble{What: "the other side does not speak TLS", Remedy: "see whether the port is that of PostgreSQL"}
	case strings.Contains(err.Error(), "server refused TLS connection"): // the driver has no value for it
		return &Trouble{What: "the server offers no TLS, and sslmode asks for it", Remedy: "turn on ssl at the server, or set sslmode=disable where the network is trusted"}
	}
	return nil
}

// network says why there is no connection, or returns nil.
func network(err error) *Trouble {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return &Trouble{What: fmt.Sprintf("there is no host %q", dns.Name), Remedy: "correct the host in the URL, or add it to DNS", Passes: true}
	case errors.As(err, &dns):
		return &Trouble{What: fmt.Sprintf("the name of host %q was not resolved", dns.Name), Remedy: "see whether DNS answers", Passes: true}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &Trouble{What: "nothing listens there", Remedy: "start the server, or correct host and port in the URL", Passes: true}
	case errors.Is(err, syscall.ENOENT):
		return &Trouble{What: "there is no such socket", Remedy: "start the server, or correct the folder in host=", Passes: true}
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return &Trouble{What: "there is no way to the host", Remedy: "see to the network between here and there", Passes: true}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &Trouble{What: "no answer came in time", Remedy: "see whether a firewall stands between, and whether the server is overloaded", Passes: true}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return &Trouble{What: "the other side hung up", Remedy: "if this stays, see whether the port is that of PostgreSQL, and its log", Passes: true}
	}
	return nil
}
