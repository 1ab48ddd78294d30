package probe_test

import (
	"encoding/binary"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// A zone is a DNS server of its own, which knows these names and is asked by UDP.
type zone struct {
	at    string
	names map[string][]string // addresses; none: the name exists without any
	hangs atomic.Bool
	mu    sync.Mutex
	asked map[string]int // by name and type
}

func newZone(t *testing.T, names map[string][]string) *zone {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	z := &zone{at: c.LocalAddr().String(), names: names, asked: map[string]int{}}
	var wg sync.WaitGroup
	wg.Go(func() { // waited for at the test's end
		for b := make([]byte, 4096); ; {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if answer := z.answer(b[:n]); answer != nil && !z.hangs.Load() {
				c.WriteTo(answer, from)
			}
		}
	})
	t.Cleanup(func() { c.Close(); wg.Wait() })
	return z
}

// questions are the names that were asked for.
func (z *zone) questions() []string {
	z.mu.Lock()
	defer z.mu.Unlock()
	return slices.Sorted(maps.Keys(z.asked))
}

const typeA, typeAAAA = 1, 28

// answer answers the one question that stands behind the header: RFC 1035, 4.
func (z *zone) answer(q []byte) []byte {
	if len(q) < 17 {
		return nil
	}
	var labels []string
	end := 12
	for q[end] != 0 {
		n := int(q[end])
		labels = append(labels, string(q[end+1:end+1+n]))
		end += n + 1
	}
	name, kind := strings.Join(labels, "."), binary.BigEndian.Uint16(q[end+1:])
	z.mu.Lock()
	z.asked[name]++
	z.mu.Unlock()
	addresses, known := z.names[name]
	b := append([]byte(nil), q[:end+5]...)
	copy(b[2:], []byte{0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0}) // an answer, with authority, to one question
	if !known {
		b[3] = 3 // no such name
	}
	for _, s := range addresses {
		a := netip.MustParseAddr(s)
		if a.Is4() != (kind == typeA) || kind != typeA && kind != typeAAAA {
			continue
		}
		b[7]++
		b = append(b, 0xc0, 12, 0, byte(kind), 0, 1, 0, 0, 0, 1, 0, byte(len(a.AsSlice())))
		b = append(b, a.AsSlice()...)
	}
	return b
}

func portOf(t *testing.T, addr string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return port
}
