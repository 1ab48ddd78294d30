package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/monitorink/monitorink/bench/internal/rig"
	"github.com/monitorink/monitorink/data"
)

const (
	delay  = 5 * time.Millisecond // of the target
	margin = 5 * time.Millisecond // beyond which a measurement is off
)

func main() {
	seconds := flag.Float64("seconds", 10, "how long each row of each round is measured")
	rounds := flag.Int("rounds", 2, "how often all rows are measured")
	every := flag.Duration("every", time.Second, "the interval of each monitor")
	server := flag.Bool("serve", false, "be the target (used by the command itself)")
	busy := flag.Duration("burn", 0, "be a busy loop for so long (used by the command itself)")
	flag.Parse()
	switch {
	case *server:
		serve()
		return
	case *busy > 0:
		burn(*busy)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, time.Duration(*seconds*float64(time.Second)), *rounds, *every); err != nil {
		fmt.Fprintln(os.Stderr, "degraded:", err)
		os.Exit(1)
	}
}

// A row is one kind of load on one way of probing.
type row struct {
	connection string
	rate       int
	loops      int
	tally      tally
}

func run(ctx context.Context, d time.Duration, rounds int, every time.Duration) error {
	url, stop, err := rig.Target()
	if err != nil {
		return err
	}
	defer stop()
	n := runtime.NumCPU()
	var rows []*row
	for _, connection := range []string{data.ConnectionNew, data.ConnectionReuse} {
		for _, rate := range []int{100, 1000} {
			for _, loops := range []int{0, n, 2 * n} {
				rows = append(rows, &row{connection: connection, rate: rate, loops: loops})
			}
		}
	}
	for range rounds {
		var usual time.Duration
		for _, r := range rows {
			list, err := r.measure(ctx, url, every, d)
			if err != nil {
				return err
			}
			if r.loops == 0 {
				usual = normal(list)
			}
			r.tally.add(list, usual)
		}
	}
	report(rows, n)
	return nil
}

func (r *row) measure(ctx context.Context, url string, every, d time.Duration) ([]sample, error) {
	if r.loops > 0 {
		stop, err := startLoad(r.loops, d+5*time.Second)
		if err != nil {
			return nil, err
		}
		defer stop()
	}
	return measure(ctx, url, r.connection, r.rate, every, d)
}

func report(rows []*row, n int) {
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "%d processors\tbusy loops\tmeasurements\toff\tof those marked\tof the marked off\tmarked\n", n)
	var loaded, quiet tally
	for _, r := range rows {
		t := r.tally
		fmt.Fprintf(w, "%s, %d/s\t%d\t%d\t%s\t%s\t%s\t%s\n", r.connection, r.rate, r.loops, t.all,
			share(t.off, t.all), share(t.both, t.off), share(t.both, t.marked), share(t.marked, t.all))
		sum := &loaded
		if r.loops == 0 {
			sum = &quiet
		}
		sum.all, sum.off, sum.marked, sum.both = sum.all+t.all, sum.off+t.off, sum.marked+t.marked, sum.both+t.both
	}
	fmt.Fprintf(w, "loaded\t\t%d\t%s\t%s (aim ≥ 95 %%)\t%s (aim ≥ 60 %%)\t%s\n", loaded.all,
		share(loaded.off, loaded.all), share(loaded.both, loaded.off), share(loaded.both, loaded.marked), share(loaded.marked, loaded.all))
	fmt.Fprintf(w, "quiet\t\t%d\t%s\t\t\t%s (aim ≤ 1 %%)\n", quiet.all, share(quiet.off, quiet.all), share(quiet.marked, quiet.all))
	w.Flush()
}
