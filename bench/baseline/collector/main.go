package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/IBM/sarama"
)

const (
	batchSize = 5000
	batchWait = 100 * time.Millisecond
)

func main() {
	brokers := flag.String("brokers", "127.0.0.1:9092", "comma-separated host:port")
	topic := flag.String("topic", "monitorink.events", "the topic of events")
	group := flag.String("group", "baseline", "the consumer group")
	url := flag.String("postgres", "", "a libpq URL")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, strings.Split(*brokers, ","), *topic, *group, *url); err != nil {
		fmt.Fprintln(os.Stderr, "baseline collector:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, brokers []string, topic, group, url string) error {
	st, err := open(ctx, url)
	if err != nil {
		return err
	}
	defer st.close()
	consumers, err := sarama.NewConsumerGroup(brokers, group, config())
	if err != nil {
		return err
	}
	defer consumers.Close()
	h := &handler{store: st}
	for ctx.Err() == nil {
		err := consumers.Consume(ctx, []string{topic}, h)
		if err = errors.Join(err, h.failure()); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}
