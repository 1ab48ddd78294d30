package probe_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// What strangers answer in frames of HTTP/2 ends in time, and in an error of the
// closed set, whatever it is.
func FuzzFrames(f *testing.F) {
	frame := func(kind, flags byte, stream byte, payload string) string {
		return string([]byte{0, byte(len(payload) >> 8), byte(len(payload)), kind, flags, 0, 0, 0, stream}) + payload
	}
	head := frame(frameHeaders, endHeaders, 1, string(packed(":status", "200")))
	for _, s := range []string{
		head + frame(frameData, endStream, 1, "x"), head + frame(frameReset, 0, 1, "\x00\x00\x00\x02"), frame(frameGoAway, 0, 0, strings.Repeat("\x00", 8)),
		frame(frameHeaders, 0, 1, string(packed(":status", "103"))) + frame(frameContinuation, endHeaders, 1, ""), frame(frameSettings, 0, 0, "\x00\x04\x00\x00\x00\x00"),
		frame(framePush, endHeaders, 1, "\x00\x00\x00\x02"), frame(frameHeaders, endHeaders, 1, string(bomb())), frame(framePing, 0, 0, strings.Repeat("x", 8)),
		frame(frameWindow, 0, 0, "\x7f\xff\xff\xff"), frame(frameWindow, 0, 1, "\x7f\xff\xff\xff"), frame(frameHeaders, endHeaders, 1, string(packed(":status", "302", "location", "/x"))),
	} {
		f.Add([]byte(s))
	}
	var parrots [8]*parrot // by turns: a connection's port rests for a minute
	var targets [len(parrots)]*probe.Target
	for i := range parrots {
		parrots[i] = newParrot(f)
		m := withBody(monitor("http://" + parrots[i].l.Addr().String()))
		m.Protocol, m.Redirects, m.Timeout = data.ProtocolHTTP2, 2, data.Duration(300*time.Millisecond)
		c, err := probe.Compile(m)
		if err != nil {
			f.Fatal(err)
		}
		targets[i] = c
	}
	p := probe.New(probe.Options{Resolver: &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, io.EOF }}})
	f.Cleanup(p.Close)
	turn := 0
	f.Fuzz(func(t *testing.T, frames []byte) {
		turn++
		i := turn % len(parrots)
		parrots[i].set([]byte(frame(frameSettings, 0, 0, "") + string(frames)))
		begun := time.Now()
		r := p.Probe(context.Background(), targets[i])
		defer r.Release()
		if took := time.Since(begun); took > 300*time.Millisecond+time.Second {
			t.Errorf("it took %v", took)
		}
		inBounds(t, r)
	})
}
