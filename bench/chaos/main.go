package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	seed     uint64
	length   time.Duration
	queue    string
	monitors int
	every    time.Duration
	keep     bool
	plan     bool
}

// long reports whether the outages of five minutes fit.
func (o *options) long() bool { return o.length >= 12*time.Minute }

// collectors is how many there are: heartbeat's own queue has one subscriber.
func (o *options) collectors(queue string) int {
	if queue != "kafka" {
		return 1
	}
	return 2 + int(o.seed%2)
}

// spool is its size in bytes, which an outage of the plan fills.
func (o *options) spool() int64 {
	perSecond := int64(o.monitors) * int64(time.Second) / int64(o.every) * 500 // bytes
	if o.long() {
		return max(150*perSecond, 1<<20)
	}
	return 1 << 20
}

// deadline is when a run ends that hangs.
func (o *options) deadline() time.Duration { return 3*o.length + 10*time.Minute }

func main() {
	o := options{}
	minutes := flag.Float64("minutes", 1, "how long there are faults; from 12 on, broker and database are down for 5 minutes in one piece")
	flag.Uint64Var(&o.seed, "seed", 0, "of the plan; 0: a new one")
	flag.StringVar(&o.queue, "queue", "", "kafka or disk; empty: one after the other")
	flag.IntVar(&o.monitors, "monitors", 0, "how many there are at first; 0: 120, or 700 in a long run")
	flag.DurationVar(&o.every, "every", 0, "their interval; 0: 500ms, or 1s in a long run")
	flag.BoolVar(&o.keep, "keep", false, "leave the folder with logs and spool behind")
	flag.BoolVar(&o.plan, "plan", false, "only print the plan")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), "make chaos CHAOS=\"FLAGS\", or go run ./bench/chaos FLAGS; docs/reliability.md explains what it prints\n\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	o.length = time.Duration(*minutes * float64(time.Minute))
	if err := o.complete(); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := all(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
	}
	if !ok || err != nil {
		os.Exit(1)
	}
}

// complete fills in what was not chosen, and says what cannot be.
func (o *options) complete() error {
	if o.queue != "" && o.queue != "kafka" && o.queue != "disk" {
		return fmt.Errorf("--queue %s: write kafka or disk", o.queue)
	}
	if o.length < 10*time.Second || o.monitors < 0 || flag.NArg() > 0 {
		return errors.New("write at least --minutes 0.2, and nothing but flags")
	}
	for o.seed == 0 {
		o.seed = uint64(rand.Uint32())
	}
	if o.monitors == 0 {
		o.monitors = 120
		if o.long() {
			o.monitors = 700
		}
	}
	if o.every == 0 {
		o.every = 500 * time.Millisecond
		if o.long() {
			o.every = time.Second
		}
	}
	if o.every < 200*time.Millisecond || o.every%time.Millisecond != 0 {
		return fmt.Errorf("--every %v: write at least 200ms, in whole milliseconds", o.every)
	}
	return nil
}

// all runs the variants, and reports whether each is as it should be.
func all(ctx context.Context, o options, out io.Writer) (bool, error) {
	root, err := os.Getwd()
	if err != nil {
		return false, err
	}
	if _, err := os.Stat(filepath.Join(root, "deploy", "local", "test-servers.sh")); err != nil {
		return false, fmt.Errorf("run it in the repository's folder: %w", err)
	}
	queues := []string{"kafka", "disk"}
	if o.queue != "" {
		queues = []string{o.queue}
	}
	dir, err := os.MkdirTemp("", "monitorink-chaos-")
	if err == nil {
		err = os.Chmod(dir, 0o755) //nolint:gosec // Postgres is another user than root
	}
	if err != nil {
		return false, err
	}
	if !o.plan {
		if _, err := run(nil, "go", "build", "-trimpath", "-o", filepath.Join(dir, "bin")+"/", "./cmd/heartbeat", "./cmd/collector"); err != nil {
			return false, err
		}
	}
	good := true
	for _, queue := range queues {
		flags := fmt.Sprintf("--minutes %s --seed %d --queue %s --monitors %d --every %v",
			strconv.FormatFloat(o.length.Minutes(), 'g', -1, 64), o.seed, queue, o.monitors, o.every)
		fmt.Fprintf(out, "\nseed %d; the same plan again: make chaos CHAOS=\"%s\"\n", o.seed, flags)
		ok, err := one(ctx, o, queue, root, dir, out)
		if ctx.Err() != nil && !o.keep {
			return false, errors.Join(errors.New("interrupted"), os.RemoveAll(dir))
		}
		if err != nil {
			return false, fmt.Errorf("queue %s, seed %d: %w; logs are in %s", queue, o.seed, err, dir)
		}
		good = good && ok
	}
	if !good || o.keep {
		fmt.Fprintf(out, "logs and spool are in %s\n", dir)
		return good, nil
	}
	return good, os.RemoveAll(dir)
}

// one runs one variant, from its servers to its table.
func one(ctx context.Context, o options, queue, root, dir string, out io.Writer) (ok bool, err error) {
	p := newPlan(o.seed, o.length, queue, o.collectors(queue))
	if o.plan {
		for _, e := range p.all() {
			fmt.Fprintf(out, "%6.1f s  %s: %s", e.at.Seconds(), e.on, e.kind)
			if e.lasts > 0 {
				fmt.Fprintf(out, ", %v", e.lasts)
			}
			fmt.Fprintln(out)
		}
		return true, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, o.deadline(), errors.New("it hangs: the deadline has passed"))
	defer cancel()
	place := filepath.Join(dir, queue)
	if err := os.Mkdir(place, 0o755); err != nil { //nolint:gosec // Postgres is another user than root
		return false, err
	}
	began := time.Now()
	w, err := newWorld(ctx, o, queue, filepath.Join(dir, "bin"), root, place, out)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	fmt.Fprintf(out, "servers and daemons after %.1f s\n", time.Since(began).Seconds())
	watch, done := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { w.c.starvation(watch) })
	w.storm(ctx, p)
	w.failed(p.enough(w.done))
	err = w.calm(ctx)
	done()
	watching.Wait()
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	w.failed(err)
	v, err := w.judge(ctx)
	if err != nil {
		return false, err
	}
	w.report(out, v)
	return w.pass(v), nil
}
