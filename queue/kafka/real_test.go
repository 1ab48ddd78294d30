//go:build integration

package kafka_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/queue/kafka"
	"github.com/monitorink/monitorink/queue/queuetest"
)

// realOptions are new topics, and a new group, of the real broker.
func realOptions(t testing.TB, partitions int) kafka.Options {
	t.Helper()
	b := servers.Kafka(t)
	return kafka.Options{
		Brokers: []string{b.Plain}, Topic: b.Topic(t, partitions), DeadLetterTopic: b.Topic(t, 1),
		Group: fmt.Sprintf("group-%d", time.Now().UnixNano()),
	}
}

// TestContractOnEachListener runs the suite through every way into a real broker.
func TestContractOnEachListener(t *testing.T) {
	b := servers.Kafka(t)
	withSASL := func(mechanism string) func(*kafka.Options) {
		return func(o *kafka.Options) {
			o.Brokers, o.TLS, o.CAFile = []string{b.SASL}, true, b.CAFile
			o.SASL, o.Username, o.Password = mechanism, b.Username, b.Password
		}
	}
	for name, way := range map[string]func(*kafka.Options){
		"Plaintext":   func(*kafka.Options) {},
		"SASLPlain":   withSASL("plain"),
		"ScramSHA256": withSASL("scram-sha-256"),
		"ScramSHA512": withSASL("scram-sha-512"),
		"MutualTLS": func(o *kafka.Options) {
			o.Brokers, o.TLS, o.CAFile = []string{b.MTLS}, true, b.CAFile
			o.CertFile, o.KeyFile = b.CertFile, b.KeyFile
		},
	} {
		t.Run(name, func(t *testing.T) {
			queuetest.Run(t, queuetest.Implementation{
				Unbounded: true, Repeats: true, Large: 900_000, // the broker takes 1,048,588 bytes of a batch
				Open: func(t *testing.T, _ bool) *queuetest.Queue {
					o := realOptions(t, 3)
					way(&o)
					return contract(t, o)
				},
			})
		})
	}
}
