package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"
)

// Apply carries out a plan, tells done of each change that has been made, and
// returns when every topic of it has leaders, and its settings can be seen. What
// cannot be done it leaves to the caller. Twice is harmless.
func Apply(ctx context.Context, o Options, plan []Change, done func(Change)) (err error) {
	if len(plan) == 0 {
		return nil
	}
	c, err := connect(ctx, o)
	if err != nil {
		return err
	}
	defer c.close()
	defer func() { err = ended(ctx, err) }()
	wanted := map[string]int{} // topic: partitions
	for _, change := range plan {
		if change.Kind == Cannot {
			continue
		}
		if err := c.apply(change); err != nil {
			return fmt.Errorf("%v: %w", change, Diagnose(err))
		}
		wanted[change.Topic] = max(wanted[change.Topic], 1)
		if change.Kind != Configure {
			wanted[change.Topic] = int(change.partitions)
		}
		if done != nil {
			done(change)
		}
	}
	for topic, n := range wanted {
		err := soon(ctx, func() (bool, error) {
			m, err := c.metadata(topic)
			return err == nil && ready(m, topic, n), err
		})
		if err != nil {
			return fmt.Errorf("wait for the leaders of %s: %w", topic, Diagnose(err))
		}
	}
	for _, change := range plan {
		if change.Kind != Configure {
			continue
		}
		err := soon(ctx, func() (bool, error) {
			now, err := c.settings(change.Topic)
			return err == nil && now[change.Setting].Value == change.To, err
		})
		if err != nil {
			return fmt.Errorf("wait for %s of %s: %w", change.Setting, change.Topic, Diagnose(err))
		}
	}
	return nil
}

// soon asks until it is so: brokers learn of what the controller has done a
// moment later.
func soon(ctx context.Context, so func() (bool, error)) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := so(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (c *cluster) apply(change Change) error {
	if change.Kind == Configure {
		r := &sarama.IncrementalAlterConfigsRequest{Version: 1, Resources: []*sarama.IncrementalAlterConfigsResource{{
			Type: sarama.TopicResource, Name: change.Topic,
			ConfigEntries: map[string]sarama.IncrementalAlterConfigsEntry{change.Setting: {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &change.To}},
		}}}
		answer, err := c.broker.IncrementalAlterConfigs(r)
		if err != nil {
			return err
		}
		for _, r := range answer.Resources {
			if r.ErrorCode != 0 {
				return detailed(sarama.KError(r.ErrorCode), &r.ErrorMsg)
			}
		}
		return nil
	}
	m, err := c.metadata(change.Topic)
	if err != nil {
		return err
	}
	controller, err := c.controller(m)
	if err != nil {
		return err
	}
	if change.Kind == Create {
		return c.create(controller, change)
	}
	r := &sarama.CreatePartitionsRequest{
		Version: 1, Timeout: c.config.Admin.Timeout,
		TopicPartitions: map[string]*sarama.TopicPartition{change.Topic: {Count: change.partitions}},
	}
	answer, err := controller.CreatePartitions(r)
	if err != nil {
		return err
	}
	if e := answer.TopicPartitionErrors[change.Topic]; e != nil {
		return detailed(e.Err, e.ErrMsg)
	}
	return nil
}

func (c *cluster) create(controller *sarama.Broker, change Change) error {
	detail := &sarama.TopicDetail{NumPartitions: change.partitions, ReplicationFactor: change.replication, ConfigEntries: map[string]*string{}}
	for _, e := range change.config {
		detail.ConfigEntries[e.name] = &e.value
	}
	r := sarama.NewCreateTopicsRequest(c.config.Version, map[string]*sarama.TopicDetail{change.Topic: detail}, c.config.Admin.Timeout, false)
	answer, err := controller.CreateTopics(r)
	if err != nil {
		return err
	}
	e := answer.TopicErrors[change.Topic]
	if e == nil || errors.Is(e.Err, sarama.ErrTopicAlreadyExists) { // somebody was faster
		return nil
	}
	return detailed(e.Err, e.ErrMsg)
}

func detailed(code sarama.KError, text *string) error {
	switch {
	case code == sarama.ErrNoError:
		return nil
	case text == nil || *text == "":
		return code
	}
	return fmt.Errorf("%w: %s", code, *text)
}

// ready reports whether a topic has n partitions, and each a leader.
func ready(m *sarama.MetadataResponse, topic string, n int) bool {
	for _, t := range m.Topics {
		if t.Name != topic || t.Err != sarama.ErrNoError || len(t.Partitions) < n {
			continue
		}
		for _, p := range t.Partitions {
			if p.Err != sarama.ErrNoError || p.Leader < 0 {
				return false
			}
		}
		return true
	}
	return false
}
