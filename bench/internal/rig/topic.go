package rig

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
)

// Partitions is how many every topic here has.
const Partitions = 12

// A Kafka is a connection to a cluster.
type Kafka struct {
	Brokers []string
	client  sarama.Client
	admin   sarama.ClusterAdmin
}

// Config is the configuration that both sides of every comparison have: what is
// acknowledged is with every replica, and written once.
func Config() *sarama.Config {
	c := sarama.NewConfig()
	c.ClientID = "monitorink-bench"
	c.Version = sarama.V2_8_0_0
	c.Net.DialTimeout = 5 * time.Second
	c.Net.ReadTimeout = 20 * time.Second
	c.Net.WriteTimeout = 10 * time.Second
	c.Metadata.AllowAutoTopicCreation = false
	c.Metadata.Full = false
	c.Producer.Timeout = 10 * time.Second
	c.Producer.MaxMessageBytes = 1_000_000
	c.Producer.Retry.Max = 5
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Idempotent = true
	c.Net.MaxOpenRequests = 1
	c.Producer.Compression = sarama.CompressionLZ4
	c.Producer.Return.Successes = true
	c.Producer.Return.Errors = true
	return c
}

// Dial connects to a cluster.
func Dial(brokers []string) (*Kafka, error) {
	c := Config()
	c.Metadata.Full = true // administration asks for what it does not know yet
	client, err := sarama.NewClient(brokers, c)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka at %v: %w", brokers, err)
	}
	admin, err := sarama.NewClusterAdminFromClient(client)
	if err != nil {
		client.Close()
		return nil, err
	}
	return &Kafka{brokers, client, admin}, nil
}

// Close ends the connection.
func (k *Kafka) Close() { k.admin.Close() }

// Create makes topics, which remove deletes again.
func (k *Kafka) Create(topics ...string) (remove func(), err error) {
	var made []string
	remove = func() {
		for _, t := range made {
			k.admin.DeleteTopic(t)
		}
	}
	policy := "delete"
	for _, t := range topics {
		err := k.admin.CreateTopic(t, &sarama.TopicDetail{
			NumPartitions: Partitions, ReplicationFactor: 1,
			ConfigEntries: map[string]*string{"cleanup.policy": &policy},
		}, false)
		if err != nil {
			remove()
			return nil, fmt.Errorf("create topic %s: %w", t, err)
		}
		made = append(made, t)
	}
	return remove, k.ready(topics)
}

// ready waits until every partition has a leader.
func (k *Kafka) ready(topics []string) (err error) {
	for range 100 {
		if err = k.client.RefreshMetadata(topics...); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

// DropGroup forgets a consumer group.
func (k *Kafka) DropGroup(group string) { k.admin.DeleteConsumerGroup(group) }

// Committed is how many messages of a topic a group has done with: the sum of its
// offsets, since the topics here begin at 0.
func (k *Kafka) Committed(group, topic string) (int64, error) {
	offsets, err := k.committed(group, topic)
	var n int64
	for _, offset := range offsets {
		n += offset
	}
	return n, err
}

// committed is a group's offset in each partition, 0 where it has none.
func (k *Kafka) committed(group, topic string) (offsets [Partitions]int64, err error) {
	all := make([]int32, Partitions)
	for i := range all {
		all[i] = int32(i)
	}
	r, err := k.admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: all})
	if err != nil {
		return offsets, err
	}
	if r.Err != sarama.ErrNoError {
		return offsets, r.Err
	}
	for p := range offsets {
		b := r.GetBlock(topic, int32(p))
		if b == nil {
			return offsets, fmt.Errorf("%s has no answer about partition %d of %s", group, p, topic)
		}
		if b.Err != sarama.ErrNoError {
			return offsets, fmt.Errorf("offset of %s in partition %d of %s: %w", group, p, topic, b.Err)
		}
		offsets[p] = max(b.Offset, 0)
	}
	return offsets, nil
}

// Ends is the offset after the last message of each partition.
func (k *Kafka) Ends(topic string) (ends [Partitions]int64, err error) {
	for p := range ends {
		if ends[p], err = k.client.GetOffset(topic, int32(p), sarama.OffsetNewest); err != nil {
			return ends, fmt.Errorf("end of partition %d of %s: %w", p, topic, err)
		}
	}
	return ends, nil
}

// Behind is how many messages of each partition a group has not done with. The
// group's offsets are read first: what is written meanwhile counts as not done.
func (k *Kafka) Behind(group, topic string) (behind [Partitions]int64, err error) {
	done, err := k.committed(group, topic)
	if err != nil {
		return behind, err
	}
	ends, err := k.Ends(topic)
	if err != nil {
		return behind, err
	}
	for p := range behind {
		if behind[p] = ends[p] - done[p]; behind[p] < 0 {
			return behind, fmt.Errorf("%s is at %d in partition %d of %s, which ends at %d", group, done[p], p, topic, ends[p])
		}
	}
	return behind, nil
}

// Fill publishes n messages.
func (k *Kafka) Fill(ctx context.Context, topic string, n int, message func(int) (queue.Message, error)) error {
	p, err := sarama.NewAsyncProducerFromClient(k.client)
	if err != nil {
		return err
	}
	failed := make(chan error, 1) // of one
	go func() {                   // ends with the channels, which the close below closes
		var errs error
		for e := range p.Errors() {
			errs = e.Err
		}
		failed <- errs
	}()
	done := make(chan int, 1)
	go func() { // likewise
		n := 0
		for range p.Successes() {
			n++
		}
		done <- n
	}()
	for i := 0; i < n && err == nil && ctx.Err() == nil; i++ {
		var m queue.Message
		if m, err = message(i); err == nil {
			p.Input() <- Record(topic, m)
		}
	}
	p.AsyncClose()
	acknowledged := <-done
	if err = errors.Join(err, <-failed, ctx.Err()); err == nil && acknowledged != n {
		err = fmt.Errorf("%d of %d messages were acknowledged", acknowledged, n)
	}
	return err
}

// Record is a message as it stands in a topic.
func Record(topic string, m queue.Message) *sarama.ProducerMessage {
	return &sarama.ProducerMessage{
		Topic: topic, Key: sarama.StringEncoder(m.Key), Value: sarama.ByteEncoder(m.Value),
		Headers: []sarama.RecordHeader{
			{Key: []byte("content-type"), Value: []byte(data.ContentType)},
			{Key: []byte("kind"), Value: []byte(m.Kind)},
			{Key: []byte("schema"), Value: []byte(m.Kind.Schema())},
		},
	}
}
