package kafka_test

import (
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/monitorink/monitorink/queue/kafka"
)

func TestOptionsNameWhatIsWrong(t *testing.T) {
	junk := filepath.Join(t.TempDir(), "junk.pem")
	if err := os.WriteFile(junk, []byte("not PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*kafka.Options)
		want   string
		option string // whose remedy is told of; "": the error says all
	}{
		"no broker":         {func(o *kafka.Options) { o.Brokers = nil }, "host:port", ""},
		"no port":           {func(o *kafka.Options) { o.Brokers = []string{"broker.example"} }, `"broker.example": want host:port`, ""},
		"no topic":          {func(o *kafka.Options) { o.Topic = "" }, "no topic", ""},
		"bad topic":         {func(o *kafka.Options) { o.Topic = "a b" }, `topic "a b": want 1 to 249`, ""},
		"same topics":       {func(o *kafka.Options) { o.DeadLetterTopic = o.Topic }, "must differ", ""},
		"mechanism":         {func(o *kafka.Options) { o.SASL = "GSSAPI" }, `"GSSAPI": want plain, scram-sha-256, scram-sha-512`, ""},
		"no user":           {func(o *kafka.Options) { o.SASL, o.Password = "plain", "secret" }, "needs a user name", ""},
		"no password":       {func(o *kafka.Options) { o.SASL, o.Username = "scram-sha-512", "me" }, "needs a password", ""},
		"no mechanism":      {func(o *kafka.Options) { o.Username = "me" }, "no SASL mechanism", "SASL"},
		"files without TLS": {func(o *kafka.Options) { o.CAFile = junk }, "TLS is off", ""},
		"half a pair":       {func(o *kafka.Options) { o.TLS, o.CertFile = true, junk }, "needs its key", ""},
		"CA missing":        {func(o *kafka.Options) { o.TLS, o.CAFile = true, junk+".no" }, "junk.pem.no", ""},
		"CA is junk":        {func(o *kafka.Options) { o.TLS, o.CAFile = true, junk }, "no certificate in PEM form", "CAFile"},
		"pair is junk":      {func(o *kafka.Options) { o.TLS, o.CertFile, o.KeyFile = true, junk, junk }, "client certificate " + junk, ""},
	} {
		o := kafka.Options{Brokers: []string{"broker.example:9092"}, Topic: "events", Group: "g", DeadLetterTopic: "dead"}
		c.change(&o)
		_, err := kafka.NewPublisher(o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: publisher: got %v, want %q", name, err, c.want)
		} else if p := new(kafka.Problem); c.option != "" && (!errors.As(err, &p) || p.Remedy == "" || !slices.Contains(p.Options, c.option)) {
			t.Errorf("%s: got %v, want a remedy for %s", name, err, c.option)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the password is in %v", name, err)
		}
		if _, err := kafka.Subscribe(o, kafka.SubscribeOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: subscribe: got %v, want %q", name, err, c.want)
		}
	}
	o := kafka.Options{Brokers: []string{"broker.example:9092"}, Topic: "events"}
	_, err := kafka.Subscribe(o, kafka.SubscribeOptions{InFlight: -1})
	for _, want := range []string{"no consumer group", "no dead-letter topic", "-1 messages"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestConfigIsSafe(t *testing.T) {
	o := kafka.Options{Brokers: []string{"broker.example:9092"}, Topic: "events", TLS: true, SASL: "scram-sha-512", Username: "me", Password: "p"}
	c, err := o.Config()
	if err != nil {
		t.Fatal(err)
	}
	kafka.Consuming(c)
	group := c.Consumer.Group
	for what, ok := range map[string]bool{
		"patient joins":           max(group.Rebalance.Timeout/2, group.Session.Timeout) < c.Net.ReadTimeout,
		"acks of all, idempotent": c.Producer.RequiredAcks == sarama.WaitForAll && c.Producer.Idempotent && c.Net.MaxOpenRequests == 1,
		"no silent topics":        !c.Metadata.AllowAutoTopicCreation,
		"no automatic commit":     !c.Consumer.Offsets.AutoCommit.Enable,
		"from the oldest":         c.Consumer.Offsets.Initial == sarama.OffsetOldest,
		"TLS 1.2 and verified":    c.Net.TLS.Enable && c.Net.TLS.Config.MinVersion == tls.VersionTLS12 && !c.Net.TLS.Config.InsecureSkipVerify,
		"bounded dial":            c.Net.DialTimeout <= 5*time.Second,
		"new partitions soon":     c.Metadata.RefreshFrequency <= 15*time.Second,
		"SCRAM-SHA-512":           c.Net.SASL.Enable && c.Net.SASL.Mechanism == sarama.SASLTypeSCRAMSHA512,
		"client id":               c.ClientID == "monitorink",
	} {
		if !ok {
			t.Errorf("not so: %s", what)
		}
	}
}
