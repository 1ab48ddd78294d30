package rig

import (
	"fmt"
	"time"

	"github.com/IBM/sarama"
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
