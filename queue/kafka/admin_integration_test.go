//go:build integration

package kafka_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/queue/kafka"
)

// real are the options for a real broker over plaintext, with topics of its own.
func realTopics(t *testing.T, b servers.Broker) kafka.Options {
	t.Helper()
	return kafka.Options{Brokers: []string{b.Plain}, Topic: b.Topic(t, 3), DeadLetterTopic: b.Topic(t, 2), Group: "admin-" + strings.ToLower(t.Name())}
}

func TestRealTopicsAreMadeChangedAndThenLeftAlone(t *testing.T) {
	b := servers.Kafka(t)
	o := kafka.Options{Brokers: []string{b.Plain}, Topic: fmt.Sprintf("made-%d", time.Now().UnixNano())}
	o.DeadLetterTopic = o.Topic + "-dlq"
	t.Cleanup(func() { deleteTopics(t, o, o.Topic, o.DeadLetterTopic) })
	events, letters := o.Topics()
	p := plan(t, o, events, letters)
	if len(p) != 2 || p[0].Kind != kafka.Create || !strings.Contains(lines(p), "replication 1") {
		t.Fatalf("got\n%s", lines(p))
	}
	apply(t, o, p)
	apply(t, o, p)
	if again := plan(t, o, events, letters); len(again) != 0 {
		t.Errorf("there is still to do\n%s", lines(again))
	}
	events.Partitions, events.Retention, events.MaxMessageBytes = 14, 48*time.Hour, 3<<20
	p = plan(t, o, events, letters)
	if len(p) != 3 {
		t.Errorf("got\n%s", lines(p))
	}
	apply(t, o, p)
	if again := plan(t, o, events, letters); len(again) != 0 {
		t.Errorf("there is still to do\n%s", lines(again))
	}
	events.Partitions, events.Replication = 2, 3
	if p = plan(t, o, events); len(p) != 2 || p[0].Kind != kafka.Cannot || p[1].Kind != kafka.Cannot {
		t.Errorf("got\n%s", lines(p))
	}
	_, problems := checked(t, o, kafka.Producer)
	if len(problems) > 0 {
		t.Errorf("got %v", problems)
	}
}

// administrator is a client that ends with the test.
func administrator(t *testing.T, o kafka.Options) sarama.ClusterAdmin {
	t.Helper()
	config, err := o.Config()
	if err != nil {
		t.Fatal(err)
	}
	config.Metadata.Full = true // which sarama finds the controller by
	admin, err := sarama.NewClusterAdmin(o.Brokers, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.Close() })
	return admin
}

func deleteTopics(t *testing.T, o kafka.Options, topics ...string) {
	t.Helper()
	admin := administrator(t, o)
	for _, topic := range topics {
		if err := admin.DeleteTopic(topic); err != nil {
			t.Errorf("delete %s: %v", topic, err)
		}
	}
}

func TestRealPlanRefusesACompactedTopicAndTooManyReplicas(t *testing.T) {
	b := servers.Kafka(t)
	o := realTopics(t, b)
	o.Topic = b.Topic(t, 1, "cleanup.policy=compact")
	events, _ := o.Topics()
	if p := plan(t, o, events); len(p) != 1 || p[0].Kind != kafka.Cannot || p[0].Setting != "cleanup.policy" {
		t.Errorf("got\n%s", lines(p))
	}
	finds(t, o, "cleanup.policy is compact", "Topic")
	p := plan(t, o, kafka.TopicSpec{Name: fmt.Sprintf("never-%d", time.Now().UnixNano()), Replication: 3})
	if err := kafka.Apply(t.Context(), o, p, nil); err == nil || !strings.Contains(err.Error(), "fewer brokers than replicas") {
		t.Errorf("got %v", err)
	}
}

func TestRealCheckIsContentOnEachListener(t *testing.T) {
	b := servers.Kafka(t)
	o := realTopics(t, b)
	variants := map[string]kafka.Options{"plain": o}
	m := o
	m.Brokers, m.TLS, m.CAFile, m.CertFile, m.KeyFile = []string{b.MTLS}, true, b.CAFile, b.CertFile, b.KeyFile
	variants["mutual TLS"] = m
	for _, mechanism := range []string{"plain", "scram-sha-256", "scram-sha-512"} {
		variants[mechanism] = overSASL(o, b, mechanism)
	}
	for name, o := range variants {
		for _, role := range []kafka.Role{kafka.Producer, kafka.Consumer} {
			if text, problems := checked(t, o, role); len(problems) > 0 {
				t.Errorf("%s:\n%s", name, text)
			}
		}
	}
}

func overSASL(o kafka.Options, b servers.Broker, mechanism string) kafka.Options {
	o.Brokers, o.TLS, o.CAFile = []string{b.SASL}, true, b.CAFile
	o.SASL, o.Username, o.Password = mechanism, b.Username, b.Password
	return o
}

func TestRealCheckFindsWhatIsWrong(t *testing.T) {
	b := servers.Kafka(t)
	good := realTopics(t, b)
	tls := good
	tls.TLS, tls.CAFile = true, b.CAFile
	for _, c := range []struct {
		name    string
		change  func(*kafka.Options)
		cause   string
		options []string
	}{
		{"plaintext to SASL over TLS", func(o *kafka.Options) { *o = good; o.Brokers = []string{b.SASL} }, "the port speaks TLS", []string{"TLS", "Brokers"}},
		{"plaintext to mutual TLS", func(o *kafka.Options) { *o = good; o.Brokers = []string{b.MTLS} }, "the port speaks TLS", []string{"TLS", "Brokers"}},
		{"TLS to plaintext", func(o *kafka.Options) { o.Brokers = []string{b.Plain} }, "does not speak TLS", []string{"TLS", "Brokers"}},
		{"SASL to plaintext", func(o *kafka.Options) {
			*o = good
			o.SASL, o.Username, o.Password = "plain", "u", "p"
		}, "no SASL", []string{"SASL", "Brokers"}},
		{"no SASL", func(o *kafka.Options) { o.Brokers = []string{b.SASL} }, "gave no user name", []string{"SASL", "Username", "Password"}},
		{"a rogue authority", func(o *kafka.Options) { o.Brokers, o.CAFile = []string{b.MTLS}, b.RogueCAFile }, "authority that is not trusted", []string{"CAFile"}},
		{"the system's authorities", func(o *kafka.Options) { o.Brokers, o.CAFile = []string{b.MTLS}, "" }, "authority that is not trusted", []string{"CAFile"}},
		{"another host name", func(o *kafka.Options) { o.Brokers = []string{strings.Replace(b.MTLS, "localhost", "127.0.0.1", 1)} }, "not for 127.0.0.1, but for localhost", []string{"Brokers"}},
		{"no client certificate", func(o *kafka.Options) { o.Brokers = []string{b.MTLS} }, "wants a certificate from its clients", []string{"CertFile", "KeyFile"}},
		{"a stranger's certificate", func(o *kafka.Options) {
			o.Brokers, o.CertFile, o.KeyFile = []string{b.MTLS}, b.StrangerCertFile, b.StrangerKeyFile
		}, "refuses the client's certificate", []string{"CertFile", "KeyFile"}},
		{"wrong password", func(o *kafka.Options) { *o = overSASL(*o, b, "plain"); o.Password = "wrong" }, "refuses the user name and password", []string{"Username", "Password", "SASL"}},
		{"wrong password by SCRAM", func(o *kafka.Options) { *o = overSASL(*o, b, "scram-sha-512"); o.Password = "wrong" }, "refuses the user name and password", []string{"Username", "Password", "SASL"}},
		{"a topic that is missing", func(o *kafka.Options) { *o = good; o.Topic = "missing" }, "does not exist", []string{"Topic"}},
		{"a powerless user", func(o *kafka.Options) {
			*o = overSASL(*o, b, "scram-sha-256")
			o.Username, o.Password = b.PowerlessUsername, b.PowerlessPassword
		}, "no right to the topic, or it does not exist", []string{"Topic", "Username"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := tls
			c.change(&o)
			begin := time.Now()
			finds(t, o, c.cause, c.options...)
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestRealCheckFindsMissingRights(t *testing.T) {
	b := servers.Kafka(t)
	o := realTopics(t, b)
	grant(t, o, b.PowerlessUsername, sarama.AclResourceTopic, o.Topic, sarama.AclOperationDescribe)
	grant(t, o, b.PowerlessUsername, sarama.AclResourceTopic, o.DeadLetterTopic, sarama.AclOperationDescribe)
	grant(t, o, b.PowerlessUsername, sarama.AclResourceGroup, o.Group, sarama.AclOperationDescribe)
	p := overSASL(o, b, "scram-sha-256")
	p.Username, p.Password = b.PowerlessUsername, b.PowerlessPassword
	finds(t, p, "may not write", "Username")
	text, problems := checked(t, p, kafka.Consumer)
	if len(problems) != 3 || !strings.Contains(text, "may not read") || !strings.Contains(text, "may not write") || !strings.Contains(text, "no right to the consumer group") {
		t.Errorf("got\n%s", text)
	}
	grant(t, o, b.PowerlessUsername, sarama.AclResourceTopic, o.Topic, sarama.AclOperationRead)
	grant(t, o, b.PowerlessUsername, sarama.AclResourceTopic, o.DeadLetterTopic, sarama.AclOperationWrite)
	grant(t, o, b.PowerlessUsername, sarama.AclResourceGroup, o.Group, sarama.AclOperationRead)
	if text, problems := checked(t, p, kafka.Consumer); len(problems) > 0 {
		t.Errorf("with all rights it says\n%s", text)
	}
}

// grant allows a user something, until the test ends.
func grant(t *testing.T, o kafka.Options, user string, kind sarama.AclResourceType, name string, op sarama.AclOperation) {
	t.Helper()
	admin := administrator(t, o)
	principal, host := "User:"+user, "*"
	r := sarama.Resource{ResourceType: kind, ResourceName: name, ResourcePatternType: sarama.AclPatternLiteral}
	if err := admin.CreateACLs([]*sarama.ResourceAcls{{Resource: r, Acls: []*sarama.Acl{{Principal: principal, Host: host, Operation: op, PermissionType: sarama.AclPermissionAllow}}}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.DeleteACL(sarama.AclFilter{
			ResourceType: kind, ResourceName: &name, ResourcePatternTypeFilter: sarama.AclPatternLiteral,
			Principal: &principal, Host: &host, Operation: op, PermissionType: sarama.AclPermissionAllow, Version: 1,
		}, false); err != nil {
			t.Error(err)
		}
	})
}

func TestRealReplayReadsAnOriginalOfTenMegabytes(t *testing.T) {
	b := servers.Kafka(t)
	o := realTopics(t, b)
	o.Topic = b.Topic(t, 1, "max.message.bytes=16777216")
	config, err := o.Config()
	if err != nil {
		t.Fatal(err)
	}
	config.Producer.MaxMessageBytes, config.Producer.Compression = 16<<20, sarama.CompressionNone
	p, err := sarama.NewSyncProducer(o.Brokers, config)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	value := make([]byte, 10<<20)
	if _, _, err := p.SendMessage(&sarama.ProducerMessage{Topic: o.Topic, Key: sarama.StringEncoder("big"), Value: sarama.ByteEncoder(value)}); err != nil {
		t.Fatal(err)
	}
	m := letter("big", "beginning", "monitorink-cut", "true", "monitorink-original-size", fmt.Sprint(len(value)))
	m.Topic = o.DeadLetterTopic
	m.Headers[2].Value = []byte(o.Topic)
	produce(t, o, m)
	replay(t, o, kafka.ReplayOptions{}, kafka.ReplayResult{Replayed: 1, Fetched: 1})
	if got := servers.Kcat(t, "-C", "-e", "-t", o.Topic, "-X", "fetch.message.max.bytes=16000000", "-f", `%k %S %o\n`); strings.TrimSpace(got) != "big 10485760 0\nbig 10485760 1" {
		t.Errorf("kcat finds %q", got)
	}
}

func TestRealReplaySendsEachLetterOnce(t *testing.T) {
	b := servers.Kafka(t)
	o := realTopics(t, b)
	var list []*sarama.ProducerMessage
	for _, m := range letters(900) {
		m.Topic = o.DeadLetterTopic
		for i, h := range m.Headers {
			if string(h.Key) == "monitorink-source-topic" {
				m.Headers[i].Value = []byte(o.Topic)
			}
		}
		list = append(list, m)
	}
	produce(t, o, list...)
	n := 0
	if err := kafka.DeadLetters(t.Context(), o, func(kafka.DeadLetter) error { n++; return nil }); err != nil || n != 900 {
		t.Errorf("%d letters and %v, want 900", n, err)
	}
	over := overSASL(o, b, "scram-sha-512")
	replay(t, over, kafka.ReplayOptions{}, kafka.ReplayResult{Replayed: 900})
	replay(t, o, kafka.ReplayOptions{}, kafka.ReplayResult{})
	got := strings.Fields(servers.Kcat(t, "-C", "-e", "-t", o.Topic, "-f", `%k|%h\n`))
	slices.Sort(got)
	if len(got) != 900 || got[0] != "m0|kind=gap" || len(slices.Compact(got)) != 900 {
		t.Errorf("kcat finds %d events, and the first is %q", len(got), got[:min(len(got), 1)])
	}
}
