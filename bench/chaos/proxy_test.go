package main

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// echo is a server that sends back what it gets.
func echo(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() { // ends with the listener
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go io.Copy(c, c) // ends with the connection
		}
	}()
	return ln.Addr().String()
}

func TestProxyPassesAndMistreats(t *testing.T) {
	port, err := freePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newProxy(local(port), echo(t))
	if err != nil {
		t.Fatal(err)
	}
	defer p.refuse()
	c, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	trip := func() error {
		if _, err := c.Write([]byte("x")); err != nil {
			return err
		}
		_, err := io.ReadFull(c, make([]byte, 1))
		return err
	}
	if err := trip(); err != nil {
		t.Fatal(err)
	}
	p.slow(50 * time.Millisecond)
	if began := time.Now(); trip() != nil || time.Since(began) < 100*time.Millisecond {
		t.Errorf("a delay of 50 ms each way took %v", time.Since(began))
	}
	p.swallow()
	healed := time.AfterFunc(150*time.Millisecond, func() { p.heal() })
	defer healed.Stop()
	if began := time.Now(); trip() != nil || time.Since(began) < 150*time.Millisecond {
		t.Errorf("it passed while all was held back")
	}
	p.cut()
	if err := trip(); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("after a cut: %v", err)
	}
	p.refuse()
	if _, err := net.Dial("tcp", p.addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("while refused: %v", err)
	}
	if err := p.heal(); err != nil {
		t.Fatal(err)
	}
	if c, err = net.Dial("tcp", p.addr); err != nil || trip() != nil {
		t.Errorf("once healed: %v", err)
	}
}
