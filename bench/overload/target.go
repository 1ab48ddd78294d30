package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"
)

var answer = []byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

// serve is the target: it answers at once, with as little work as can be, until
// its standard input ends.
func serve() error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer ln.Close()
	fmt.Println("http://" + ln.Addr().String())
	go func() { // ends with ln, and with the process
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go reply(c) // ends with its connection
		}
	}()
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// reply answers one request without a body, whose head comes in one piece.
func reply(c net.Conn) {
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return
	}
	var b [4096]byte
	if _, err := c.Read(b[:]); err == nil {
		_, _ = c.Write(answer) // the prober sees it
	}
}

// start runs the target in a process of its own, and returns its URL.
func start() (url string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	c := exec.Command(self, "-serve")
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := c.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { in.Close(); c.Wait() }
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("start the target: %w", err)
	}
	return strings.TrimSpace(line), stop, nil
}
