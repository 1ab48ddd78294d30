package kafka

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/IBM/sarama"
)

// A cluster asks and orders over plain connections: one to the first broker that
// answers, and those that it led to. Sarama's admin client would retry what
// should be shown, and cannot be interrupted.
type cluster struct {
	config *sarama.Config
	broker *sarama.Broker
	opened []*sarama.Broker
}

// interruptible returns the configuration of short conversations that end with ctx.
func (o Options) interruptible(ctx context.Context, patience time.Duration) (*sarama.Config, error) {
	config, err := o.config()
	if err != nil {
		return nil, err
	}
	config.Net.DialTimeout, config.Net.ReadTimeout, config.Net.WriteTimeout = patience, patience, patience
	config.Net.Proxy.Enable = true
	config.Net.Proxy.Dialer = dialer{ctx, patience}
	return config, nil
}

// A dialer makes connections that end with its context: it is sarama's only way
// to be interrupted.
type dialer struct {
	ctx      context.Context //nolint:containedctx // Dial has no parameter for it
	patience time.Duration
}

// Dial is what sarama calls.
func (d dialer) Dial(network, addr string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: d.patience}).DialContext(d.ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &interrupted{conn, context.AfterFunc(d.ctx, func() { _ = conn.Close() })}, nil
}

type interrupted struct {
	net.Conn
	stop func() bool
}

func (c *interrupted) Close() error {
	c.stop()
	return c.Conn.Close()
}

// connect connects to the first broker that answers.
func connect(ctx context.Context, o Options) (*cluster, error) {
	config, err := o.interruptible(ctx, 10*time.Second)
	if err != nil {
		return nil, err
	}
	c := &cluster{config: config}
	var errs []error
	for _, addr := range o.Brokers {
		b := sarama.NewBroker(addr)
		if err := c.open(b); err != nil {
			errs = append(errs, fmt.Errorf("broker %s: %w", addr, Diagnose(err)))
			continue
		}
		c.broker = b
		return c, nil
	}
	return nil, ended(ctx, errors.Join(errs...))
}

// ended returns err, or what ended ctx when that is why there is an error: the
// connections are closed then, and say only that.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return Diagnose(context.Cause(ctx))
	}
	return err
}

func (c *cluster) open(b *sarama.Broker) error {
	if err := b.Open(c.config); err != nil && !errors.Is(err, sarama.ErrAlreadyConnected) {
		return err
	}
	ok, err := b.Connected()
	if err == nil && !ok {
		err = sarama.ErrNotConnected
	}
	if err == nil {
		c.opened = append(c.opened, b)
	}
	return err
}

func (c *cluster) close() {
	for _, b := range c.opened {
		_ = b.Close() // nothing is on its way
	}
}

// metadata asks for topics, and for what this user may do with them.
func (c *cluster) metadata(topics ...string) (*sarama.MetadataResponse, error) {
	r := sarama.NewMetadataRequest(c.config.Version, topics)
	r.IncludeTopicAuthorizedOperations = true
	return c.broker.GetMetadata(r)
}

// controller is the broker that takes orders.
func (c *cluster) controller(m *sarama.MetadataResponse) (*sarama.Broker, error) {
	for _, b := range m.Brokers {
		if b.ID() != m.ControllerID {
			continue
		}
		if err := c.open(b); err != nil {
			return nil, fmt.Errorf("broker %s, as the cluster calls it: %w", b.Addr(), Diagnose(err))
		}
		return b, nil
	}
	return c.broker, nil // it passes orders on
}

// settings returns the configuration of a topic.
func (c *cluster) settings(topic string) (map[string]sarama.ConfigEntry, error) {
	answer, err := c.broker.DescribeConfigs(&sarama.DescribeConfigsRequest{
		Version: 4, Resources: []*sarama.ConfigResource{{Type: sarama.TopicResource, Name: topic}},
	})
	if err != nil {
		return nil, err
	}
	for _, r := range answer.Resources {
		if r.Name != topic {
			continue
		}
		if r.ErrorCode != 0 {
			return nil, sarama.KError(r.ErrorCode)
		}
		m := map[string]sarama.ConfigEntry{}
		for _, e := range r.Configs {
			m[e.Name] = *e
		}
		return m, nil
	}
	return nil, sarama.ErrIncompleteResponse
}
