package main

import (
	"fmt"
	"io"
	"net"
	"os"
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
