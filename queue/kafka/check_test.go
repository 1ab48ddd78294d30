package kafka_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/monitorink/monitorink/queue/kafka"
)

// setTopicConfig sets one value of a topic, as an administrator does.
func setTopicConfig(t *testing.T, c *kfake.Cluster, topic, name string, value *string) error {
	t.Helper()
	config := sarama.NewConfig()
	config.Version = sarama.V2_8_0_0
	admin, err := sarama.NewClusterAdmin(c.ListenAddrs(), config)
	if err != nil {
		return err
	}
	defer admin.Close()
	return admin.IncrementalAlterConfig(sarama.TopicResource, topic, map[string]sarama.IncrementalAlterConfigsEntry{name: {Value: value}}, false)
}

// checked is what Check reports: a line for each item.
func checked(t *testing.T, o kafka.Options, role kafka.Role) (string, []*kafka.Problem) {
	t.Helper()
	var b strings.Builder
	var problems []*kafka.Problem
	kafka.Check(t.Context(), o, role, func(what string, err error) {
		fmt.Fprintf(&b, "%s: %v\n", what, err)
		var p *kafka.Problem
		if errors.As(err, &p) {
			problems = append(problems, p)
		} else if err != nil {
			t.Errorf("%s: %v is not in a newcomer's words", what, err)
		}
	})
	return b.String(), problems
}

// finds checks as a producer, and wants one problem.
func finds(t *testing.T, o kafka.Options, cause string, options ...string) {
	t.Helper()
	text, problems := checked(t, o, kafka.Producer)
	if len(problems) != 1 || !strings.Contains(problems[0].Cause, cause) || !slices.Equal(problems[0].Options, options) || problems[0].Remedy == "" {
		var got []string
		for _, p := range problems {
			got = append(got, p.Options...)
		}
		t.Errorf("got\n%swith the options %q; want %q and the options %q", text, got, cause, options)
	}
}

func TestCheckIsContentWithWhatIsWell(t *testing.T) {
	_, o := fake(t, kfake.NumBrokers(2))
	text, problems := checked(t, o, kafka.Consumer)
	if len(problems) > 0 {
		t.Errorf("got\n%s", text)
	}
	for _, part := range []string{"each broker of the cluster, by its own name (2)", "topic events, 3 partitions", "right to read events", "topic dead", "right to write dead", "consumer group collector"} {
		if !strings.Contains(text, part) {
			t.Errorf("nothing is said of %q:\n%s", part, text)
		}
	}
	if text, problems = checked(t, o, kafka.Producer); len(problems) > 0 || strings.Contains(text, "dead") {
		t.Errorf("got\n%s", text)
	}
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	c, good := fake(t)
	t.Run("nothing listens", func(t *testing.T) {
		o := good
		o.Brokers = []string{"127.0.0.1:1"}
		finds(t, o, "nothing listens at 127.0.0.1:1", "Brokers")
	})
	t.Run("something else listens", func(t *testing.T) {
		o := good
		o.Brokers = []string{hangsUp(t)}
		finds(t, o, "does not speak Kafka's protocol", "Brokers")
	})
	t.Run("no such file", func(t *testing.T) {
		o := good
		o.TLS, o.CAFile = true, "/nowhere/ca.pem"
		finds(t, o, "/nowhere/ca.pem cannot be read", "CAFile")
	})
	t.Run("the topic is missing", func(t *testing.T) {
		o := good
		o.Topic = "nope"
		finds(t, o, "does not exist", "Topic")
	})
	t.Run("the dead-letter topic is missing", func(t *testing.T) {
		o := good
		o.DeadLetterTopic = "nope"
		text, problems := checked(t, o, kafka.Consumer)
		if len(problems) != 1 || !slices.Equal(problems[0].Options, []string{"DeadLetterTopic"}) {
			t.Errorf("got\n%s", text)
		}
	})
	t.Run("the topic is narrow", func(t *testing.T) {
		o := good
		o.Topic = "narrow"
		if err := c.CreateTopic(o.Topic, 1, map[string]string{"max.message.bytes": "20000"}); err != nil {
			t.Fatal(err)
		}
		finds(t, o, "max.message.bytes is 20000", "Topic")
	})
	t.Run("the topic is compacted", func(t *testing.T) {
		compact := "compact"
		if err := setTopicConfig(t, c, "dead", "cleanup.policy", &compact); err != nil {
			t.Fatal(err)
		}
		o := good
		o.Topic, o.DeadLetterTopic = "dead", "events"
		finds(t, o, "cleanup.policy is compact", "Topic")
	})
}

func TestCheckEndsWithItsContext(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // whose backlog takes connections
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	_, o := fake(t)
	o.Brokers = []string{silent.Addr().String()}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begin := time.Now()
	var got error
	kafka.Check(ctx, o, kafka.Producer, func(_ string, err error) { got = err })
	if took := time.Since(begin); took > 2*time.Second || got == nil || !strings.Contains(got.Error(), "does not answer in time") {
		t.Errorf("after %v: %v", took, got)
	}
}

func TestCheckFindsWhatIsWrongWithTLS(t *testing.T) {
	ca := newAuthority(t)
	_, o := fake(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{ca.issue(t)}, MinVersion: tls.VersionTLS12}))
	_, port, err := net.SplitHostPort(o.Brokers[0])
	if err != nil {
		t.Fatal(err)
	}
	finds(t, o, "the port speaks TLS", "TLS", "Brokers")
	o.TLS, o.Brokers = true, []string{"localhost:" + port}
	finds(t, o, "signed by an authority that is not trusted", "CAFile")
	o.CAFile = newAuthority(t).file(t)
	finds(t, o, "signed by an authority that is not trusted", "CAFile")
	o.CAFile, o.Brokers = ca.file(t), []string{"127.0.0.1:" + port}
	finds(t, o, "not for 127.0.0.1, but for localhost", "Brokers")
	o.Brokers = []string{"localhost:" + port}
	finds(t, o, "sends clients on to 127.0.0.1") // it calls itself by its address
}

func TestCheckFindsThatAClientCertificateIsMissing(t *testing.T) {
	ca := newAuthority(t)
	_, o := fake(t, kfake.TLS(&tls.Config{
		Certificates: []tls.Certificate{ca.issue(t)}, MinVersion: tls.VersionTLS12,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool(),
	}))
	_, port, _ := net.SplitHostPort(o.Brokers[0])
	o.Brokers, o.TLS, o.CAFile = []string{"localhost:" + port}, true, ca.file(t)
	finds(t, o, "wants a certificate from its clients", "CertFile", "KeyFile")
	o.CertFile, o.KeyFile = newAuthority(t).pair(t)
	finds(t, o, "refuses the client's certificate", "CertFile", "KeyFile")
}

func TestCheckFindsWhatIsWrongWithUsersAndRights(t *testing.T) {
	allow := func(r kmsg.ACLResourceType, name string, op kmsg.ACLOperation) kfake.ACL {
		return kfake.ACL{Resource: r, Name: name, Pattern: kmsg.ACLResourcePatternTypeLiteral, Operation: op, Allow: true}
	}
	const topic, group = kmsg.ACLResourceTypeTopic, kmsg.ACLResourceTypeGroup
	_, o := fake(t, kfake.EnableSASL(), kfake.EnableACLs(), kfake.Superuser("PLAIN", "boss", "secret"),
		kfake.User("PLAIN", "reader", "secret", allow(topic, "events", kmsg.ACLOperationRead), allow(topic, "events", kmsg.ACLOperationDescribe),
			allow(topic, "dead", kmsg.ACLOperationDescribe), allow(group, "collector", kmsg.ACLOperationDescribe)),
		kfake.User("PLAIN", "nobody", "secret"))
	finds(t, o, "gave no user name", "SASL", "Username", "Password")
	o.SASL, o.Username, o.Password = "plain", "boss", "secret"
	if text, problems := checked(t, o, kafka.Consumer); len(problems) > 0 {
		t.Errorf("of the superuser it says\n%s", text)
	}
	o.Username = "nobody"
	finds(t, o, "no right to the topic", "Topic", "Username")
	o.Username = "reader"
	finds(t, o, "may not write", "Username")
	text, problems := checked(t, o, kafka.Consumer)
	if len(problems) != 1 || !strings.Contains(text, "right to read events: <nil>") || !strings.Contains(text, "right to write dead: this user may not write") {
		t.Errorf("got\n%s", text)
	}
}

func TestDiagnoseLeavesAloneWhatItDoesNotKnow(t *testing.T) {
	odd := errors.New("odd")
	if got := kafka.Diagnose(odd); got != odd { //nolint:errorlint // the very same
		t.Errorf("got %v", got)
	}
	if kafka.Diagnose(nil) != nil {
		t.Error("nil is a problem")
	}
	err := kafka.Diagnose(fmt.Errorf("save: %w", sarama.ErrUnknownTopicOrPartition))
	if again := kafka.Diagnose(fmt.Errorf("more: %w", err)); strings.Count(again.Error(), "heartbeat topics apply") != 1 || !errors.Is(again, sarama.ErrUnknownTopicOrPartition) {
		t.Errorf("twice it says %q", again)
	}
}

// hangsUp listens, and closes each connection after something that is not Kafka's.
func hangsUp(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{}) // closed when the goroutine ends
	go func() {                 // ends with the listener
		defer close(done)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, "220 mail.example ESMTP\r\n")
			conn.Close()
		}
	}()
	t.Cleanup(func() { ln.Close(); <-done })
	return ln.Addr().String()
}

// An authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	var der []byte
	der, a.key = sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil)
	var err error
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return a
}

// sign signs with by, or with the new key itself.
func sign(t *testing.T, c *x509.Certificate, by *authority) ([]byte, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if by == nil {
		by = &authority{c, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by.cert, &key.PublicKey, by.key)
	if err != nil {
		t.Fatal(err)
	}
	return der, key
}

// issue makes a certificate for localhost.
func (a *authority) issue(t *testing.T) tls.Certificate {
	t.Helper()
	der, key := sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"}, NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

func (a *authority) file(t *testing.T) string { return writePEM(t, "CERTIFICATE", a.cert.Raw) }

// pair is a certificate and its key, as files.
func (a *authority) pair(t *testing.T) (cert, key string) {
	t.Helper()
	c := a.issue(t)
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return writePEM(t, "CERTIFICATE", c.Certificate[0]), writePEM(t, "PRIVATE KEY", der)
}

func writePEM(t *testing.T, kind string, der []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
