package postgres_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/monitorink/monitorink/store/postgres"
)

func said(code, message string) error { return &pgconn.PgError{Code: code, Message: message} }

func TestErrorsAreToldInWords(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, c := range []struct {
		err    error
		want   string
		passes bool
	}{
		{said("28P01", "x"), "password is wrong", false},
		{said("28000", `no pg_hba.conf entry for host "10.0.0.1", user "m", database "m", no encryption`), "without TLS", false},
		{said("28000", "pg_hba.conf rejects connection"), "does not let us in", false},
		{said("28000", "connection requires a valid client certificate"), "wants a client certificate", false},
		{said("28000", `certificate authentication failed for user "m"`), "not for this role", false},
		{said("28000", `role "m" does not exist`), "no such role", false},
		{said("28000", `role "m" is not permitted to log in`), "may not log in", false},
		{said("28000", "keine Ahnung"), "does not let us in", false},
		{said("3D000", "x"), "no such database", false},
		{said("42501", "x"), "not the rights", false},
		{said("42P01", "x"), "make migrate", false},
		{said("53300", "x"), "no connection left", true},
		{said("53100", "x"), "disk is full", true},
		{said("53200", "out of shared memory"), "raise max_locks_per_transaction", true},
		{said("57P03", "x"), "starting or stopping", true},
		{said("57P01", "x"), "ended the connection", true},
		{said("57014", "x"), "cut the query short", true},
		{said("55P03", "x"), "lock", true},
		{said("25006", "x"), "no writes", true},
		{said("08P01", "no such database: m"), "no such database", false},
		{said("08P01", "password authentication failed"), "password is wrong", false},
		{said("08P01", "x"), "pooler", true},
		{x509.UnknownAuthorityError{}, "sslrootcert", false},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "sslrootcert", false},
		{x509.HostnameError{Certificate: &x509.Certificate{}, Host: "db.example"}, "another name", false},
		{x509.CertificateInvalidError{Reason: x509.Expired}, "not valid", false},
		{&net.OpError{Op: "remote error", Err: tls.AlertError(48)}, "sslcert and sslkey", false},
		{errors.New("server refused TLS connection"), "offers no TLS", false},
		{&net.DNSError{Name: "db.example", IsNotFound: true}, `no host "db.example"`, true},
		{&net.DNSError{Name: "db.example", IsTimeout: true}, "was not resolved", true},
		{dial(syscall.ECONNREFUSED), "nothing listens", true},
		{dial(syscall.EHOSTUNREACH), "no way to the host", true},
		{dial(syscall.ECONNRESET), "hung up", true},
		{io.ErrUnexpectedEOF, "hung up", true},
		{context.DeadlineExceeded, "no answer came in time", true},
	} {
		for _, err := range []error{c.err, fmt.Errorf("read: %w", c.err), errors.Join(dial(syscall.ECONNREFUSED), c.err)} {
			got := postgres.Diagnose(err)
			var trouble *postgres.Trouble
			joined := strings.Contains(err.Error(), "\n")
			if !errors.As(got, &trouble) || !errors.Is(got, err) || !joined && (!strings.Contains(got.Error(), c.want) || trouble.Passes != c.passes) {
				t.Errorf("%v: got %v (%T), want %q", err, got, got, c.want)
			}
			if again := postgres.Diagnose(got); again != got { //nolint:errorlint // the very same
				t.Errorf("diagnosed twice: %v", again)
			}
		}
	}
	var pg *pgconn.PgError
	both := errors.Join(dial(syscall.ECONNREFUSED), said("28P01", "x"))
	if got := postgres.Diagnose(both); !errors.As(got, &pg) || !strings.Contains(got.Error(), "password is wrong") {
		t.Errorf("of two addresses, of which one answers: got %v", got)
	}
	for _, err := range []error{nil, context.Canceled, errors.New("else"), said("22P02", "x")} {
		if got := postgres.Diagnose(err); got != err { //nolint:errorlint // the very same
			t.Errorf("%v became %v", err, got)
		}
	}
}

func TestNoPasswordIsEverTold(t *testing.T) {
	for _, url := range []string{
		"postgres://u:s3cret@h:x/d", "postgres://u:s3cret/s3cret@h:1/d", "postgres://u:s3cret%zz@h/d", "postgres://u:s3cret#@h/d", "postgres://u:s3cret@h@:/d",
		"postgres://u:s3cret@h/d?sslmode=s", "postgres://u:s3cret@h/d?sslrootcert=/nowhere", "postgres://u:s3cret s3cret@h:1:2/d", "://u:s3cret@h", "s3cret",
		"host=h password=s3cret port=x", "host=h password='s3cret", "password=a s3cret host=h", "host=h password='s3cret' sslmode=s", "postgres://h/d?password=s3cret&port=x",
		"postgres://u:s3cret@h:99999999/d", "postgres://u:s3cret@h/d?connect_timeout=x", "postgres://[u:s3cret@h/d",
	} {
		failed := false
		postgres.Check(t.Context(), postgres.Options{URL: url}, func(what string, err error) {
			failed = failed || err != nil
			if text := fmt.Sprintf("%s %v", what, err); strings.Contains(text, "s3cret") {
				t.Errorf("of %q: %s", url, text)
			}
		})
		if !failed {
			t.Errorf("%q was taken", url)
		}
	}
}
