package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/monitorink/monitorink/bench/chaos/account"
)

// A world is one run: the daemons, their servers, and what stands between.
type world struct {
	o     options
	queue string
	dir   string
	out   io.Writer
	began time.Time // of the faults

	servers    *servers
	target     *target
	toDatabase *proxy
	toQueue    *proxy // to the broker, or to heartbeat's queue
	book       *book
	c          *chronicle
	heartbeat  *prober
	collectors []*collector

	mu   sync.Mutex
	errs []string // what went wrong beside the account
	done []event
}

// A collector is started again and again, by one at a time.
type collector struct {
	sync.Mutex
	program, log string
	env          []string
	addr         string
	p            *process
}

func (c *collector) start() (err error) {
	c.p, err = start(c.log, c.program, c.addr, c.env)
	return err
}

// newWorld starts everything, and waits until it is ready.
func newWorld(ctx context.Context, o options, queue, bin, root, dir string, out io.Writer) (w *world, err error) {
	w = &world{o: o, queue: queue, dir: dir, out: out, c: &chronicle{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
			w = nil
		}
	}()
	n := o.collectors(queue)
	base, err := freePorts(3 + n)
	if err != nil {
		return w, err
	}
	queueProxy, heartbeatAddr := 0, local(base+2)
	if queue == "kafka" {
		queueProxy = base
	}
	if w.servers, err = startServers(ctx, root, dir, queueProxy); err != nil {
		return w, err
	}
	behind := heartbeatAddr
	if queue == "kafka" {
		behind = w.servers.brokerBehind()
	}
	if w.toQueue, err = newProxy(local(base), behind); err != nil {
		return w, err
	}
	if w.toDatabase, err = newProxy(local(base+1), local(w.servers.pg)); err != nil {
		return w, err
	}
	if w.target, err = newTarget(); err != nil {
		return w, err
	}
	w.book = newBook(filepath.Join(dir, "monitors.yaml"), w.target, o.monitors, o.every, o.seed)
	w.daemons(bin, heartbeatAddr, base)
	if err := w.heartbeat.start(); err != nil {
		return w, err
	}
	for _, c := range w.collectors {
		if err := c.start(); err != nil {
			return w, err
		}
	}
	return w, w.ready(ctx, time.Minute)
}

// daemons says how each daemon is started.
func (w *world) daemons(bin, heartbeatAddr string, base int) {
	both := []string{
		"MONITORINK_QUEUE=" + w.queue, "MONITORINK_KAFKA_BROKERS=" + w.toQueue.addr, "MONITORINK_QUEUE_URL=http://" + w.toQueue.addr,
		"MONITORINK_GRACE=" + grace.String(), "MONITORINK_STORE=postgres", "MONITORINK_POSTGRES_URL=" + w.servers.url("monitorink", w.toDatabase.addr),
	}
	w.heartbeat = &prober{
		program: filepath.Join(bin, "heartbeat"), log: filepath.Join(w.dir, "heartbeat.log"), addr: heartbeatAddr, book: w.book, c: w.c,
		env: append(both[:len(both):len(both)], "MONITORINK_HEARTBEAT_ADDR="+heartbeatAddr, "MONITORINK_MONITORS="+w.book.file,
			"MONITORINK_DATA_DIR="+w.data(), "MONITORINK_LOCATION=here", "MONITORINK_SPOOL_SIZE="+strconv.FormatInt(w.o.spool(), 10)),
	}
	for i := range w.o.collectors(w.queue) {
		addr := local(base + 3 + i)
		w.collectors = append(w.collectors, &collector{
			program: filepath.Join(bin, "collector"), log: filepath.Join(w.dir, fmt.Sprintf("collector-%d.log", i+1)), addr: addr,
			env: append(both[:len(both):len(both)], "MONITORINK_COLLECTOR_ADDR="+addr),
		})
	}
}

func (w *world) data() string { return filepath.Join(w.dir, "data") }

// ready waits until every daemon says so.
func (w *world) ready(ctx context.Context, limit time.Duration) error {
	addrs := []string{w.heartbeat.addr}
	for _, c := range w.collectors {
		addrs = append(addrs, c.addr)
	}
	return until(ctx, limit, "every daemon is ready", func() (bool, error) {
		for _, addr := range addrs {
			if problems, ok := readyz(addr); !ok || len(problems) > 0 {
				return false, fmt.Errorf("%s: %v", addr, problems)
			}
		}
		return true, nil
	}, nil)
}

// until asks ten times a second until the answer is yes, or it takes too
// long, or it is stuck; that may be nil.
func until(ctx context.Context, limit time.Duration, what string, ask func() (bool, error), stuck func() bool) error {
	deadline := time.Now().Add(limit)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := ask()
		if ok {
			return nil
		}
		if stuck != nil && stuck() {
			return fmt.Errorf("%s: not yet, and nothing moves any more: %w", what, err)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: not within %v: %w", what, limit, err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (w *world) say(format string, args ...any) {
	fmt.Fprintf(w.out, "%6.1f s  %s\n", time.Since(w.began).Seconds(), fmt.Sprintf(format, args...))
}

// failed writes down what is wrong, and goes on.
func (w *world) failed(err error) {
	if err == nil {
		return
	}
	w.say("wrong: %v", err)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.errs = append(w.errs, err.Error())
}

// happened writes a fault down, for those who want to explain something by it.
func (w *world) happened(e event, from time.Time) {
	w.mu.Lock()
	w.done = append(w.done, e)
	w.mu.Unlock()
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	w.c.life.Faults = append(w.c.life.Faults, account.Fault{Kind: e.kind, On: e.on, Span: account.Span{From: from, To: time.Now()}})
}

// close ends everything that was started, and removes the servers.
func (w *world) close() error {
	if w.heartbeat != nil && w.heartbeat.p != nil {
		w.heartbeat.p.kill()
	}
	for _, c := range w.collectors {
		if c.p != nil {
			c.p.kill()
		}
	}
	for _, p := range []*proxy{w.toDatabase, w.toQueue} {
		if p != nil {
			_ = p.heal()
			p.refuse()
		}
	}
	if w.target != nil {
		w.target.close()
	}
	if w.servers == nil {
		return nil
	}
	return w.servers.destroy()
}
