package probe_test

import (
	"bytes"
	"net"
	"testing"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// BenchmarkProbe counts what a probe allocates: the target, which runs in this
// process too, allocates nothing for a request.
func BenchmarkProbe(b *testing.B) {
	for _, connection := range []string{data.ConnectionNew, data.ConnectionReuse} {
		b.Run(connection, func(b *testing.B) {
			answer := []byte("HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 10:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n")
			answer = append(answer, bytes.Repeat([]byte("x"), 1024)...)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			go func() { // ends with the listener
				for buf := make([]byte, 4096); ; {
					c, err := l.Accept()
					if err != nil {
						return
					}
					for {
						if n, err := c.Read(buf); err != nil || !bytes.HasSuffix(buf[:n], []byte("\r\n\r\n")) {
							break
						}
						c.Write(answer)
						if connection == data.ConnectionNew {
							break
						}
					}
					c.Close()
				}
			}()
			m := withBody(monitor("http://" + l.Addr().String()))
			m.Connection = connection
			t, err := probe.Compile(m)
			if err != nil {
				b.Fatal(err)
			}
			p := probe.New(probe.Options{})
			defer p.Close()
			b.ReportAllocs()
			for b.Loop() {
				r := p.Probe(b.Context(), t)
				if r.Err != nil {
					b.Fatal(r.Err)
				}
				r.Release()
			}
		})
	}
}
