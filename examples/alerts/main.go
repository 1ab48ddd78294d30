// Alerts reads the topic of events, and prints a line when a monitor is down in two
// slots in a row, when it is up again, and when slots were not measured.
//
//	go run ./examples/alerts -brokers 127.0.0.1:9092 -topic monitorink.events -group alerts
//
// alerts.py and alerts.sql do the same.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/IBM/sarama"

	"github.com/monitorink/monitorink/data"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	brokers := flag.String("brokers", "127.0.0.1:9092", "host:port of brokers, comma-separated")
	topic := flag.String("topic", "monitorink.events", "where the events are")
	group := flag.String("group", "alerts", "the consumer group, whose offsets say how far it has come")
	flag.Parse()
	if err := run(ctx, strings.Split(*brokers, ","), *topic, *group); err != nil {
		fmt.Fprintln(os.Stderr, "alerts:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, brokers []string, topic, group string) error {
	config := sarama.NewConfig()
	config.Version = sarama.V2_8_0_0                      // known to 3.9 and 4.x
	config.ClientID = "monitorink-alerts"                 // as the brokers' logs call it
	config.Consumer.Offsets.Initial = sarama.OffsetOldest // a new group begins with what the topic still holds
	consumer, err := sarama.NewConsumerGroup(brokers, group, config)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", strings.Join(brokers, ","), err)
	}
	for ctx.Err() == nil && err == nil { // Consume returns when partitions are given out anew
		err = consumer.Consume(ctx, []string{topic}, alerts{os.Stdout, os.Stderr})
	}
	return errors.Join(err, consumer.Close())
}

// alerts handles the partitions of a topic, each in a goroutine of its own.
type alerts struct{ out, complaints io.Writer }

func (alerts) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (alerts) Cleanup(sarama.ConsumerGroupSession) error { return nil }

// ConsumeClaim reads a partition. All that is known of its monitors begins with the
// claim and ends with it: while another consumer had the partition, events passed.
func (a alerts) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	w := watch{}
	passed := time.Time{}
	for m := range claim.Messages() {
		switch e, err := data.Decode(m.Value); {
		case errors.Is(err, data.ErrSchema): // of a later version: what it tells has no place here
			if time.Since(passed) > time.Minute {
				passed = time.Now()
				fmt.Fprintf(a.complaints, "passed over: %v; a newer version of this program may know it\n", err)
			}
		case err != nil: // it will never do; what follows may
			fmt.Fprintf(a.complaints, "passed over partition %d, offset %d: %v\n", m.Partition, m.Offset, err)
		default:
			if line := w.event(e); line != "" {
				fmt.Fprintln(a.out, line)
			}
		}
		session.MarkMessage(m, "") // done with it; what is marked is committed once a second
	}
	return nil
}
