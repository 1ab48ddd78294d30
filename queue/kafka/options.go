package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
)

// Options say which Kafka, and how to get in.
type Options struct {
	Brokers         []string // host:port; the others are learned from these
	Topic           string   // where the events are
	Group           string   // the consumer group; only Subscribe needs it
	DeadLetterTopic string   // only Subscribe and what reads dead letters need it

	TLS      bool
	CAFile   string // PEM; "": the system's authorities
	CertFile string // PEM; a client certificate means mutual TLS
	KeyFile  string // PEM

	SASL               string // "", plain, scram-sha-256 or scram-sha-512
	Username, Password string

	ClientID string       // "": monitorink
	Logger   *slog.Logger // nil: silent
}

// Validate says what is wrong with the options that every use needs, all of it.
func (o Options) Validate() error {
	var wrong []error
	say := func(format string, a ...any) { wrong = append(wrong, fmt.Errorf("kafka: "+format, a...)) }
	if len(o.Brokers) == 0 {
		say("no broker is given; give host:port, several separated by commas")
	}
	for _, b := range o.Brokers {
		if host, port, err := net.SplitHostPort(b); err != nil || host == "" || port == "" {
			say("broker %q: want host:port, such as broker.example:9092", b)
		}
	}
	if o.Topic == "" {
		say("no topic is given")
	}
	for what, name := range map[string]string{"topic": o.Topic, "dead-letter topic": o.DeadLetterTopic} {
		if name != "" && !validTopic(name) {
			say("%s %q: want 1 to 249 letters, digits, dots, underscores and hyphens", what, name)
		}
	}
	if o.Topic != "" && o.Topic == o.DeadLetterTopic {
		say("topic and dead-letter topic are both %q; they must differ", o.Topic)
	}
	switch o.SASL {
	case "":
		if o.Username != "" || o.Password != "" {
			wrong = append(wrong, fmt.Errorf("kafka: %w", &Problem{
				Cause:  "a user name or password is given, but no SASL mechanism",
				Remedy: "write plain, scram-sha-256 or scram-sha-512, whichever the broker's listener has, or leave both out", Options: []string{"SASL"},
			}))
		}
	case "plain", "scram-sha-256", "scram-sha-512":
		if o.Username == "" {
			say("SASL %s needs a user name", o.SASL)
		}
		if o.Password == "" {
			say("SASL %s needs a password", o.SASL)
		}
	default:
		say("SASL mechanism %q: want plain, scram-sha-256, scram-sha-512 or nothing", o.SASL)
	}
	if !o.TLS && o.CAFile+o.CertFile+o.KeyFile != "" {
		say("certificate files are given, but TLS is off; turn it on, or leave them out")
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		say("a client certificate needs its key, and a key its certificate: got certificate %q, key %q", o.CertFile, o.KeyFile)
	}
	return errors.Join(wrong...)
}

func validTopic(name string) bool {
	return len(name) <= 249 && name != "." && name != ".." && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-'
	})
}

// tls returns nil when TLS is off.
func (o Options) tls() (*tls.Config, error) {
	if !o.TLS {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12} // sarama sets the server's name, which is verified
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("kafka: CA file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("kafka: %w", &Problem{
				Cause:  fmt.Sprintf("CA file %s holds no certificate in PEM form", o.CAFile),
				Remedy: "name the file with the certificate of the authority that signs the brokers; it has a line BEGIN CERTIFICATE", Options: []string{"CAFile"},
			})
		}
	}
	if o.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("kafka: client certificate %s with key %s: %w", o.CertFile, o.KeyFile, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

func (o Options) logger() *slog.Logger {
	if o.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Logger
}
