package main

import (
	"context"
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

// A setup is what the flags chose, and what all runs share.
type setup struct {
	counted   time.Duration
	heartbeat string // binary
	dir       string
	out       *tabwriter.Writer
	targets   *targets
}

func main() {
	var s setup
	flag.DurationVar(&s.counted, "counted", 10*time.Second, "how long each side of each row of cpu, and hostile, count")
	flag.StringVar(&s.heartbeat, "heartbeat", "", "heartbeat's binary; built when empty")
	names := flag.String("run", "cpu,few,many,hostile", "which runs")
	loop := flag.String("bare", "", "be the bare loop against this URL (used by the command itself)")
	rate := flag.Int("rate", 0, "of the bare loop, a second; 0: flat out")
	reuse := flag.Bool("reuse", false, "the bare loop's connections serve again")
	ca := flag.String("ca", "", "file of the authority that the bare loop trusts")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if *loop != "" {
		err = probeBare(ctx, *loop, *rate, *reuse, *ca, s.counted)
	} else {
		err = s.all(ctx, strings.Split(*names, ","))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func (s *setup) all(ctx context.Context, names []string) (err error) {
	if s.dir, err = os.MkdirTemp("", "monitorink-scale-"); err != nil {
		return err
	}
	defer os.RemoveAll(s.dir)
	if s.heartbeat == "" {
		if s.heartbeat, err = rig.Build(ctx, s.dir, "./cmd/heartbeat"); err != nil {
			return err
		}
	}
	if s.targets, err = serve(s.dir); err != nil {
		return err
	}
	defer s.targets.close()
	s.out = tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	runs := map[string]func(context.Context) error{"cpu": s.cpu, "few": s.few, "many": s.many, "hostile": s.hostile}
	for _, name := range names {
		if runs[name] == nil {
			return fmt.Errorf("%q is no run; there are cpu, few, many and hostile", name)
		}
		if err := runs[name](ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := s.out.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// row prints what was measured beside its aim.
func (s *setup) row(what string, got, most float64, unit, note string) {
	mark := ""
	if got > most {
		mark = "MISSED"
	}
	fmt.Fprintf(s.out, "%s\t%.2f %s\t≤ %.2f\t%s\t%s\t\n", what, got, unit, most, note, mark)
}

func mib(n int64) float64        { return float64(n) / (1 << 20) }
func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
