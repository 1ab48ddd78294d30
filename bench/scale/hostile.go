package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

const (
	hostiles   = 1000
	hostTime   = 4 * time.Second // their timeout, out of 5 s
	okHeader   = "HTTP/1.1 200 OK\r\n"
	exhausting = 1 << 30 // bytes after which even an endless answer ends
)

// ways are how a target may be hostile: each is given a connection whose request has
// been read, and writes until that fails.
func ways() map[string]func(net.Conn) {
	bomb := zeros()
	return map[string]func(net.Conn){
		"endless-body": func(c net.Conn) {
			repeat(c, okHeader+"\r\n", bytes.Repeat([]byte("y"), 16<<10), exhausting/(16<<10), 0)
		},
		"endless-headers": func(c net.Conn) {
			repeat(c, okHeader, []byte("x-more: "+strings.Repeat("y", 1000)+"\r\n"), exhausting/1000, 0)
		},
		"gzip-bomb": func(c net.Conn) {
			repeat(c, fmt.Sprintf("%scontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n", okHeader, len(bomb)), bomb, 1, 0)
		},
		"byte-a-second": func(c net.Conn) { repeat(c, okHeader+"\r\n", []byte("y"), 60, time.Second) },
		"redirect-loop": func(c net.Conn) {
			repeat(c, "HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", nil, 0, 0)
		},
		"half-open": func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
	}
}

// zeros is 256 MiB of nothing, compressed.
func zeros() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	part := make([]byte, 1<<20)
	for range 256 {
		_, _ = z.Write(part) // to memory
	}
	_ = z.Close()
	return b.Bytes()
}

// repeat writes head once and part n times, with a pause between.
func repeat(c net.Conn, head string, part []byte, n int, pause time.Duration) {
	_, err := io.WriteString(c, head)
	for i := 0; i < n && err == nil; i++ {
		if _, err = c.Write(part); pause > 0 {
			time.Sleep(pause)
		}
	}
}

// attack serves every way, and returns the URLs and what ends them.
func attack() (urls []string, stop func(), err error) {
	var all []net.Listener
	stop = func() {
		for _, ln := range all {
			_ = ln.Close()
		}
	}
	for name, way := range ways() {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			stop()
			return nil, nil, err
		}
		all = append(all, ln)
		urls = append(urls, "http://"+ln.Addr().String()+"/"+name)
		go func() { // ends with ln
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				go func() { // ends with its connection, or its deadline
					defer c.Close()
					if c.SetDeadline(time.Now().Add(2*hostTime)) != nil {
						return
					}
					var b [4096]byte
					if _, err := c.Read(b[:]); err == nil {
						way(c)
					}
				}()
			}
		}()
	}
	return urls, stop, nil
}

// hostile probes good targets alone, and then beside hostile ones.
func (s *setup) hostile(ctx context.Context) error {
	fmt.Fprintln(s.out, "1,000 hostile targets beside 1,000 good ones\t\taim\t\t\t")
	good := fleet(1000, s.targets.plain, time.Second, "")
	alone, err := s.try(ctx, trial{good, 10 * time.Second, s.counted})
	if err != nil {
		return err
	}
	urls, stop, err := attack()
	if err != nil {
		return err
	}
	defer stop()
	var b strings.Builder
	b.WriteString(good)
	for i := range hostiles {
		fmt.Fprintf(&b, "  - { id: hostile-%04d, url: '%s', every: 5s, timeout: %s, expect: { body: { matches: never } } }\n", i, urls[i%len(urls)], hostTime)
	}
	o, err := s.try(ctx, trial{b.String(), 10 * time.Second, max(s.counted, 20*time.Second)})
	if err != nil {
		return err
	}
	s.row("resident, more than without", mib(o.peak-alone.peak), 20, "MiB", fmt.Sprintf("at most; %.0f and %.0f MiB", mib(o.peak), mib(alone.peak)))
	over, up := time.Duration(0), 0
	for _, m := range o.measured {
		over = max(over, m.Phases.Total.D()-hostTime)
		if m.Error == nil {
			up++
		}
	}
	s.row("beyond its timeout, at most", ms(over), 50, "ms", fmt.Sprintf("of %d probes; %d were up", len(o.measured), up))
	s.row("the good ones late, p99", ms(quantile(o.late, 0.99)), 25, "ms", fmt.Sprintf("%.1f ms alone; %d slots missed, %d down", ms(quantile(alone.late, 0.99)), o.missed, o.wrong))
	return nil
}
