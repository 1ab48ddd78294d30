package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/monitorink/monitorink/bench/internal/rig"
)

const mib = 1 << 20

// A load is what a run consists of.
type load struct {
	monitors   int
	every      time.Duration
	spool      int64 // MiB
	span, each time.Duration
	most       int64 // MiB
	heartbeat  string
	target     string
}

func main() {
	var l load
	flag.IntVar(&l.monitors, "monitors", 10_000, "how many monitors there are")
	flag.DurationVar(&l.every, "every", 10*time.Second, "their interval")
	flag.Int64Var(&l.spool, "spool", 256, "size of the spool, in MiB")
	flag.DurationVar(&l.span, "for", 20*time.Minute, "how long each outage takes")
	flag.DurationVar(&l.each, "each", time.Minute, "how often a line is printed")
	flag.Int64Var(&l.most, "most", 100, "how much may be resident, in MiB")
	queue := flag.String("queue", "kafka,disk", "which queues")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, l, strings.Split(*queue, ","), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "outage:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, l load, queues []string, out io.Writer) error {
	dir, err := os.MkdirTemp("", "monitorink-outage-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if l.heartbeat, err = rig.Build(ctx, dir, "./cmd/heartbeat"); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	target := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }), ReadHeaderTimeout: time.Minute}
	defer target.Close()
	go target.Serve(ln) //nolint:errcheck // ends with Close
	l.target = "http://" + ln.Addr().String()
	var failed error
	for _, q := range queues {
		fmt.Fprintf(out, "%s: %d monitors, one slot each %s; a spool of %d MiB, and nobody who takes from it\n", q, l.monitors, l.every, l.spool)
		if err := l.outage(ctx, q, filepath.Join(dir, q), out); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", q, err))
		}
	}
	return failed
}

// outage runs a heartbeat for the span and prints what it holds.
func (l load) outage(ctx context.Context, queue, dir string, out io.Writer) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file := filepath.Join(dir, "monitors.yaml")
	var b strings.Builder
	b.WriteString("monitors:\n")
	for i := range l.monitors {
		fmt.Fprintf(&b, "  - { id: 'shop-%d', url: '%s/health/%d', every: %s }\n", i, l.target, i, l.every)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		return err
	}
	address, err := rig.FreeAddress()
	if err != nil {
		return err
	}
	p, err := rig.Start(l.heartbeat, []string{
		"MONITORINK_MONITORS=" + file, "MONITORINK_QUEUE=" + queue, "MONITORINK_DATA_DIR=" + dir, "MONITORINK_HEARTBEAT_ADDR=" + address,
		fmt.Sprintf("MONITORINK_SPOOL_SIZE=%dMiB", l.spool), "MONITORINK_KAFKA_BROKERS=127.0.0.1:1", "MONITORINK_LOCATION=here",
	}, "run")
	if err != nil {
		return err
	}
	defer p.Kill()
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "after\tresident MiB\tat most\theap MiB\tspool MiB\tevents\tprobes\tat once\tfull\t")
	s := sample{address: address}
	began, printed, probes := time.Now(), time.Now(), int64(0)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for time.Since(began) < l.span {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := p.Alive(); err != nil {
			return err
		}
		if err := s.take(ctx); err != nil {
			return err
		}
		if time.Since(printed) < l.each {
			continue
		}
		printed = time.Now()
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%t\t\n", time.Since(began).Round(time.Second),
			s.resident/mib, s.most/mib, s.heap/mib, s.spool/mib, s.events, s.probes-probes, s.flight, s.full)
		probes, s.flight = s.probes, 0
		if err := w.Flush(); err != nil {
			return err
		}
	}
	switch {
	case s.most > l.most*mib:
		return fmt.Errorf("%d MiB were resident, and %d may be", s.most/mib, l.most)
	case s.spool > l.spool*mib:
		return fmt.Errorf("the spool has %d MiB, and %d may be", s.spool/mib, l.spool)
	}
	return nil
}

// A sample is what the daemon tells of itself.
type sample struct {
	address              string
	resident, most, heap int64 // bytes
	spool                int64 // bytes
	events, probes       int64
	flight               int64 // probes at once, at most
	full                 bool
}

func (s *sample) take(ctx context.Context) error {
	var full, down, flight int64
	for name, to := range map[string]*int64{
		"process_resident_memory_bytes": &s.resident, "monitorink_queue_bytes": &s.spool, "monitorink_queue_depth": &s.events,
		`monitorink_probes_total{state="up"}`: &s.probes, `monitorink_probes_total{state="down"}`: &down, "monitorink_queue_full": &full,
		"go_memstats_heap_inuse_bytes": &s.heap, "monitorink_probes_in_flight": &flight,
	} {
		n, err := rig.Metric(ctx, s.address, name)
		if err != nil {
			return err
		}
		*to = n
	}
	s.flight = max(s.flight, flight)
	s.most, s.full, s.probes = max(s.most, s.resident), full > 0, s.probes+down
	return nil
}
