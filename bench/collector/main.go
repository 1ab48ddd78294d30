package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/bench/internal/rig"
)

// A setup is what the flags chose.
type setup struct {
	*rig.Servers
	load   rig.Load
	rounds int
	ours   string   // a binary; empty: built from cmd/collector
	env    []string // more of its variables
}

func main() {
	servers := rig.Flags()
	monitors := flag.Int("monitors", 10_000, "monitors")
	slots := flag.Int("slots", 50, "measurements of each monitor")
	down := flag.Int("down", 2, "of a hundred measurements, how many are down, with an expectation and an error")
	seed := flag.Uint64("seed", 1, "of the measurements")
	rounds := flag.Int("rounds", 2, "turns of each side")
	ours := flag.String("ours", "", "the collector's binary; built when empty")
	env := flag.String("env", "", "more variables for our side, separated by blanks")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Minute)
	defer cancel()
	s := setup{
		Servers: servers,
		load: rig.Load{
			Monitors: *monitors, Slots: *slots, Every: 10 * time.Second,
			From: time.Now().UTC().Truncate(24 * time.Hour), Down: *down, Seed: *seed,
		},
		rounds: *rounds, ours: *ours, env: strings.Fields(*env),
	}
	if err := s.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "collector:", err)
		os.Exit(1)
	}
}

func (s setup) run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "monitorink-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	sides, err := s.sides(ctx, dir)
	if err != nil {
		return err
	}
	k, err := rig.Dial(s.Brokers())
	if err != nil {
		return err
	}
	defer k.Close()
	pg, err := rig.Connect(ctx, s.Admin)
	if err != nil {
		return err
	}
	defer pg.Close()

	l := lab{setup: s, kafka: k, server: pg, topic: rig.Name("events"), letters: rig.Name("dlq")}
	remove, err := k.Create(l.topic, l.letters)
	if err != nil {
		return err
	}
	defer remove()
	m, err := s.load.Message(0)
	if err != nil {
		return err
	}
	fmt.Printf("%d measurements (%d monitors, %d slots, %d %% down, the first of %d bytes), seed %d, %d partitions, %d rounds\n",
		s.load.Len(), s.load.Monitors, s.load.Slots, s.load.Down, len(m.Value), s.load.Seed, rig.Partitions, s.rounds)
	if err := k.Fill(ctx, l.topic, s.load.Len(), s.load.Message); err != nil {
		return fmt.Errorf("fill topic %s: %w", l.topic, err)
	}
	for round := range s.rounds {
		for i := range sides {
			side := sides[(i+round)%len(sides)]
			t, err := l.turn(ctx, side)
			if err != nil {
				return fmt.Errorf("%s: %w", side.name, err)
			}
			side.turns = append(side.turns, t)
			fmt.Println(side.name, t)
		}
	}
	return report(os.Stdout, sides[0], sides[1], s.load.Len())
}

// sides are the baseline and ours.
func (s setup) sides(ctx context.Context, dir string) ([]*side, error) {
	baseline, err := rig.Build(ctx, dir, "./bench/baseline/collector")
	if err != nil {
		return nil, err
	}
	ours := s.ours
	if ours == "" {
		if ours, err = rig.Build(ctx, dir, "./cmd/collector"); err != nil {
			return nil, err
		}
	}
	brokers := strings.Join(s.Brokers(), ",")
	address, err := rig.FreeAddress()
	if err != nil {
		return nil, err
	}
	return []*side{{
		name: "baseline",
		start: func(topic, _, group, url string) (*rig.Process, error) {
			return rig.Start(baseline, nil, "-brokers", brokers, "-topic", topic, "-group", group, "-postgres", url)
		},
	}, {
		name: "collector",
		start: func(topic, letters, group, url string) (*rig.Process, error) {
			return rig.Start(ours, append([]string{
				"MONITORINK_QUEUE=kafka", "MONITORINK_KAFKA_BROKERS=" + brokers, "MONITORINK_KAFKA_TOPIC=" + topic,
				"MONITORINK_KAFKA_DLQ_TOPIC=" + letters, "MONITORINK_KAFKA_GROUP=" + group,
				"MONITORINK_STORE=postgres", "MONITORINK_POSTGRES_URL=" + url,
				"MONITORINK_COLLECTOR_ADDR=" + address, "MONITORINK_LOG_LEVEL=warn",
			}, s.env...), "run")
		},
		saved: func(ctx context.Context) (int64, error) {
			return rig.Metric(ctx, address, `monitorink_events_saved_total{kind="measurement"}`)
		},
	}}, nil
}
