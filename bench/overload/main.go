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
	"text/tabwriter"
	"time"

	"github.com/monitorink/monitorink/bench/internal/rig"
)

// A setup is what the flags chose.
type setup struct {
	warm, counted time.Duration
	first         float64 // offered at first, in search of the flat-out rate
	heartbeat     string  // binary; empty: built
	env           []string
	steady        bool

	dir, target string
}

func main() {
	var s setup
	var env string
	flag.DurationVar(&s.warm, "warm", 5*time.Second, "how long each load runs before it counts")
	flag.DurationVar(&s.counted, "counted", 30*time.Second, "how long it counts")
	flag.Float64Var(&s.first, "first", 3000, "probes a second that are offered at first")
	flag.StringVar(&s.heartbeat, "heartbeat", "", "heartbeat's binary; built when empty")
	flag.StringVar(&env, "env", "", "settings of heartbeat, comma-separated, as GOMAXPROCS=1")
	flag.BoolVar(&s.steady, "steady", false, "only 10,000 monitors at 10 s, and their memory")
	server := flag.Bool("serve", false, "be the target (used by the command itself)")
	flag.Parse()
	if env != "" {
		s.env = strings.Split(env, ",")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	do := s.all
	if *server {
		do = func(context.Context) error { return serve() }
	}
	if err := do(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "overload:", err)
		os.Exit(1)
	}
}

func (s setup) all(ctx context.Context) (err error) {
	if s.dir, err = os.MkdirTemp("", "monitorink-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(s.dir)
	if s.heartbeat == "" {
		if s.heartbeat, err = rig.Build(ctx, s.dir, "./cmd/heartbeat"); err != nil {
			return err
		}
	}
	var stop func()
	if s.target, stop, err = rig.Target(); err != nil {
		return err
	}
	defer stop()
	if s.steady {
		return s.rest(ctx)
	}
	return s.overload(ctx)
}

// rest is the figure of a heartbeat that is not overloaded.
func (s setup) rest(ctx context.Context) error {
	r, err := s.run(ctx, load{"steady", []time.Duration{10 * time.Second}, 1000})
	if err != nil {
		return err
	}
	return s.table(0, r)
}

func (s setup) overload(ctx context.Context) error {
	rate, err := s.search(ctx)
	if err != nil {
		return err
	}
	var list []*result
	for _, l := range []load{
		uniform("flat out", 1.3*rate), uniform("3 × flat out", 3*rate), mixed("3 × flat out, mixed", 3*rate), uniform("flat out again", 1.3*rate),
	} {
		r, err := s.run(ctx, l)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		list = append(list, r)
	}
	return s.table((list[0].rate()+list[3].rate())/2, list...)
}

// search finds about how many probes a second heartbeat completes at most. It
// takes two loads that are too much, since one may have met a busy machine.
func (s setup) search(ctx context.Context) (float64, error) {
	s.warm, s.counted = 2*time.Second, 5*time.Second
	best, saturated := 0.0, 0
	for rate := s.first; saturated < 2; rate *= 1.6 {
		if rate > 1e6 {
			return 0, errors.New("the machine is too fast for this")
		}
		r, err := s.run(ctx, uniform("search", rate))
		if err != nil {
			return 0, err
		}
		best = max(best, r.rate())
		if r.rate() < rate/1.15 {
			saturated++
		}
	}
	return best, nil
}

func (s setup) table(flat float64, list ...*result) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, header)
	for _, r := range list {
		r.print(w, flat)
	}
	fmt.Fprintln(w)
	fmt.Fprintln(w, "fraction of slots that ran\tmonitors\tleast\tp5\tmedian\tmost\t\t")
	for _, r := range list {
		r.fairness(w)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, r := range list {
		fmt.Println(r.remarks())
	}
	return nil
}
