package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/monitorink/monitorink/bench/internal/rig"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/spool"
)

// A trial is a heartbeat that probes for a while.
type trial struct {
	monitors      string // YAML
	warm, counted time.Duration
}

// An outcome is what came of a trial.
type outcome struct {
	begun         time.Time // of the process
	from, to      time.Time // what counts
	micros        float64   // of processor time, a probe
	rate          float64   // probes completed in a second
	now, peak     int64     // bytes resident
	late          []time.Duration
	measured      []*data.Measurement
	missed, wrong int64 // slots in gaps (of the whole run); measurements that are down
}

// fleet is n monitors of a URL, each with a path of its own.
func fleet(n int, url string, every time.Duration, more string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "defaults: { every: %s, timeout: %s }\nmonitors:\n", every, min(every, 5*time.Second))
	for i := range n {
		fmt.Fprintf(&b, "  - { id: m-%06d, url: '%s/%d', expect: { status: [200], body: { matches: x }, latency: 5s }%s }\n", i, url, i, more)
	}
	return b.String()
}

// write makes the file of monitors.
func (s *setup) write(monitors string) (string, error) {
	file := filepath.Join(s.dir, "monitors.yaml")
	return file, os.WriteFile(file, []byte(monitors), 0o600)
}

func (s *setup) try(ctx context.Context, t trial) (*outcome, error) {
	file, err := s.write(t.monitors)
	if err != nil {
		return nil, err
	}
	store, err := os.MkdirTemp(s.dir, "data-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(store)
	address, err := rig.FreeAddress()
	if err != nil {
		return nil, err
	}
	o := &outcome{begun: time.Now()}
	p, err := rig.Start(s.heartbeat, []string{
		"MONITORINK_QUEUE=disk", "MONITORINK_SPOOL_SIZE=8GiB", "MONITORINK_DATA_DIR=" + store, "MONITORINK_LOG_LEVEL=warn",
		"MONITORINK_MONITORS=" + file, "MONITORINK_LOCATION=bench", "MONITORINK_HEARTBEAT_ADDR=" + address,
	}, "run")
	if err != nil {
		return nil, err
	}
	defer p.Kill()
	if err := o.await(ctx, p, address, t); err != nil {
		return nil, err
	}
	if _, err := p.Stop(); err != nil {
		return nil, err
	}
	return o, o.read(filepath.Join(store, "spool"))
}

// await lets the trial run, and takes its figures.
func (o *outcome) await(ctx context.Context, p *rig.Process, address string, t trial) error {
	limit := time.Now().Add(2 * time.Minute)
	for n := int64(0); n == 0; {
		var err error
		if n, err = probes(ctx, address); err != nil {
			return err
		}
		if err := p.Alive(); err != nil || time.Now().After(limit) {
			return fmt.Errorf("no probe within two minutes: %w", err)
		}
		if !rig.Pause(ctx, 20*time.Millisecond) {
			return ctx.Err()
		}
	}
	if !rig.Pause(ctx, t.warm) {
		return ctx.Err()
	}
	before, err := probes(ctx, address)
	if err != nil {
		return err
	}
	o.from = time.Now()
	used := p.Processor()
	if !rig.Pause(ctx, t.counted) {
		return ctx.Err()
	}
	used, o.to = p.Processor()-used, time.Now()
	after, err := probes(ctx, address)
	if err != nil {
		return err
	}
	o.micros = float64(used.Nanoseconds()) / 1e3 / float64(max(after-before, 1))
	o.rate = float64(after-before) / o.to.Sub(o.from).Seconds()
	o.now, o.peak = p.Memory()
	return p.Alive()
}

func probes(ctx context.Context, address string) (all int64, err error) {
	for _, state := range []string{"up", "down"} {
		n, err := rig.Metric(ctx, address, `monitorink_probes_total{state="`+state+`"}`)
		if err != nil {
			return 0, err
		}
		all += n
	}
	return all, nil
}

// read takes the measurements out of a spool.
func (o *outcome) read(dir string) error {
	s, _, err := spool.Open(spool.Options{Dir: dir, Size: 16 << 30})
	if err != nil {
		return err
	}
	defer s.Close()
	err = s.Replay(func(m queue.Message) error {
		e, err := data.Decode(m.Value)
		if err != nil {
			return err
		}
		switch e := e.(type) {
		case *data.Gap:
			o.missed += e.Slots
		case *data.Measurement:
			if !e.Scheduled.Before(o.from) && e.Scheduled.Before(o.to) {
				o.enter(e)
			}
		}
		return nil
	})
	slices.Sort(o.late)
	return err
}

func (o *outcome) enter(m *data.Measurement) {
	if strings.HasPrefix(m.Monitor, "hostile") { // judged by themselves
		o.measured = append(o.measured, m)
		return
	}
	o.late = append(o.late, m.Late)
	if m.State != data.Up {
		o.wrong++
	}
}

// quantile is of a list that ascends.
func quantile[T cmp.Ordered](list []T, share float64) (v T) {
	if len(list) > 0 {
		v = list[min(int(share*float64(len(list))), len(list)-1)]
	}
	return v
}
