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

// A size is how much a run does.
type size struct {
	raw, days      int // monitors with measurements of so many days
	hourly, daily  int // monitors with rollups
	years          int // days back that rollups go
	requests       int // of a kind, one at a time
	turns          int // of the overview after a change
	busy           time.Duration
	rounds         int // without rollups, and with them
	listen         time.Duration
	listeners      int
	burst          int
	rate, monitors int // what comes in live
}

var (
	whole = size{
		raw: 50, days: 30, hourly: 1000, daily: 10_000, years: 365, requests: 100, turns: 20, busy: 15 * time.Second,
		rounds: 3, listen: 45 * time.Second, listeners: 1000, burst: 500_000, rate: 1000, monitors: 10_000,
	}
	short = size{
		raw: 10, days: 3, hourly: 100, daily: 10_000, years: 30, requests: 20, turns: 5, busy: 5 * time.Second,
		rounds: 1, listen: 15 * time.Second, listeners: 1000, burst: 100_000, rate: 1000, monitors: 10_000,
	}
)

// A lab is what all runs share.
type lab struct {
	*rig.Servers
	size
	shape     shape
	kafka     *rig.Kafka
	server    *rig.Postgres
	collector string // binary
	table     table
}

func main() {
	l := lab{Servers: rig.Flags(), size: whole}
	names := flag.String("run", "read,live", "which runs")
	less := flag.Bool("short", false, "a part of everything, in three and a half minutes")
	flag.Uint64Var(&l.shape.seed, "seed", 1, "of the measurements")
	flag.StringVar(&l.collector, "collector", "", "the collector's binary; built when empty")
	at := flag.String("listen", "", "be the listeners to this address (used by the command itself)")
	count := flag.Int("listeners", 0, "how many (likewise)")
	slow := flag.Int("slow", 0, "how many of them do not read (likewise)")
	flag.Parse()
	if *less {
		l.size = short
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Minute)
	defer cancel()
	var err error
	if *at != "" {
		err = listen(*at, *count, *slow)
	} else {
		err = l.all(ctx, strings.Split(*names, ","))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "view:", err)
		os.Exit(1)
	}
}

func (l *lab) all(ctx context.Context, names []string) (err error) {
	runs := map[string]func(context.Context) error{"read": l.read, "live": l.live}
	for _, name := range names {
		if runs[name] == nil {
			return fmt.Errorf("%q is no run; there are read and live", name)
		}
	}
	dir, err := os.MkdirTemp("", "monitorink-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if l.collector == "" {
		if l.collector, err = rig.Build(ctx, dir, "./cmd/collector"); err != nil {
			return err
		}
	}
	if l.kafka, err = rig.Dial(l.Brokers()); err != nil {
		return err
	}
	defer l.kafka.Close()
	if l.server, err = rig.Connect(ctx, l.Admin); err != nil {
		return err
	}
	defer l.server.Close()
	defer l.table.print(os.Stdout)
	for _, name := range names {
		began := time.Now()
		if err := runs[name](ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		say("%s took %s", name, time.Since(began).Round(time.Second))
	}
	return nil
}

// say tells how far it is.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().UTC().Format("15:04:05 ")+format+"\n", args...)
}
