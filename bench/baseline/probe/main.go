package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/monitorink/monitorink/bench/internal/bare"
	"github.com/monitorink/monitorink/bench/internal/rig"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

const (
	workers = 16
	rate    = 1000 // a second
	window  = 10 * time.Millisecond
	rounds  = 4
)

func main() {
	seconds := flag.Float64("seconds", 4, "how long each side of each row is measured")
	profile := flag.String("profile", "", "write a processor profile of both sides to this file")
	server := flag.Bool("serve", false, "be the target (used by the command itself)")
	flag.Parse()
	if *server {
		serve()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *seconds, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

// A side probes once per call.
type side struct {
	probe func() error
	close func()
	wake  int // probes for each wake-up, at a fixed rate
}

func run(ctx context.Context, seconds float64, profile string) error {
	url, stop, err := rig.Target()
	if err != nil {
		return err
	}
	defer stop()
	if profile != "" {
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
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer w.Flush()
	fmt.Fprintln(w, "\tbare µs\tours µs\tratio\taim\t")
	for _, row := range []struct {
		name         string
		reuse, fixed bool
		aim          float64
	}{
		{"new, flat out", false, false, 1.25},
		{"reused, flat out", true, false, 1.25},
		{"new, 1,000/s", false, true, 0.95},
		{"reused, 1,000/s", true, true, 0.75},
	} {
		b := bare.New(url, row.reuse, nil)
		ours, err := newOurs(ctx, url, row.reuse)
		if err != nil {
			return err
		}
		a, o, err := compare(ctx, side{b.Probe, b.Close, 1}, ours, row.fixed, seconds)
		if err != nil {
			return fmt.Errorf("%s: %w", row.name, err)
		}
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.2f\t≤ %.2f\t\n", row.name, a, o, o/a, row.aim)
	}
	return nil
}

func newOurs(ctx context.Context, url string, reuse bool) (side, error) {
	m := &data.Monitor{ID: "bench", URL: url, Timeout: data.Duration(5 * time.Second), Connection: data.ConnectionNew}
	m.Expect.Body.Matches = []string{"x"} // so that the body is read, as the bare loop does
	if reuse {
		m.Connection = data.ConnectionReuse
	}
	t, err := probe.Compile(m)
	if err != nil {
		return side{}, err
	}
	p := probe.New(probe.Options{})
	return side{func() error {
		r := p.Probe(ctx, t)
		defer r.Release()
		if r.Err != nil {
			return fmt.Errorf("%s: %s", r.Err.Kind, r.Err.Message)
		}
		return nil
	}, p.Close, int(window / (time.Second / rate))}, nil
}

// compare lets both sides take turns, and returns what a probe of each costs in
// microseconds.
func compare(ctx context.Context, bare, ours side, fixed bool, seconds float64) (a, o float64, err error) {
	defer bare.close()
	defer ours.close()
	each := time.Duration(seconds / rounds * float64(time.Second))
	var cpu [2]time.Duration
	var n [2]int64
	for range rounds {
		for i, s := range []side{bare, ours} {
			spent, probes, err := measure(ctx, s, fixed, each)
			if err != nil {
				return 0, 0, err
			}
			cpu[i], n[i] = cpu[i]+spent, n[i]+probes
		}
	}
	per := func(i int) float64 { return float64(cpu[i].Nanoseconds()) / 1e3 / float64(max(n[i], 1)) }
	return per(0), per(1), nil
}

func measure(ctx context.Context, s side, fixed bool, d time.Duration) (time.Duration, int64, error) {
	due := make(chan struct{}, workers)
	var failed atomic.Pointer[error]
	var n atomic.Int64
	var wg sync.WaitGroup
	end := time.Now().Add(d)
	for range workers {
		wg.Go(func() { // waited for below
			for {
				if fixed {
					if _, ok := <-due; !ok {
						return
					}
				} else if !time.Now().Before(end) || ctx.Err() != nil {
					return
				}
				if err := s.probe(); err != nil {
					failed.CompareAndSwap(nil, &err)
					if !fixed {
						return
					}
				}
				n.Add(1)
			}
		})
	}
	before := processor()
	if fixed {
		pace(ctx, due, s.wake, end)
	}
	close(due)
	wg.Wait()
	spent := processor() - before
	if err := failed.Load(); err != nil {
		return 0, 0, *err
	}
	return spent, n.Load(), ctx.Err()
}

// pace releases wake probes at once, rate of them a second.
func pace(ctx context.Context, due chan<- struct{}, wake int, end time.Time) {
	step := time.Duration(wake) * time.Second / rate
	for at := time.Now().Add(step); at.Before(end) && ctx.Err() == nil; at = at.Add(step) {
		time.Sleep(time.Until(at))
		for range wake {
			due <- struct{}{}
		}
	}
}

// processor is what this process has used so far.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
