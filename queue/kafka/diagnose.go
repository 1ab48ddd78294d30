package kafka

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

	"github.com/IBM/sarama"
)

// A Problem is an error in the words of someone who sees Kafka for the first
// time: what is wrong, and what to do about it.
type Problem struct {
	Cause  string // what is wrong
	Remedy string // what to do
	// Options are the names of the fields of [Options] that matter, so that
	// whoever filled them can say where they come from.
	Options []string
	Err     error // what was met; may be nil
}

// Error is the cause and the remedy.
func (p *Problem) Error() string { return p.Cause + "; " + p.Remedy }

// Unwrap returns what was met.
func (p *Problem) Unwrap() error { return p.Err }

// Diagnose returns err as a [Problem] where it is one that users meet, and err
// itself otherwise. It looks at nothing but err: [Check] also asks the brokers.
func Diagnose(err error) error {
	var p *Problem
	if err == nil || errors.As(err, &p) {
		return err
	}
	for _, look := range []func(error) *Problem{diagnoseTLS, diagnoseSASL, diagnoseRights, diagnoseTopic, diagnoseFile, diagnoseNet} {
		if p := look(err); p != nil {
			p.Err = err
			return p
		}
	}
	return err
}

func diagnoseTLS(err error) *Problem {
	var (
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
	)
	switch alert, ok := alertOf(err); {
	case ok:
		return diagnoseAlert(alert)
	case errors.As(err, &unknown):
		return &Problem{
			Cause:  "the broker's certificate is signed by an authority that is not trusted here",
			Remedy: "name the file with the certificate of the authority that signs the brokers", Options: []string{"CAFile"},
		}
	case errors.As(err, &host):
		return &Problem{
			Cause:  fmt.Sprintf("the broker's certificate is not for %s, but for %s", host.Host, namesOf(host.Certificate)),
			Remedy: "write the brokers' addresses (here, and in their advertised.listeners) with a name that the certificate has", Options: []string{"Brokers"},
		}
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return &Problem{Cause: "the broker's certificate is not valid today: " + invalid.Detail, Remedy: "renew it, or mend this machine's clock"}
	case errors.As(err, &invalid):
		return &Problem{Cause: "the broker's certificate is not good: " + invalid.Error(), Remedy: "have the brokers' certificates made anew"}
	case errors.As(err, &record):
		return &Problem{
			Cause:  "the broker does not speak TLS on this port",
			Remedy: "turn TLS off, or write the port of the broker's TLS listener", Options: []string{"TLS", "Brokers"},
		}
	}
	return nil
}

// alertOf returns the alert that the other end sent. Over TCP crypto/tls gives it
// a type of its own, which nobody can name: so its text tells which it is.
func alertOf(err error) (tls.AlertError, bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return 0, false
	}
	for code := range 256 {
		if a := tls.AlertError(code); a.Error() == op.Err.Error() { //nolint:gosec // below 256
			return a, true
		}
	}
	return 0, false
}

var certificate = []string{"CertFile", "KeyFile"}

// noCertificate is what an alert means to a client that showed no certificate.
func noCertificate() *Problem {
	return &Problem{Cause: "the broker wants a certificate from its clients, and none was given", Remedy: "name the files of the client's certificate and key", Options: certificate}
}

func diagnoseAlert(alert tls.AlertError) *Problem {
	switch alert {
	case 116: // certificate required
		return noCertificate()
	case 42, 43, 44, 45, 46, 48, 49: // about the certificate: bad, unsupported, revoked, expired, unknown, its authority unknown, no access
		return &Problem{
			Cause:  fmt.Sprintf("the broker refuses the client's certificate, or misses one (%s)", alert),
			Remedy: "name the files of a certificate and key that an authority the broker trusts has signed, and that have not expired", Options: certificate,
		}
	case 40, 70, 71: // handshake failure, protocol version, insufficient security
		return &Problem{Cause: fmt.Sprintf("the broker and this client have no way of TLS in common (%s)", alert), Remedy: "allow TLS 1.2 or 1.3 on the broker"}
	}
	return nil
}

// namesOf are the names that a certificate is for.
func namesOf(c *x509.Certificate) string {
	var names []string
	if c != nil {
		names = append(names, c.DNSNames...)
		for _, ip := range c.IPAddresses {
			names = append(names, ip.String())
		}
	}
	if len(names) == 0 {
		return "no name at all"
	}
	return strings.Join(names, ", ")
}

func diagnoseSASL(err error) *Problem {
	switch {
	case errors.Is(err, sarama.ErrSASLAuthenticationFailed):
		return &Problem{
			Cause: "the broker refuses the user name and password", Remedy: "correct them, or ask whether the user is known for this SASL mechanism",
			Options: []string{"Username", "Password", "SASL"},
		}
	case errors.Is(err, sarama.ErrUnsupportedSASLMechanism):
		return &Problem{Cause: "the broker does not offer this SASL mechanism", Remedy: "choose one that is enabled on its listener", Options: []string{"SASL"}}
	case errors.Is(err, sarama.ErrIllegalSASLState):
		return &Problem{Cause: "the broker's listener has no SASL, or another one", Remedy: "turn SASL off, or write the port of the SASL listener", Options: []string{"SASL", "Brokers"}}
	}
	return nil
}

func diagnoseRights(err error) *Problem {
	const remedy = "have whoever runs Kafka grant it to this user (kafka-acls.sh --add)"
	switch {
	case errors.Is(err, sarama.ErrTopicAuthorizationFailed):
		return &Problem{Cause: "this user has no right to the topic, or it does not exist", Remedy: remedy, Options: []string{"Topic", "DeadLetterTopic", "Username"}}
	case errors.Is(err, sarama.ErrGroupAuthorizationFailed):
		return &Problem{Cause: "this user has no right to the consumer group", Remedy: remedy, Options: []string{"Group", "Username"}}
	case errors.Is(err, sarama.ErrClusterAuthorizationFailed):
		return &Problem{Cause: "this user has no such right on the cluster", Remedy: remedy, Options: []string{"Username"}}
	}
	return nil
}

func diagnoseTopic(err error) *Problem {
	switch {
	case errors.Is(err, sarama.ErrUnknownTopicOrPartition):
		return &Problem{Cause: "the topic does not exist", Remedy: "make it: heartbeat topics apply", Options: []string{"Topic", "DeadLetterTopic"}}
	case errors.Is(err, sarama.ErrOffsetOutOfRange):
		return &Problem{Cause: "the topic has deleted what was to be read next", Remedy: "have it keep more (heartbeat topics apply --retention), or let more collectors share it", Options: []string{"Topic"}}
	case errors.Is(err, sarama.ErrInvalidTopic):
		return &Problem{Cause: "that is no name for a topic", Remedy: "use letters, digits, '.', '_' and '-', 249 at most", Options: []string{"Topic", "DeadLetterTopic"}}
	case errors.Is(err, sarama.ErrNotEnoughReplicas), errors.Is(err, sarama.ErrNotEnoughReplicasAfterAppend):
		return &Problem{Cause: "fewer replicas of the topic are in sync than min.insync.replicas asks for", Remedy: "bring the missing brokers back; until then nothing is accepted"}
	case errors.Is(err, sarama.ErrInvalidReplicationFactor):
		return &Problem{Cause: "there are fewer brokers than replicas asked for", Remedy: "ask for fewer: heartbeat topics apply --replication 1"}
	case errors.Is(err, sarama.ErrPolicyViolation):
		return &Problem{Cause: "a policy of the cluster forbids it: " + err.Error(), Remedy: "ask for what the policy allows"}
	case errors.Is(err, sarama.ErrMessageSizeTooLarge):
		return &Problem{Cause: "the topic does not take a message of this size", Remedy: "raise its max.message.bytes: heartbeat topics apply", Options: []string{"Topic"}}
	case errors.Is(err, sarama.ErrInvalidTimestamp):
		return &Problem{Cause: "the clock of this machine is too far from the broker's for the topic", Remedy: "set it; events wait meanwhile", Options: []string{"Topic"}}
	case errors.Is(err, sarama.ErrUnsupportedVersion):
		return &Problem{Cause: "the broker is too old or too new for a request", Remedy: "use Kafka 3.x or 4.x"}
	}
	return nil
}

func diagnoseFile(err error) *Problem {
	var path *os.PathError
	if !errors.As(err, &path) {
		return nil
	}
	options := certificate
	if strings.Contains(err.Error(), "CA file") {
		options = []string{"CAFile"}
	}
	return &Problem{Cause: fmt.Sprintf("%s cannot be read: %v", path.Path, path.Err), Remedy: "name a file that this user can read", Options: options}
}

func diagnoseNet(err error) *Problem {
	where := "the broker"
	var op *net.OpError
	if errors.As(err, &op) && op.Addr != nil {
		where = op.Addr.String()
	}
	brokers := []string{"Brokers"}
	var (
		dns     *net.DNSError
		timeout net.Error
	)
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return &Problem{Cause: fmt.Sprintf("there is no host named %s", dns.Name), Remedy: "correct the broker's address", Options: brokers}
	case errors.As(err, &dns):
		return &Problem{Cause: fmt.Sprintf("the name %s cannot be resolved (%s)", dns.Name, dns.Err), Remedy: "see whether this machine's DNS works", Options: brokers}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &Problem{Cause: "nothing listens at " + where, Remedy: "start Kafka, or correct the broker's address", Options: brokers}
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return &Problem{Cause: "there is no way to " + where, Remedy: "correct the broker's address, or mend the network", Options: brokers}
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return &Problem{Cause: where + " does not answer in time", Remedy: "see whether the address is right, and whether a firewall stands between", Options: brokers}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return &Problem{
			Cause:  "the broker hung up",
			Remedy: "see whether it is being restarted, and whether TLS and SASL are what its port wants (heartbeat check tells)", Options: []string{"TLS", "SASL", "Brokers"},
		}
	}
	return nil
}
