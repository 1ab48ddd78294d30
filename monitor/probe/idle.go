package probe

import (
	"sync"
	"time"
)

const (
	maxIdle     = 8192
	maxIdleTime = 90 * time.Second
)

// idle holds the connections between probes, at most maxIdle of them.
type idle struct {
	mu     sync.Mutex
	conns  map[string][]*conn // the one that was used last is last
	n      int
	closed bool
	sweep  *time.Timer // nil: nothing to sweep
}

func (i *idle) take(key string) *conn {
	i.mu.Lock()
	defer i.mu.Unlock()
	for {
		list := i.conns[key]
		if len(list) == 0 {
			return nil
		}
		c := list[len(list)-1]
		list[len(list)-1] = nil
		i.conns[key] = list[:len(list)-1]
		i.n--
		if c.ready() && time.Since(c.since) < maxIdleTime {
			return c
		}
		c.abort() // a goodbye might be waited for, and all others with it
	}
}

// put keeps c, or says that it may not be kept.
func (i *idle) put(key string, c *conn) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed || i.n >= maxIdle {
		return false
	}
	if i.conns == nil {
		i.conns = map[string][]*conn{}
	}
	c.since = time.Now()
	i.conns[key] = append(i.conns[key], c)
	i.n++
	if i.sweep == nil {
		i.sweep = time.AfterFunc(maxIdleTime, i.old)
	}
	return true
}

// old closes what has been idle for too long.
func (i *idle) old() {
	var ended []*conn
	defer func() { // unlocked, since a goodbye may take its time
		for _, c := range ended {
			c.close()
		}
	}()
	i.mu.Lock()
	defer i.mu.Unlock()
	for key, list := range i.conns {
		n := 0
		for n < len(list) && time.Since(list[n].since) >= maxIdleTime {
			n++
		}
		ended = append(ended, list[:n]...)
		i.n -= n
		if n == len(list) {
			delete(i.conns, key)
		} else {
			i.conns[key] = append([]*conn(nil), list[n:]...)
		}
	}
	i.sweep = nil
	if i.n > 0 && !i.closed {
		i.sweep = time.AfterFunc(maxIdleTime/3, i.old)
	}
}

func (i *idle) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
	if i.sweep != nil {
		i.sweep.Stop()
	}
	for _, list := range i.conns {
		for _, c := range list {
			c.close()
		}
	}
	i.conns, i.n = nil, 0
}

// idleFor returns a connection for h that an earlier probe has left, or nil. One
// that the peer closed meanwhile is found out by the request, which can be asked
// again only if asking twice does no harm.
func (r *run) idleFor(h *hop) *conn {
	if !r.t.reuse || h.method == "POST" || h.method == "PATCH" {
		return nil
	}
	c := r.p.idle.take(r.key(h))
	if c != nil && c.h2 == nil {
		c.SetDeadline(r.deadline)
	}
	return c
}

// key names the connections that may serve h.
func (r *run) key(h *hop) string {
	if r.pinned(h.addr) {
		return h.key + " " + r.pin.String()
	}
	return h.key
}
