package kafka

import (
	"hash"
	"time"

	"github.com/IBM/sarama"
)

// Hurried makes a subscription that is quick to see changes.
func (o SubscribeOptions) Hurried() SubscribeOptions {
	o.tune = func(c *sarama.Config) {
		c.Consumer.MaxWaitTime = 20 * time.Millisecond
		c.Consumer.Retry.Backoff = 50 * time.Millisecond
		c.Consumer.Group.Heartbeat.Interval = 50 * time.Millisecond
		c.Consumer.Group.Rebalance.Retry.Backoff = 50 * time.Millisecond
		c.Consumer.Group.Rebalance.Timeout = 4 * time.Second
	}
	return o
}

// Config gives tests the configuration that the package uses.
func (o Options) Config() (*sarama.Config, error) { return o.config() }

// Consuming makes c the configuration of a subscription.
func Consuming(c *sarama.Config) { consuming(c) }

// PublisherConfig is the configuration that batches are published with.
func (p *Publisher) PublisherConfig() *sarama.Config { return p.batches.config }

var ParseLetter = parseLetter

// NewScram makes a client of SCRAM with a nonce of the test's choice.
func NewScram(h func() hash.Hash, nonce string) sarama.SCRAMClient {
	return &scram{hash: h, nonce: nonce}
}

// A Tracker is the tracker of one partition.
type Tracker struct{ t tracker }

func (t *Tracker) Add(offset int64) uint64   { return t.t.add(offset) }
func (t *Tracker) Finish(number uint64) bool { return t.t.finish(number) }
func (t *Tracker) Next() int64               { return t.t.next }
func (t *Tracker) Open() int                 { return t.t.open() }
