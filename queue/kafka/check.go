package kafka

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

// A Role is what somebody does with the topics.
type Role int

// The roles.
const (
	Producer Role = iota + 1 // writes events
	Consumer                 // reads them in a group, and writes dead letters
)

// Check tries what a role needs, step by step, and reports each step: err is nil,
// or usually a [Problem]. It stops where the next step would have no sense, and
// takes some ten seconds at most. It writes no message: the rights to topics are
// what the broker says of them with the topics' metadata, and the right to the
// group is shown by the answer to a heartbeat of a member that does not exist.
func Check(ctx context.Context, o Options, role Role, report func(what string, err error)) {
	ctx, cancel := context.WithTimeout(ctx, 12*time.Second)
	defer cancel()
	config, err := o.interruptible(ctx, 3*time.Second)
	if err != nil {
		report("settings of Kafka", Diagnose(err))
		return
	}
	c := &cluster{config: config}
	defer func() { c.close() }()
	k := &checker{cluster: c, o: o, report: report}
	if !k.seeds(ctx) {
		return
	}
	topics := []string{o.Topic}
	if role == Consumer && o.DeadLetterTopic != "" {
		topics = append(topics, o.DeadLetterTopic)
	}
	m, err := c.metadata(topics...)
	if err != nil {
		report("conversation with "+c.broker.Addr(), k.explain(ctx, c.broker.Addr(), err))
		return
	}
	if !k.members(m) {
		return
	}
	rights := sarama.AclOperationWrite
	if role == Consumer {
		rights = sarama.AclOperationRead
	}
	k.topic(m, o.Topic, "Topic", rights)
	if role != Consumer {
		return
	}
	if o.DeadLetterTopic != "" {
		k.topic(m, o.DeadLetterTopic, "DeadLetterTopic", sarama.AclOperationWrite)
	}
	report("consumer group "+o.Group, k.group(ctx))
}

type checker struct {
	*cluster
	o      Options
	report func(what string, err error)
}

// seeds tries each broker that was given, at once, and says whether one answered.
func (k *checker) seeds(ctx context.Context) bool {
	seeds := make([]*sarama.Broker, len(k.o.Brokers))
	for i, addr := range k.o.Brokers {
		seeds[i] = sarama.NewBroker(addr)
	}
	for i, err := range k.openAll(seeds) {
		k.report("broker "+seeds[i].Addr(), k.explain(ctx, seeds[i].Addr(), err))
		if err == nil && k.broker == nil {
			k.broker = seeds[i]
		}
	}
	return k.broker != nil
}

// openAll opens brokers at the same time.
func (k *checker) openAll(brokers []*sarama.Broker) []error {
	errs := make([]error, len(brokers))
	var each sync.WaitGroup
	for i, b := range brokers {
		each.Go(func() {
			if errs[i] = b.Open(k.config); errs[i] != nil {
				return
			}
			ok, err := b.Connected()
			if err == nil && !ok {
				err = sarama.ErrNotConnected
			}
			if err == nil { // what a TLS handshake met shows only here
				_, err = b.GetMetadata(sarama.NewMetadataRequest(k.config.Version, []string{k.o.Topic}))
			}
			errs[i] = err
		})
	}
	each.Wait()
	for _, b := range brokers {
		if ok, _ := b.Connected(); ok {
			k.opened = append(k.opened, b)
		}
	}
	return errs
}

// members tries the brokers under the names that they have for each other: a
// client uses those after the first conversation.
func (k *checker) members(m *sarama.MetadataResponse) bool {
	good := true
	for i, err := range k.openAll(m.Brokers) {
		if err == nil {
			continue
		}
		good = false
		name := m.Brokers[i].Addr()
		cause := Diagnose(err)
		var p *Problem
		if errors.As(cause, &p) {
			cause = errors.New(p.Cause)
		}
		k.report("broker "+name+", as the cluster calls it", &Problem{
			Cause:  fmt.Sprintf("the first broker answers, and sends clients on to %s: %v", name, cause),
			Remedy: "set advertised.listeners on the brokers to names that can be reached from here", Err: err,
		})
	}
	if good {
		k.report(fmt.Sprintf("each broker of the cluster, by its own name (%d)", len(m.Brokers)), nil)
	}
	return good
}

// topic looks at one topic: that it is there, usable, and may be used.
func (k *checker) topic(m *sarama.MetadataResponse, name, option string, right sarama.AclOperation) {
	what := "topic " + name
	for _, t := range m.Topics {
		if t.Name != name {
			continue
		}
		if t.Err != sarama.ErrNoError && len(t.Partitions) == 0 {
			k.report(what, only(Diagnose(t.Err), option))
			return
		}
		if err := k.shape(t, option); err != nil {
			k.report(what, only(Diagnose(err), option))
		} else {
			k.report(fmt.Sprintf("%s, %d partitions", what, len(t.Partitions)), nil)
		}
		verb := map[sarama.AclOperation]string{sarama.AclOperationWrite: "write", sarama.AclOperationRead: "read"}[right]
		k.report("right to "+verb+" "+name, may(t.TopicAuthorizedOperations, right, verb))
		return
	}
	k.report(what, sarama.ErrIncompleteResponse)
}

// only leaves of the options that a problem names the one that is meant, and those
// that are not about topics.
func only(err error, option string) error {
	var p *Problem
	if !errors.As(err, &p) {
		return err
	}
	q := *p
	q.Options = nil
	for _, o := range p.Options {
		if o == option || o != "Topic" && o != "DeadLetterTopic" {
			q.Options = append(q.Options, o)
		}
	}
	return &q
}

// may reads what a broker says of a user's rights; one without ACLs, or too old,
// says nothing.
func may(operations int32, right sarama.AclOperation, verb string) error {
	const untold = -1 << 31
	if operations == untold || operations&(1<<right) != 0 {
		return nil
	}
	return &Problem{
		Cause:   "this user may not " + verb + " it",
		Remedy:  fmt.Sprintf("have whoever runs Kafka grant it: kafka-acls.sh --add --allow-principal User:… --operation %s --topic …", right.String()),
		Options: []string{"Username"}, Err: sarama.ErrTopicAuthorizationFailed,
	}
}

// shape says what is wrong with a topic that exists. Dead letters are cut to what
// their topic takes.
func (k *checker) shape(t *sarama.TopicMetadata, option string) error {
	least := 1
	switch now, err := k.settings(t.Name); {
	case errors.Is(err, sarama.ErrTopicAuthorizationFailed): // to see settings is a right of its own, and not needed
	case err != nil:
		return err
	default:
		if is := now[policy].Value; is != "delete" {
			return &Problem{
				Cause:  "its cleanup.policy is " + is + ", and compaction would throw events away",
				Remedy: "use a topic with cleanup.policy=delete: heartbeat topics plan tells more", Options: []string{"Topic", "DeadLetterTopic"},
			}
		}
		if n, err := strconv.Atoi(now[maxBytes].Value); err == nil && n < batchBytes && option == "Topic" {
			return narrow(fmt.Sprintf("its max.message.bytes is %d, and events may have %d bytes", n, batchBytes), nil)
		}
		if n, err := strconv.Atoi(now[minInSync].Value); err == nil {
			least = n
		}
	}
	for _, p := range t.Partitions {
		switch {
		case p.Leader < 0:
			return &Problem{Cause: fmt.Sprintf("partition %d has no leader", p.ID), Remedy: "bring the missing brokers back"}
		case len(p.Replicas) < least:
			return &Problem{
				Cause:  fmt.Sprintf("it has %d replicas, and min.insync.replicas asks for %d, so it takes nothing", len(p.Replicas), least),
				Remedy: "heartbeat topics apply mends that",
			}
		case len(p.Isr) < least:
			return &Problem{
				Cause:  fmt.Sprintf("%d replicas of partition %d are in sync, and min.insync.replicas asks for %d", len(p.Isr), p.ID, least),
				Remedy: "bring the missing brokers back",
			}
		}
	}
	return nil
}

// group shows whether this user may be in the group. A group's coordinator may
// have to be made first: that is waited for.
func (k *checker) group(ctx context.Context) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		err := k.beat()
		if !unsettled(err) {
			return Diagnose(err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the group's coordinator is not there: %w", err)
		case <-tick.C:
		}
	}
}

func (k *checker) beat() error {
	found, err := k.broker.FindCoordinator(&sarama.FindCoordinatorRequest{Version: 2, CoordinatorKey: k.o.Group, CoordinatorType: sarama.CoordinatorGroup})
	if err != nil {
		return err
	}
	if found.Err != sarama.ErrNoError {
		return found.Err
	}
	if err := k.open(found.Coordinator); err != nil {
		return err
	}
	answer, err := found.Coordinator.Heartbeat(&sarama.HeartbeatRequest{Version: 3, GroupId: k.o.Group, GenerationId: 1, MemberId: "check"})
	if err != nil {
		return err
	}
	switch answer.Err {
	case sarama.ErrNoError, sarama.ErrUnknownMemberId, sarama.ErrIllegalGeneration, sarama.ErrGroupIDNotFound:
		return nil // it was let in
	}
	return answer.Err
}
