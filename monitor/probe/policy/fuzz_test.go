package policy_test

import (
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// Whatever a name server answers, the probe ends in time, and reaches no address but
// the one that is allowed.
func FuzzDNSAnswers(f *testing.F) {
	record := func(kind byte, addr ...byte) []byte {
		return append([]byte{0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 0, 0, byte(len(addr))}, addr...)
	}
	loopback6 := append(make([]byte, 15), 1)
	f.Add(true, byte(0), byte(1), record(typeA, 127, 0, 0, 1))
	f.Add(true, byte(0), byte(2), append(record(typeA, 127, 0, 0, 2), record(typeA, 127, 0, 0, 1)...))
	f.Add(true, byte(0), byte(1), record(typeAAAA, loopback6...))
	f.Add(true, byte(0), byte(1), record(typeAAAA, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1))
	f.Add(true, byte(0), byte(9), record(typeA, 127, 0, 0))
	f.Add(true, byte(0), byte(2), append(record(typeCNAME, 0xc0, 12), record(typeA, 127, 0, 0, 1)...))
	f.Add(true, byte(2), byte(0), []byte{})
	f.Add(true, byte(3), byte(255), record(typeCNAME, 0xc0, 0xff))
	f.Add(false, byte(0), byte(0), []byte{0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0xc0, 12})
	f.Add(false, byte(0), byte(0), []byte{})
	shut := newShut(f)
	port := newOpen(f, shut)
	p := parse(f, "all", "127.0.0.2")
	f.Fuzz(func(t *testing.T, echo bool, code, n byte, text []byte) {
		if len(text) > 60_000 {
			return
		}
		dns := resolver(func(query []byte) []byte {
			if !echo { // all but the id is the fuzzer's
				return append(query[:2:2], text...)
			}
			_, _, end := question(query)
			b := append([]byte{}, query[:end]...)
			b[2], b[3] = 0x84, code&0x0f
			clear(b[6:12])
			b[7] = n
			return append(b, text...)
		})
		pr := probe.New(probe.Options{Allow: p.Allow, Resolver: dns})
		defer pr.Close()
		for _, at := range []string{shut.port, port} {
			m := &data.Monitor{ID: "m", URL: "http://trap.example.:" + at + "/200", Timeout: data.Duration(time.Second), Connection: data.ConnectionNew}
			target, err := probe.Compile(m)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			r := pr.Probe(t.Context(), target)
			defer r.Release()
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("it took %v, with a timeout of 1s", took)
			}
			if r.Err == nil && r.HTTP.Remote != "127.0.0.2:"+port {
				t.Errorf("it has reached %s", r.HTTP.Remote)
			}
			if shut.seen.Load() > 0 {
				t.Error("it has reached an address that is denied")
			}
		}
	})
}
