package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/monitorink/monitorink/bench/internal/rig"
	"github.com/monitorink/monitorink/queue"
)

// aim is what ours publishes in a second, of what the bare producer does.
const aim = 0.8

func main() {
	servers := rig.KafkaFlags()
	n := flag.Int("n", 200_000, "events to publish, on each side")
	rounds := flag.Int("rounds", 4, "how often each side publishes them")
	seed := flag.Uint64("seed", 1, "of the events")
	profile := flag.String("profile", "", "write a processor profile of our side to this file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	load := rig.Load{
		Monitors: 10_000, Slots: (*n + 9999) / 10_000, Every: 10 * time.Second,
		From: time.Now().UTC().Truncate(24 * time.Hour), Down: 2, Seed: *seed,
	}
	if err := run(ctx, servers.Brokers(), load, *n, *rounds, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "publisher:", err)
		os.Exit(1)
	}
}

// A side publishes messages to a topic, and returns when all are acknowledged.
type side struct {
	name    string
	publish func(ctx context.Context, brokers []string, topic string, messages []queue.Message) error

	took, processor time.Duration
}

func run(ctx context.Context, brokers []string, load rig.Load, n, rounds int, profile string) error {
	k, err := rig.Dial(brokers)
	if err != nil {
		return err
	}
	defer k.Close()
	messages := make([]queue.Message, n)
	bytes := 0
	for i := range messages {
		if messages[i], err = load.Message(i); err != nil {
			return err
		}
		bytes += len(messages[i].Value)
	}
	fmt.Printf("%d events of %d bytes, seed %d, %d partitions, %s, lz4, %d rounds\n",
		n, bytes/n, load.Seed, rig.Partitions, "acks=all, idempotent", rounds)
	sides := []*side{{name: "bare sarama", publish: bare}, {name: "queue/kafka", publish: ours}}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tevents/s\tCPU µs an event\t")
	for round := range rounds {
		for i := range sides {
			s := sides[(i+round)%len(sides)]
			if err := s.turn(ctx, k, messages, profile); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	total := float64(n * rounds)
	for _, s := range sides {
		fmt.Fprintf(w, "%s\t%.0f\t%.1f\t\n", s.name, total/s.took.Seconds(), s.processor.Seconds()*1e6/total)
	}
	b, o := sides[0], sides[1]
	fmt.Fprintf(w, "ratio\t%.2f\t%.2f\t\n", b.took.Seconds()/o.took.Seconds(), o.processor.Seconds()/b.processor.Seconds())
	fmt.Fprintf(w, "aim\t≥ %.2f\t\t\n", aim)
	return w.Flush()
}

// turn publishes all messages to a fresh topic.
func (s *side) turn(ctx context.Context, k *rig.Kafka, messages []queue.Message, profile string) error {
	topic := rig.Name("publisher")
	remove, err := k.Create(topic)
	if err != nil {
		return err
	}
	defer remove()
	runtime.GC()
	if profile != "" && s.name != "bare sarama" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	processor, start := rig.Processor(), time.Now()
	if err := s.publish(ctx, k.Brokers, topic, messages); err != nil {
		return err
	}
	s.took += time.Since(start)
	s.processor += rig.Processor() - processor
	return ctx.Err()
}
