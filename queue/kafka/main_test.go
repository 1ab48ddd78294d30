package kafka_test

import (
	"flag"
	"testing"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"
	"go.uber.org/goleak"

	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/kafka"
	"github.com/monitorink/monitorink/queue/queuetest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "8") // these tests wait more than they work
	goleak.VerifyTestMain(m,
		goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"),       // one for ever, once a client was made
		goleak.IgnoreAnyFunction("github.com/eapache/go-resiliency/breaker.(*Breaker).timer")) // sarama's; ends after ten seconds
}

const partitions = 3

// fake starts a Kafka in this process with the topics events and dead.
func fake(t *testing.T, opts ...kfake.Opt) (*kfake.Cluster, kafka.Options) {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.SeedTopics(partitions, "events"), kfake.SeedTopics(1, "dead")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, kafka.Options{Brokers: c.ListenAddrs(), Topic: "events", Group: "collector", DeadLetterTopic: "dead"}
}

func publisher(t *testing.T, o kafka.Options) *kafka.Publisher {
	t.Helper()
	p, err := kafka.NewPublisher(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("close the publisher: %v", err)
		}
	})
	return p
}

func subscribe(t *testing.T, o kafka.Options, so kafka.SubscribeOptions) *kafka.Subscription {
	t.Helper()
	s, err := kafka.Subscribe(o, so.Hurried())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the subscription: %v", err)
		}
	})
	return s
}

// records reads a topic from its beginning to its end, with a client of its own.
func records(t *testing.T, o kafka.Options, topic string) ([]*sarama.ConsumerMessage, error) {
	t.Helper()
	config, err := o.Config()
	if err != nil {
		return nil, err
	}
	config.Consumer.MaxWaitTime = 20e6
	client, err := sarama.NewClient(o.Brokers, config)
	if err != nil {
		return nil, err
	}
	consumer, err := sarama.NewConsumerFromClient(client)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	defer consumer.Close()
	all, err := consumer.Partitions(topic)
	if err != nil {
		return nil, err
	}
	var found []*sarama.ConsumerMessage
	for _, p := range all {
		end, err := client.GetOffset(topic, p, sarama.OffsetNewest)
		if err != nil {
			return nil, err
		}
		if end == 0 {
			continue
		}
		pc, err := consumer.ConsumePartition(topic, p, sarama.OffsetOldest)
		if err != nil {
			return nil, err
		}
		for m := range pc.Messages() {
			found = append(found, m)
			if m.Offset >= end-1 {
				break
			}
		}
		if err := pc.Close(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// contract is a queue of the suite over the topics of o.
func contract(t *testing.T, o kafka.Options) *queuetest.Queue {
	p := publisher(t, o)
	var subs []*kafka.Subscription
	closed := false
	return &queuetest.Queue{
		Publisher: p,
		Subscribe: func() (queue.Subscription, error) {
			if closed {
				return nil, queue.ErrClosed
			}
			s, err := kafka.Subscribe(o, kafka.SubscribeOptions{}.Hurried())
			if err != nil {
				return nil, err
			}
			subs = append(subs, s)
			return s, nil
		},
		DeadLetters: func() ([]queuetest.DeadLetter, error) {
			found, err := records(t, o, o.DeadLetterTopic)
			var all []queuetest.DeadLetter
			for _, m := range found {
				d := kafka.ParseLetter(m)
				all = append(all, queuetest.DeadLetter{Message: queue.Message{Key: d.Key, Kind: d.Kind, Value: d.Value}, Reason: d.Reason})
			}
			return all, err
		},
		Close: func() error {
			closed = true
			for _, s := range subs {
				if err := s.Close(); err != nil {
					return err
				}
			}
			return p.Close()
		},
		Reopen: func(t *testing.T) *queuetest.Queue { return contract(t, o) },
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	queuetest.Run(t, queuetest.Implementation{Unbounded: true, Repeats: true, Open: func(t *testing.T, _ bool) *queuetest.Queue {
		_, o := fake(t)
		return contract(t, o)
	}})
}
