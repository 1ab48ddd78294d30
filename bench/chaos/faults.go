package main

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/bench/internal/rig"
)

// storm lets the plan happen, and returns when all of it has, and is healed.
func (w *world) storm(ctx context.Context, p plan) {
	w.began = time.Now()
	var all sync.WaitGroup
	for _, events := range p {
		all.Go(func() {
			for _, e := range events {
				if !rig.Pause(ctx, time.Until(w.began.Add(e.at))) {
					return
				}
				if time.Since(w.began) > w.o.length { // what came before took longer
					w.say("%s: %s is left out", e.on, e.kind)
					continue
				}
				w.happen(ctx, e)
			}
		})
	}
	end := time.Now().Add(w.o.length)
	rig.Pause(ctx, time.Until(end))
	all.Wait()
	w.failed(w.toDatabase.heal())
	w.failed(w.toQueue.heal())
}

func (w *world) happen(ctx context.Context, e event) {
	from := time.Now()
	w.say("%s: %s, %v", e.on, e.kind, e.lasts)
	var err error
	switch e.on {
	case "heartbeat":
		err = w.onHeartbeat(ctx, e)
	case "broker":
		err = w.onServer(ctx, w.servers.broker(), e)
	case "database":
		err = w.onServer(ctx, w.servers.database(), e)
	case "database link":
		err = w.onLink(ctx, w.toDatabase, e)
	case "queue link":
		err = w.onLink(ctx, w.toQueue, e)
	case "target":
		w.onTarget(ctx, e)
	case "replays":
		if err := w.replay(ctx); err != nil { // the one at the end has to succeed
			w.say("the replay is left out: %v", err)
			return
		}
	default:
		for i, c := range w.collectors {
			if e.on == collectorName(i) {
				err = c.suffer(ctx, e)
			}
		}
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		w.failed(fmt.Errorf("%s %s at %.1f s: %w", e.kind, e.on, from.Sub(w.began).Seconds(), err))
	}
	w.happened(e, from)
}

func (w *world) onHeartbeat(ctx context.Context, e event) error {
	h := w.heartbeat
	if h.p.ended() {
		return fmt.Errorf("heartbeat has ended by itself: %v", h.p.cmd.ProcessState)
	}
	var err error
	switch e.kind {
	case editHup:
		w.say("heartbeat: %s", w.book.change(e.seed))
		return h.reload()
	case editHupKill:
		w.say("heartbeat: %s", w.book.change(e.seed))
		err = h.reload()
		rig.Pause(ctx, e.lasts) // so that it is at any point of that
		h.kill()
	case freeze, freezeTo:
		h.freeze()
		h.p.signal(syscall.SIGSTOP)
		rig.Pause(ctx, e.lasts)
		if e.kind == freeze {
			h.p.signal(syscall.SIGCONT)
			h.thaw()
			return nil
		}
		h.kill()
	case kill, editKill:
		h.kill()
	case term, edit:
		err = h.term()
	}
	if e.kind == edit || e.kind == editKill {
		w.say("heartbeat: %s", w.book.change(e.seed))
	}
	if e.kind != freezeTo && e.kind != editHupKill {
		rig.Pause(ctx, e.lasts)
	}
	if startErr := h.start(); startErr != nil {
		return startErr
	}
	return err
}

func (c *collector) suffer(ctx context.Context, e event) error {
	c.Lock()
	defer c.Unlock()
	if c.p.ended() {
		return fmt.Errorf("it has ended by itself: %v", c.p.cmd.ProcessState)
	}
	var err error
	switch e.kind {
	case freeze:
		c.p.signal(syscall.SIGSTOP)
		rig.Pause(ctx, e.lasts)
		c.p.signal(syscall.SIGCONT)
		return nil
	case kill:
		c.p.kill()
	case term:
		err = c.p.term()
	}
	rig.Pause(ctx, e.lasts)
	if startErr := c.start(); startErr != nil {
		return startErr
	}
	return err
}

func (w *world) onServer(ctx context.Context, s server, e event) error {
	if e.kind == freeze {
		if err := s.signal(syscall.SIGSTOP); err != nil {
			return err
		}
		rig.Pause(ctx, e.lasts)
		return s.signal(syscall.SIGCONT)
	}
	if err := s.signal(syscall.SIGKILL); err != nil {
		return err
	}
	rig.Pause(ctx, e.lasts)
	return s.start()
}

func (w *world) onLink(ctx context.Context, p *proxy, e event) error {
	switch e.kind {
	case cut:
		p.cut()
		return nil
	case delay:
		p.slow(time.Duration(20+e.seed%200) * time.Millisecond)
	case hole:
		p.swallow()
	case refuse:
		p.refuse()
	}
	rig.Pause(ctx, e.lasts)
	return p.heal()
}

func (w *world) onTarget(ctx context.Context, e event) {
	t, from := w.target, time.Now()
	switch e.kind {
	case slow: // some of them too slow
		t.delay.Store(int64(w.o.every) * int64(1+e.seed%12) / 8)
	case broken:
		t.broken.Store(true)
	case resets:
		t.resets.Store(true)
	}
	rig.Pause(ctx, max(e.lasts, time.Second))
	t.delay.Store(0)
	t.broken.Store(false)
	t.resets.Store(false)
	if e.kind == slow {
		w.c.slow(from, time.Now())
	}
}
