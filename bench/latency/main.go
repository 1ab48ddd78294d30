package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/monitorink/monitorink/bench/internal/rig"
)

// A setup is what the flags chose.
type setup struct {
	*rig.Servers
	monitors             int
	warm, counted        time.Duration
	heartbeat, collector string // binaries; empty: built
}

// A setting is one way to run the daemons, with what it aims at.
type setting struct {
	name     string
	env      []string
	p50, p99 time.Duration // 0: no aim
}

var settings = []setting{
	{name: "defaults", p50: 150 * time.Millisecond, p99: 400 * time.Millisecond},
	{name: "low latency", env: []string{"MONITORINK_LINGER=5ms", "MONITORINK_BATCH_WAIT=5ms"}},
}

func main() {
	s := setup{Servers: rig.Flags()}
	flag.IntVar(&s.monitors, "monitors", 1000, "monitors, each probed once a second")
	flag.DurationVar(&s.warm, "warm", 15*time.Second, "how long each setting runs before it counts")
	flag.DurationVar(&s.counted, "counted", 45*time.Second, "how long it counts")
	flag.StringVar(&s.heartbeat, "heartbeat", "", "heartbeat's binary; built when empty")
	flag.StringVar(&s.collector, "collector", "", "collector's binary; built when empty")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, time.Duration(len(settings))*(s.warm+s.counted)+3*time.Minute)
	defer cancel()
	if err := s.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "latency:", err)
		os.Exit(1)
	}
}

func (s setup) run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "monitorink-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if s.heartbeat == "" {
		if s.heartbeat, err = rig.Build(ctx, dir, "./cmd/heartbeat"); err != nil {
			return err
		}
	}
	if s.collector == "" {
		if s.collector, err = rig.Build(ctx, dir, "./cmd/collector"); err != nil {
			return err
		}
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
	target, end, err := serve()
	if err != nil {
		return err
	}
	defer end()
	fmt.Printf("%d monitors at 1 s, new connections, %d partitions, snapshots every %s, %s after %s of warm-up\n",
		s.monitors, rig.Partitions, resolution, s.counted, s.warm)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\trows\tp50 ms\tp90 ms\tp99 ms\tmost ms\theartbeat µs a row\tcollector µs a row\tPostgres µs a row\t")
	for _, each := range settings {
		pg.Settle(ctx)
		r, err := s.measure(ctx, each, k, pg, target, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", each.name, err)
		}
		fmt.Fprintf(w, "%s\t%s\n", each.name, r)
		if each.p50 > 0 {
			fmt.Fprintf(w, "aim\t\t≤ %d\t\t≤ %d\t\t\t\t\t\n", each.p50.Milliseconds(), each.p99.Milliseconds())
		}
	}
	return w.Flush()
}
