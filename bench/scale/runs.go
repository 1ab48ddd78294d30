package main

import (
	"context"
	"fmt"
	"os/exec"
	"time"
)

const (
	window = 10 * time.Millisecond // in which heartbeat releases slots together
	slack  = 3 * time.Millisecond
)

// cpu compares the processor time of a probe, and the rate flat out.
func (s *setup) cpu(ctx context.Context) error {
	fmt.Fprintln(s.out, "processor time of a probe\tours ÷ bare\taim\t\t\t")
	t := s.targets
	for _, c := range []struct {
		name, url, more string
		rate            int
		reuse           bool
		aim             float64
	}{
		{"new, 1,000/s", t.plain, "", 1000, false, 0.95},
		{"reused, 1,000/s", t.plain, ", connection: reuse", 1000, true, 0.8},
		{"TLS, new, 200/s", t.tls, ", tls: { ca: " + t.ca + " }", 200, false, 1.15},
	} {
		loop, err := s.beside(ctx, c.url, c.rate, c.reuse)
		if err != nil {
			return err
		}
		o, err := s.try(ctx, trial{fleet(c.rate, c.url, time.Second, c.more), 3 * time.Second, s.counted})
		if err != nil {
			return err
		}
		s.row(c.name, o.micros/loop.Micros, c.aim, "×", fmt.Sprintf("%.0f and %.0f µs at %.0f and %.0f/s, %d down", o.micros, loop.Micros, o.rate, loop.Rate, o.wrong))
	}
	for _, c := range []struct {
		name, more string
		reuse      bool
	}{{"bare ÷ ours, new, flat out", "", false}, {"bare ÷ ours, reused, flat out", ", connection: reuse", true}} {
		loop, err := s.beside(ctx, t.plain, 0, c.reuse)
		if err != nil {
			return err
		}
		o, err := s.try(ctx, trial{fleet(int(1.5*loop.Rate), t.plain, time.Second, c.more), 5 * time.Second, s.counted})
		if err != nil {
			return err
		}
		s.row(c.name, loop.Rate/o.rate, 1/0.8, "×", fmt.Sprintf("%.0f and %.0f/s, %d down", o.rate, loop.Rate, o.wrong))
	}
	return nil
}

// few is 10,000 monitors every 10 s.
func (s *setup) few(ctx context.Context) error {
	const every = 10 * time.Second
	fmt.Fprintln(s.out, "10,000 monitors every 10 s\t\taim\t\t\t")
	s.targets.seen.watch()
	defer s.targets.seen.rest()
	o, err := s.try(ctx, trial{fleet(10_000, s.targets.plain, every, ""), every + time.Second, time.Minute})
	if err != nil {
		return err
	}
	first, last, paths := s.targets.seen.span()
	s.row("all probed, after the first", last.Sub(first).Seconds(), every.Seconds()+window.Seconds(), "s", fmt.Sprintf("%d were", paths))
	s.row("most in 100 ms ÷ mean", s.targets.seen.burst(o.from, o.to, 100*time.Millisecond), 1.3, "", "over a minute, at the target")
	s.resident(o, 80)
	return s.lateness(ctx, o, 1000)
}

// many is 100,000 monitors every minute.
func (s *setup) many(ctx context.Context) error {
	fmt.Fprintln(s.out, "100,000 monitors every minute\t\taim\t\t\t")
	monitors := fleet(100_000, s.targets.plain, time.Minute, "")
	file, err := s.write(monitors)
	if err != nil {
		return err
	}
	begun := time.Now()
	if b, err := exec.CommandContext(ctx, s.heartbeat, "validate", file).CombinedOutput(); err != nil {
		return fmt.Errorf("validate: %w\n%.1000s", err, b)
	}
	s.row("validate", time.Since(begun).Seconds(), 3, "s", "")
	s.targets.seen.watch()
	defer s.targets.seen.rest()
	o, err := s.try(ctx, trial{monitors, 5 * time.Second, 65 * time.Second})
	if err != nil {
		return err
	}
	first, _, _ := s.targets.seen.span()
	s.row("start to first probe", first.Sub(o.begun).Seconds(), 3, "s", "")
	s.resident(o, 250)
	return s.lateness(ctx, o, 100_000/60)
}

func (s *setup) resident(o *outcome, most float64) {
	s.row("resident", mib(o.now), most, "MiB", fmt.Sprintf("%.0f MiB at most, when it started", mib(o.peak)))
}

// lateness compares how late slots begin with the bare loop at the same rate.
func (s *setup) lateness(ctx context.Context, o *outcome, rate int) error {
	loop, err := s.beside(ctx, s.targets.plain, rate, false)
	if err != nil {
		return err
	}
	s.row("late, p99", ms(quantile(o.late, 0.99)), ms(window+loop.Late+slack), "ms",
		fmt.Sprintf("bare %.1f ms; %.0f probes/s at %.0f µs, %d slots missed, %d down", ms(loop.Late), o.rate, o.micros, o.missed, o.wrong))
	return nil
}
