package servers

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/IBM/sarama"
)

// An admin asks the broker what Kafka's own tools would take a second of a
// processor each for.
type admin struct {
	sarama.ClusterAdmin
	client sarama.Client
}

func dial(address string) (*admin, error) {
	c := sarama.NewConfig()
	c.Version = sarama.V2_8_0_0 // known to 3.9 and 4.x
	c.Metadata.AllowAutoTopicCreation = false
	client, err := sarama.NewClient([]string{address}, c)
	if err != nil {
		return nil, err
	}
	a, err := sarama.NewClusterAdminFromClient(client)
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return &admin{a, client}, nil
}

// createTopic returns when every partition has a leader.
func createTopic(address, topic string, partitions int, config []string) (err error) {
	a, err := dial(address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	entries := map[string]*string{}
	for _, c := range config {
		name, value, _ := strings.Cut(c, "=")
		entries[name] = &value
	}
	detail := &sarama.TopicDetail{NumPartitions: int32(partitions), ReplicationFactor: 1, ConfigEntries: entries} //nolint:gosec // a test's few
	if err := a.CreateTopic(topic, detail, false); err != nil {
		return err
	}
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for range 300 {
		if led, err := a.leaders(topic); err != nil || led == partitions {
			return err
		}
		<-again.C
	}
	return errors.New("no leader for every partition after 3 s")
}

// leaders counts the partitions of a topic that have a leader.
func (a *admin) leaders(topic string) (int, error) {
	list, err := a.DescribeTopics([]string{topic})
	if err != nil {
		return 0, err
	}
	led := 0
	for _, p := range list[0].Partitions {
		if p.Err == sarama.ErrNoError && p.Leader >= 0 {
			led++
		}
	}
	return led, nil
}

// deleteTopic is content when there is none.
func deleteTopic(address, topic string) (err error) {
	a, err := dial(address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := a.DeleteTopic(topic); !errors.Is(err, sarama.ErrUnknownTopicOrPartition) {
		return err
	}
	return nil
}

// offsets are what a group has committed of each partition, and what was ever in it.
func offsets(address, group, topic string, partitions int) (committed, written []int, err error) {
	a, err := dial(address)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	all := make([]int32, partitions)
	for p := range all {
		all[p] = int32(p) //nolint:gosec // a test's few
	}
	blocks, err := a.ListConsumerGroupOffsets(group, map[string][]int32{topic: all})
	if err != nil {
		return nil, nil, err
	}
	committed, written = make([]int, partitions), make([]int, partitions)
	for i, p := range all {
		if b := blocks.GetBlock(topic, p); b != nil {
			committed[i] = int(max(b.Offset, 0))
		}
		end, err := a.client.GetOffset(topic, p, sarama.OffsetNewest)
		if err != nil {
			return nil, nil, fmt.Errorf("end of %s/%d: %w", topic, p, err)
		}
		written[i] = int(end)
	}
	return committed, written, nil
}
