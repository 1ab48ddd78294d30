package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/bench/internal/bare"
	"github.com/monitorink/monitorink/bench/internal/rig"
)

const workers = 16

// A bareResult is what the bare loop tells of itself.
type bareResult struct {
	Probes int64
	Micros float64       // of processor time, a probe
	Late   time.Duration // p99, at a fixed rate
	Rate   float64       // a second
}

// beside runs the bare loop in a process of its own.
func (s *setup) beside(ctx context.Context, url string, rate int, reuse bool) (bareResult, error) {
	args := []string{"-bare", url, "-rate", fmt.Sprint(rate), "-counted", s.counted.String(), fmt.Sprintf("-reuse=%t", reuse)}
	if s.targets.ca != "" {
		args = append(args, "-ca", s.targets.ca)
	}
	var r bareResult
	c, err := rig.Again(args...)
	if err != nil {
		return r, err
	}
	stop := context.AfterFunc(ctx, func() { c.Process.Kill() })
	defer stop()
	b, err := c.Output()
	if err != nil {
		return r, fmt.Errorf("the bare loop: %w", err)
	}
	return r, json.Unmarshal(b, &r)
}

// probeBare is the bare loop's process: it wakes once for each probe, as most probers
// do, or keeps its workers busy.
func probeBare(ctx context.Context, url string, rate int, reuse bool, ca string, d time.Duration) error {
	roots := x509.NewCertPool()
	if ca != "" {
		b, err := os.ReadFile(ca)
		if err != nil {
			return err
		}
		roots.AppendCertsFromPEM(b)
	}
	loop := bare.New(url, reuse, roots)
	defer loop.Close()
	if err := loop.Probe(); err != nil {
		return err
	}
	due := make(chan time.Time, 1024)
	var mu sync.Mutex
	var late []time.Duration
	var failed error
	var wg sync.WaitGroup
	before := processor()
	for range workers {
		wg.Go(func() { // waited for below
			for at := range due {
				begun := time.Now()
				err := loop.Probe()
				mu.Lock()
				late = append(late, begun.Sub(at))
				if failed == nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	begun := time.Now()
	pace(ctx, due, rate, begun.Add(d))
	close(due)
	wg.Wait()
	if failed != nil {
		return failed
	}
	slices.Sort(late)
	n := int64(len(late))
	return json.NewEncoder(os.Stdout).Encode(bareResult{
		Probes: n, Micros: float64((processor() - before).Nanoseconds()) / 1e3 / float64(max(n, 1)),
		Late: quantile(late, 0.99), Rate: float64(n) / time.Since(begun).Seconds(),
	})
}

// pace releases probes one by one until end.
func pace(ctx context.Context, due chan<- time.Time, rate int, end time.Time) {
	at := time.Now()
	for ctx.Err() == nil && time.Now().Before(end) {
		if rate > 0 {
			at = at.Add(time.Second / time.Duration(rate))
			time.Sleep(time.Until(at))
		} else {
			at = time.Now()
		}
		due <- at
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
