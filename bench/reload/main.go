package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/bench/internal/rig"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/remote"
)

type setup struct {
	monitors, reloads int
	every             time.Duration
}

func main() {
	var s setup
	flag.IntVar(&s.monitors, "monitors", 10_000, "how many there are")
	flag.IntVar(&s.reloads, "reloads", 5, "how often one of them is edited")
	flag.DurationVar(&s.every, "every", 10*time.Second, "their interval")
	server := flag.Bool("serve", false, "be the target (used by the command itself)")
	flag.Parse()
	if *server {
		serve()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := s.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "reload:", err)
		os.Exit(1)
	}
}

func serve() {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }))
	defer s.Close()
	fmt.Println(s.URL)
	io.Copy(io.Discard, os.Stdin)
}

// write makes a file of monitors; the one in the middle has been edited so often.
func (s *setup) write(file, url string, edit int) error {
	var b strings.Builder
	fmt.Fprintf(&b, "defaults: { every: %v, timeout: 2s }\nmonitors:\n", s.every)
	for i := range s.monitors {
		fmt.Fprintf(&b, "  - id: m%d\n    url: %s/%d\n    expect: { body: { matches: ok } }\n", i, url, i)
		if i == s.monitors/2 {
			fmt.Fprintf(&b, "    labels: { edit: e%d }\n", edit)
		}
	}
	if err := os.WriteFile(file+".new", []byte(b.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func (s *setup) run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "monitorink-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program, err := rig.Build(ctx, dir, "./cmd/heartbeat")
	if err != nil {
		return err
	}
	target, stop, err := rig.Target()
	if err != nil {
		return err
	}
	defer stop()
	addr, err := rig.FreeAddress()
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "monitors.yaml")
	if err := s.write(file, target, 0); err != nil {
		return err
	}
	p, err := rig.Start(program, []string{"MONITORINK_MONITORS=" + file, "MONITORINK_HEARTBEAT_ADDR=" + addr, "MONITORINK_DENY=metadata"}, "run")
	if err != nil {
		return err
	}
	defer p.Kill()
	sub, err := remote.New(remote.Options{URL: "http://" + addr})
	if err != nil {
		return err
	}
	defer sub.Close()
	reading, end := context.WithCancel(ctx)
	seen := make(chan []*data.Measurement, 1) // one value, from the goroutine below
	go func() { seen <- read(reading, sub) }()
	defer end()
	rig.Pause(ctx, 2*s.every+10*time.Second) // until it has started, and gone round
	spans, err := s.reload(ctx, "http://"+addr, file, target)
	if err != nil {
		return err
	}
	rig.Pause(ctx, s.every)
	end()
	s.report(<-seen, spans)
	return ctx.Err()
}

// read takes what is measured until ctx ends.
func read(ctx context.Context, sub *remote.Subscription) (all []*data.Measurement) {
	for {
		m, err := sub.Next(ctx)
		if err != nil {
			return all
		}
		if e, err := data.Decode(m.Value); err == nil {
			if e, ok := e.(*data.Measurement); ok {
				all = append(all, e)
			}
		}
		sub.Settle(m, queue.Outcome{Verdict: queue.Accepted})
	}
}

// A span is when a reload was asked for, and answered.
type span struct{ from, to time.Time }

func (s *setup) reload(ctx context.Context, heartbeat, file, target string) (spans []span, err error) {
	for i := range s.reloads {
		if err := s.write(file, target, i+1); err != nil {
			return nil, err
		}
		rig.Pause(ctx, 500*time.Millisecond) // it reads no file that was written just now
		from := time.Now()
		res, err := http.Post(heartbeat+"/-/reload", "", nil)
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(res.Body)
		if err != nil {
			return nil, err
		}
		res.Body.Close()
		to := time.Now()
		if res.StatusCode != http.StatusOK || !strings.Contains(string(b), `"labels.edit"`) {
			return nil, fmt.Errorf("reload %d: %s: %s", i, res.Status, b)
		}
		fmt.Printf("reload of %d monitors, one changed: %d ms\n", s.monitors, to.Sub(from).Milliseconds())
		spans = append(spans, span{from, to})
		rig.Pause(ctx, 2*time.Second)
	}
	return spans, ctx.Err()
}

// report compares the monitors that were not edited with their slots round the reloads.
func (s *setup) report(all []*data.Measurement, spans []span) {
	from, to := spans[0].from.Add(-s.every/2), spans[len(spans)-1].to.Add(s.every/2)
	edited := fmt.Sprintf("m%d", s.monitors/2)
	at := map[string][]time.Time{}
	var during, always []time.Duration
	for _, m := range all {
		if m.Monitor == edited || m.Scheduled.Before(from) || m.Scheduled.After(to) {
			continue
		}
		at[m.Monitor] = append(at[m.Monitor], m.Scheduled)
		always = append(always, m.Late)
		if slices.ContainsFunc(spans, func(s span) bool { return !m.Scheduled.Before(s.from) && !m.Scheduled.After(s.to) }) {
			during = append(during, m.Late)
		}
	}
	lost := 0
	for _, list := range at {
		slices.SortFunc(list, time.Time.Compare)
		for i := range list[1:] {
			lost += int(list[i+1].Sub(list[i])/s.every) - 1
		}
	}
	fmt.Printf("%d slots of %d others measured, %d lost\n", len(always), len(at), lost+s.monitors-1-len(at))
	fmt.Printf("began late, p99: %v during the reloads (%d slots), %v at all times\n", p99(during), len(during), p99(always))
}

func p99(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[len(list)*99/100].Round(10 * time.Microsecond)
}
