package servers

import (
	"fmt"
	"strings"
	"testing"
)

// A Broker is the test's Kafka. Everyone may do everything on it, except the
// powerless user, who may log in and nothing else. Topics are never created by
// themselves.
type Broker struct {
	Plain string // host:port, plaintext
	SASL  string // host:port, SASL over TLS: PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512
	MTLS  string // host:port, TLS with a client's certificate

	CAFile      string // signed the broker's certificate, which is for localhost: 127.0.0.1 is a mismatch
	RogueCAFile string // did not

	CertFile, KeyFile                 string // of a client that MTLS lets in
	StrangerCertFile, StrangerKeyFile string // of one that it does not: signed by the rogue

	Username, Password                   string
	PowerlessUsername, PowerlessPassword string

	place place
}

// Kafka returns the broker that all tests share. A test asks for topics and names
// groups of its own.
func Kafka(t testing.TB) Broker {
	t.Helper()
	p := find(t)
	return Broker{
		Plain:            p.address("127.0.0.1", p.kafka),
		SASL:             p.address("localhost", p.kafka+2),
		MTLS:             p.address("localhost", p.kafka+3),
		CAFile:           p.cert("ca.crt"),
		RogueCAFile:      p.cert("rogue.crt"),
		CertFile:         p.cert("client.crt"),
		KeyFile:          p.cert("client.key"),
		StrangerCertFile: p.cert("stranger.crt"),
		StrangerKeyFile:  p.cert("stranger.key"),
		Username:         "monitorink", Password: "monitorink-secret",
		PowerlessUsername: "powerless", PowerlessPassword: "powerless-secret",
		place: p,
	}
}

// Topic creates a topic of a new name, whose partitions all have a leader when it
// returns, and deletes it when the test ends. config is like "max.message.bytes=16777216".
func (b Broker) Topic(t testing.TB, partitions int, config ...string) string {
	t.Helper()
	topic := strings.ReplaceAll(unique(t), "_", "-")
	if err := createTopic(b.Plain, topic, partitions, config); err != nil {
		t.Fatalf("create topic %s: %v", topic, err)
	}
	t.Cleanup(func() {
		if err := deleteTopic(b.Plain, topic); err != nil {
			t.Errorf("delete topic %s: %v", topic, err)
		}
	})
	return topic
}

// Absent is the name of a topic that does not exist; one that the test makes of it
// is deleted when the test ends.
func (b Broker) Absent(t testing.TB) string {
	t.Helper()
	topic := strings.ReplaceAll(unique(t), "_", "-")
	t.Cleanup(func() {
		if err := deleteTopic(b.Plain, topic); err != nil {
			t.Errorf("delete topic %s: %v", topic, err)
		}
	})
	return topic
}

// Progress is how many messages of a topic a group has committed, and how many were
// ever in the topic. It fails while the broker is down.
func (b Broker) Progress(group, topic string, partitions int) (committed, written int, err error) {
	each, ever, err := b.Offsets(group, topic, partitions)
	for p := range each {
		committed += each[p]
		written += ever[p]
	}
	return committed, written, err
}

// Offsets is Progress of each partition.
func (b Broker) Offsets(group, topic string, partitions int) (committed, written []int, err error) {
	return offsets(b.Plain, group, topic, partitions)
}

// Stop ends the broker in good order, and starts it again when the test ends.
func (b Broker) Stop(t testing.TB) {
	t.Helper()
	t.Cleanup(func() { b.Start(t) })
	b.place.must(t, "", "kafka.sh", "stop")
}

// Kill is Stop with kill -9.
func (b Broker) Kill(t testing.TB) {
	t.Helper()
	t.Cleanup(func() { b.Start(t) })
	b.place.must(t, "", "kafka.sh", "kill")
}

// Start starts the broker, which keeps its port and its topics, and returns when it
// listens. A broker that runs is left alone.
func (b Broker) Start(t testing.TB) {
	t.Helper()
	b.place.must(t, "", "kafka.sh", "start")
}

// ConsoleProducer lets Kafka's own console producer write values to a topic.
func ConsoleProducer(t testing.TB, topic string, values ...string) {
	t.Helper()
	find(t).must(t, strings.Join(values, "\n")+"\n", "kafka.sh", "produce", "--topic", topic)
}

// ConsoleConsumer returns the first n values of a topic as Kafka's own console
// consumer prints them, and fails the test when there are fewer for 20 s. More
// arguments are the tool's, such as "--property", "print.key=true".
func ConsoleConsumer(t testing.TB, topic string, n int, more ...string) []string {
	t.Helper()
	output := find(t).must(t, "", "kafka.sh", append([]string{"consume", "--topic", topic, "--from-beginning",
		"--max-messages", fmt.Sprint(n), "--timeout-ms", "20000"}, more...)...)
	if strings.HasPrefix(output, "Option --property is deprecated") { // 3.9 knows no other
		_, output, _ = strings.Cut(output, "\n")
	}
	values := strings.Split(strings.TrimSuffix(output, "\n"), "\n")
	if len(values) != n {
		t.Fatalf("the console consumer read %d values of %s, want %d", len(values), topic, n)
	}
	return values
}

// DescribeGroup is what Kafka's own tool says of a consumer group: a line for each
// partition, whose fields are group, topic, partition, current offset, end, lag and
// the member that has it, or - for nobody.
func DescribeGroup(t testing.TB, group string) [][]string {
	t.Helper()
	var lines [][]string
	for line := range strings.Lines(find(t).must(t, "", "kafka.sh", "groups", "--describe", "--group", group)) {
		if fields := strings.Fields(line); len(fields) > 6 && fields[0] == group {
			lines = append(lines, fields)
		}
	}
	return lines
}

// Kcat runs kcat against the broker's plaintext listener, and returns what it prints:
// Kcat(t, "-C", "-e", "-t", topic, "-f", `%k %h %s\n`) reads a topic to its end.
func Kcat(t testing.TB, arguments ...string) string {
	t.Helper()
	p := find(t)
	output, err := run(p.environ, "", "kcat", append([]string{"-q", "-b", p.address("127.0.0.1", p.kafka)}, arguments...)...)
	if err != nil {
		t.Fatal(err)
	}
	return output
}
