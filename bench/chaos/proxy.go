package main

import (
	"fmt"
	"net"
	"sync"
	"time"
)

// A proxy passes TCP connections on to a server, and treats them badly when told to.
type proxy struct {
	addr, server string

	mu    sync.Mutex
	ln    net.Listener // nil: connections are refused
	conns map[net.Conn]bool
	delay time.Duration
	hole  chan struct{} // not nil: nothing passes until it is closed
}

// newProxy listens on addr.
func newProxy(addr, server string) (*proxy, error) {
	p := &proxy{addr: addr, server: server, conns: map[net.Conn]bool{}}
	return p, p.open()
}

// open accepts connections; it is content when that is so already.
func (p *proxy) open() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ln != nil {
		return nil
	}
	ln, err := net.Listen("tcp", p.addr)
	if err != nil {
		return fmt.Errorf("proxy before %s: %w", p.server, err)
	}
	p.ln = ln
	go func() { // ends with refuse
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go p.pass(c) // ends with the connection
		}
	}()
	return nil
}

// pass connects to the server, and copies both ways until either side ends.
func (p *proxy) pass(client net.Conn) {
	server, err := net.DialTimeout("tcp", p.server, 10*time.Second)
	if err != nil {
		reset(client)
		return
	}
	p.mu.Lock()
	p.conns[client], p.conns[server] = true, true
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { p.copy(server, client) })
	both.Go(func() { p.copy(client, server) })
	both.Wait()
	p.mu.Lock()
	delete(p.conns, client)
	delete(p.conns, server)
	p.mu.Unlock()
}

// copy passes what comes, late or held back as long as it is told to, and ends both
// connections when one has ended.
func (p *proxy) copy(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		delay, hole := p.delay, p.hole
		p.mu.Unlock()
		if delay > 0 {
			time.Sleep(delay)
		}
		if hole != nil {
			<-hole
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	c.Close()
}

// cut resets every connection.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		reset(c)
	}
}

// refuse cuts, and lets nobody connect until open.
func (p *proxy) refuse() {
	p.mu.Lock()
	if p.ln != nil {
		p.ln.Close()
		p.ln = nil
	}
	p.mu.Unlock()
	p.cut()
}

// slow delays what passes; 0: not any more.
func (p *proxy) slow(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// swallow holds everything back until heal; connections stay open.
func (p *proxy) swallow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hole == nil {
		p.hole = make(chan struct{})
	}
}

// heal ends all of it.
func (p *proxy) heal() error {
	p.mu.Lock()
	p.delay = 0
	if p.hole != nil {
		close(p.hole)
		p.hole = nil
	}
	p.mu.Unlock()
	return p.open()
}
