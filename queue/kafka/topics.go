package kafka

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/IBM/sarama"
)

// A TopicSpec says what a topic should be like. What is zero gets its default
// when the topic is made, and is left alone where the topic exists.
type TopicSpec struct {
	Name        string
	Partitions  int32         // default [DefaultPartitions]
	Replication int16         // default [DefaultReplication], or as many as there are brokers
	Retention   time.Duration // default [DefaultRetention]
	// MaxMessageBytes is max.message.bytes; the default is the brokers'.
	MaxMessageBytes int

	letters bool // the defaults of dead letters hold
}

// The defaults of topics. Dead letters are few, and wait for a person.
const (
	DefaultPartitions        = 12
	DefaultReplication       = 3
	DefaultRetention         = 7 * 24 * time.Hour
	DefaultLettersPartitions = 3
	DefaultLettersRetention  = 30 * 24 * time.Hour
)

// Topics returns the specs of the two topics of o, with nothing but defaults.
func (o Options) Topics() (events, letters TopicSpec) {
	return TopicSpec{Name: o.Topic}, TopicSpec{Name: o.DeadLetterTopic, letters: true}
}

// A ChangeKind says what a [Change] does.
type ChangeKind int

// The kinds of change.
const (
	Create    ChangeKind = iota + 1 // make the topic
	Configure                       // set one of its settings
	Grow                            // add partitions
	Cannot                          // what was asked for cannot be done; Remedy says what can
)

// A Change is one step from what a topic is to what it should be.
type Change struct {
	Topic    string
	Kind     ChangeKind
	Setting  string // partitions, replication, or the name in the topic's configuration; empty with Create
	From, To string
	Remedy   string // with Cannot

	partitions  int32
	replication int16
	config      []setting
}

type setting struct{ name, value string }

// String is the change as a line for people.
func (c Change) String() string {
	switch c.Kind {
	case Create:
		s := fmt.Sprintf("create %s: %d partitions, replication %d", c.Topic, c.partitions, c.replication)
		for _, e := range c.config {
			s += ", " + e.name + "=" + readable(e.name, e.value)
		}
		return s
	case Configure, Grow:
		return fmt.Sprintf("change %s: %s from %s to %s", c.Topic, c.Setting, readable(c.Setting, c.From), readable(c.Setting, c.To))
	case Cannot:
		return fmt.Sprintf("cannot change %s: %s from %s to %s; %s", c.Topic, c.Setting, c.From, c.To, c.Remedy)
	}
	return ""
}

// readable adds to a long number of milliseconds what it is in days or hours.
func readable(name, value string) string {
	ms, err := strconv.ParseInt(value, 10, 64)
	d := time.Duration(ms) * time.Millisecond
	switch {
	case name != retention || err != nil:
		return value
	case ms < 0:
		return value + " (for ever)"
	case ms%(24*time.Hour).Milliseconds() == 0:
		return fmt.Sprintf("%s (%d days)", value, int(d.Hours()/24))
	}
	return fmt.Sprintf("%s (%v)", value, d)
}

const (
	policy    = "cleanup.policy"
	retention = "retention.ms"
	minInSync = "min.insync.replicas"
	maxBytes  = "max.message.bytes"
)

// Plan compares topics with what they should be, and changes nothing. Without a
// change nothing is to do. It looks at no other topic.
func Plan(ctx context.Context, o Options, specs ...TopicSpec) (plan []Change, err error) {
	c, err := connect(ctx, o)
	if err != nil {
		return nil, err
	}
	defer c.close()
	defer func() { err = ended(ctx, err) }()
	names := make([]string, len(specs))
	for i, s := range specs {
		names[i] = s.Name
	}
	m, err := c.metadata(names...)
	if err != nil {
		return nil, fmt.Errorf("ask for the topics: %w", Diagnose(err))
	}
	for _, s := range specs {
		changes, err := c.plan(s, m)
		if err != nil {
			return nil, fmt.Errorf("topic %s: %w", s.Name, Diagnose(err))
		}
		plan = append(plan, changes...)
	}
	return plan, nil
}

func (c *cluster) plan(s TopicSpec, m *sarama.MetadataResponse) ([]Change, error) {
	for _, t := range m.Topics {
		if t.Name != s.Name || errors.Is(t.Err, sarama.ErrUnknownTopicOrPartition) {
			continue
		}
		if len(t.Partitions) == 0 { // else an error is about leaders
			if t.Err == sarama.ErrNoError {
				return nil, sarama.ErrIncompleteResponse
			}
			return nil, t.Err
		}
		now, err := c.settings(s.Name)
		if err != nil {
			return nil, err
		}
		return compare(s, t, now), nil
	}
	return []Change{create(s, len(m.Brokers))}, nil
}

func create(s TopicSpec, brokers int) Change {
	partitions, keep := int32(DefaultPartitions), DefaultRetention
	if s.letters {
		partitions, keep = DefaultLettersPartitions, DefaultLettersRetention
	}
	if s.Partitions == 0 {
		s.Partitions = partitions
	}
	if s.Replication == 0 {
		s.Replication = int16(min(DefaultReplication, max(brokers, 1)))
	}
	if s.Retention == 0 {
		s.Retention = keep
	}
	config := []setting{{policy, "delete"}, {retention, millis(s.Retention)}, {minInSync, strconv.Itoa(enough(int(s.Replication)))}}
	if s.MaxMessageBytes > 0 {
		config = append(config, setting{maxBytes, strconv.Itoa(s.MaxMessageBytes)})
	}
	return Change{Topic: s.Name, Kind: Create, partitions: s.Partitions, replication: s.Replication, config: config}
}

// enough is how many replicas must have an event before it counts as accepted:
// two survive the loss of a broker, and of three one may be down meanwhile.
func enough(replication int) int {
	if replication >= 3 {
		return 2
	}
	return 1
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// compare lists what lies between a topic and its spec.
func compare(s TopicSpec, t *sarama.TopicMetadata, now map[string]sarama.ConfigEntry) []Change {
	if is := now[policy].Value; is != "delete" {
		return []Change{{Topic: s.Name, Kind: Cannot, Setting: policy, From: is, To: "delete", Remedy: "it may be somebody else's topic, and " +
			"deleting by age would remove what they keep: use another name, or, if it is Monitorink's, kafka-configs.sh --alter --topic " + s.Name + " --add-config cleanup.policy=delete"}}
	}
	var list []Change
	add := func(kind ChangeKind, setting, from, to, remedy string) {
		list = append(list, Change{Topic: s.Name, Kind: kind, Setting: setting, From: from, To: to, Remedy: remedy, partitions: s.Partitions})
	}
	has, replicas := len(t.Partitions), len(t.Partitions[0].Replicas)
	if want := int(s.Partitions); want > has {
		add(Grow, "partitions", strconv.Itoa(has), strconv.Itoa(want), "")
	} else if want > 0 && want < has {
		add(Cannot, "partitions", strconv.Itoa(has), strconv.Itoa(want), "Kafka takes no partition away: leave them, or make a topic with another name and let the old one run dry")
	}
	if want := int(s.Replication); want > 0 && want != replicas {
		add(Cannot, "replication", strconv.Itoa(replicas), strconv.Itoa(want), "that moves data between brokers: have whoever runs Kafka do it with kafka-reassign-partitions.sh")
	}
	if want := millis(s.Retention); s.Retention > 0 && now[retention].Value != want {
		add(Configure, retention, now[retention].Value, want, "")
	}
	// Fewer in sync than enough would call an event safe that is not; more than
	// there are replicas would accept nothing.
	if in, err := strconv.Atoi(now[minInSync].Value); err == nil && (in < enough(replicas) || in > replicas) {
		add(Configure, minInSync, now[minInSync].Value, strconv.Itoa(enough(replicas)), "")
	}
	if want := strconv.Itoa(s.MaxMessageBytes); s.MaxMessageBytes > 0 && now[maxBytes].Value != want {
		add(Configure, maxBytes, now[maxBytes].Value, want, "")
	}
	return list
}
