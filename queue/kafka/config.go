package kafka

import (
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"time"

	"github.com/IBM/sarama"
)

// version is what Kafka 3.9 and 4.x both speak, and sarama covers whole; the
// brokers' own lowest and highest are asked for at each connection.
var version = sarama.V2_8_0_0

// config returns what every client of this package has in common.
func (o Options) config() (*sarama.Config, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	t, err := o.tls()
	if err != nil {
		return nil, err
	}
	c := sarama.NewConfig()
	c.Version = version
	c.ClientID = o.ClientID
	if c.ClientID == "" {
		c.ClientID = "monitorink"
	}
	c.Net.DialTimeout = 5 * time.Second
	c.Net.ReadTimeout = 20 * time.Second // above what a broker may take for a fetch or acks=all
	c.Net.WriteTimeout = 10 * time.Second
	c.Net.TLS.Enable, c.Net.TLS.Config = t != nil, t
	o.sasl(c)
	c.Metadata.AllowAutoTopicCreation = false
	c.Metadata.Full = false // other people's topics are none of ours
	c.Metadata.Retry.Max = 2
	c.Metadata.RefreshFrequency = 15 * time.Second // so soon are new partitions seen
	c.Admin.Timeout = 10 * time.Second

	c.Net.MaxOpenRequests = 1 // what idempotence needs
	c.Producer.Idempotent = true
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Timeout = 10 * time.Second
	c.Producer.Compression = sarama.CompressionLZ4
	c.Producer.Transaction.Retry.Max = 5 // of asking for a producer id
	c.Producer.Return.Successes = true
	c.Producer.Return.Errors = true

	c.Consumer.Return.Errors = true
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	c.Consumer.Offsets.AutoCommit.Enable = false
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	return c, nil
}

func (o Options) sasl(c *sarama.Config) {
	c.Net.SASL.Enable = o.SASL != ""
	c.Net.SASL.User, c.Net.SASL.Password = o.Username, o.Password
	switch o.SASL {
	case "plain":
		c.Net.SASL.Mechanism = sarama.SASLTypePlaintext
	case "scram-sha-256":
		c.Net.SASL.Mechanism = sarama.SASLTypeSCRAMSHA256
		c.Net.SASL.SCRAMClientGeneratorFunc = func() sarama.SCRAMClient { return &scram{hash: sha256.New} }
	case "scram-sha-512":
		c.Net.SASL.Mechanism = sarama.SASLTypeSCRAMSHA512
		c.Net.SASL.SCRAMClientGeneratorFunc = func() sarama.SCRAMClient { return &scram{hash: sha512.New} }
	}
}
