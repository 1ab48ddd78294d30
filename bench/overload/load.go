package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/monitorink/monitorink/bench/internal/rig"
)

// A load is monitors that share a rate equally by interval.
type load struct {
	name  string
	every []time.Duration
	rate  float64 // slots a second
}

// uniform is one interval, mixed are three.
func uniform(name string, rate float64) load { return load{name, []time.Duration{time.Second}, rate} }

func mixed(name string, rate float64) load {
	return load{name, []time.Duration{200 * time.Millisecond, time.Second, 3 * time.Second}, rate}
}

// write makes the file of monitors.
func (l load) write(file, target string) error {
	var b strings.Builder
	b.WriteString("monitors:\n")
	for _, every := range l.every {
		n := int(l.rate / float64(len(l.every)) * every.Seconds())
		for i := range max(n, 1) {
			fmt.Fprintf(&b, "  - { id: m%s-%05d, url: %q, every: %s }\n", every, i, target, every)
		}
	}
	return os.WriteFile(file, []byte(b.String()), 0o600)
}

// run offers l to heartbeat, and counts for a while what becomes of it.
func (s setup) run(ctx context.Context, l load) (*result, error) {
	dir, err := os.MkdirTemp(s.dir, "run-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	monitors, store := filepath.Join(dir, "monitors.yaml"), filepath.Join(dir, "data")
	if err := l.write(monitors, s.target); err != nil {
		return nil, err
	}
	address, err := rig.FreeAddress()
	if err != nil {
		return nil, err
	}
	p, err := rig.Start(s.heartbeat, append([]string{
		"MONITORINK_QUEUE=disk", "MONITORINK_SPOOL_SIZE=8GiB", "MONITORINK_DATA_DIR=" + store, "MONITORINK_LOG_LEVEL=warn",
		"MONITORINK_MONITORS=" + monitors, "MONITORINK_LOCATION=bench", "MONITORINK_HEARTBEAT_ADDR=" + address,
	}, s.env...), "run")
	if err != nil {
		return nil, err
	}
	defer p.Kill()
	begun := time.Now().Add(time.Minute)
	for n := int64(0); n == 0; {
		if n, err = rig.Metric(ctx, address, `monitorink_probes_total{state="up"}`); err != nil {
			return nil, err
		}
		if err := p.Alive(); err != nil || time.Now().After(begun) {
			return nil, fmt.Errorf("no probe within a minute: %w", err)
		}
		if !rig.Pause(ctx, 50*time.Millisecond) {
			return nil, ctx.Err()
		}
	}
	from := time.Now().Add(s.warm)
	to := from.Add(s.counted)
	if !rig.Pause(ctx, time.Until(to)) {
		return nil, ctx.Err()
	}
	usage, err := p.Stop()
	if err != nil {
		return nil, err
	}
	r, err := read(filepath.Join(store, "spool"), from, to)
	if err != nil {
		return nil, err
	}
	r.load, r.usage, r.ran = l, usage, to.Sub(from)
	return r, nil
}
