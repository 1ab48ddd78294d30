package policy_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
)

const typeA, typeCNAME, typeAAAA = 1, 5, 28

// A zone answers a resolver. Each name has a list of answers for each time that it
// is looked up, the last for ever; an answer is an address, or "cname NAME".
type zone struct {
	names map[string][][]string // by the name, lower case, without a dot at its end

	mu    sync.Mutex
	asked map[string]int // by name and type
}

func (z *zone) resolver() *net.Resolver {
	return resolver(func(query []byte) []byte {
		name, kind, end := question(query)
		b := append([]byte{}, query[:end]...)
		b[2], b[3] = 0x84, 0x00 // an answer that has authority
		clear(b[6:12])
		n := uint16(0)
		for _, a := range z.answers(name, kind) {
			record := kind
			var data []byte
			if to, ok := strings.CutPrefix(a, "cname "); ok {
				record, data = typeCNAME, encodeName(to)
			} else if addr := netip.MustParseAddr(a); addr.Is4() == (kind == typeA) {
				data = addr.AsSlice()
			} else {
				continue
			}
			b = append(b, 0xc0, 12) // the name in the question
			b = binary.BigEndian.AppendUint16(b, record)
			b = append(b, 0, 1, 0, 0, 0, 0) // of the Internet, not to be kept
			b = binary.BigEndian.AppendUint16(b, uint16(len(data)))
			b = append(b, data...)
			n++
		}
		binary.BigEndian.PutUint16(b[6:], n)
		return b
	})
}

func (z *zone) answers(name string, kind uint16) []string {
	z.mu.Lock()
	defer z.mu.Unlock()
	list := z.names[strings.ToLower(name)]
	if len(list) == 0 || kind != typeA && kind != typeAAAA {
		return nil
	}
	if z.asked == nil {
		z.asked = map[string]int{}
	}
	key := name + string(rune(kind))
	n := min(z.asked[key], len(list)-1)
	z.asked[key]++
	return list[n]
}

// resolver asks answer, which is given a whole query. No packet leaves the process.
func resolver(answer func(query []byte) []byte) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe() // the resolver closes near
		go func() {             // ends with near
			defer far.Close()
			for {
				var size [2]byte
				if _, err := io.ReadFull(far, size[:]); err != nil {
					return
				}
				query := make([]byte, binary.BigEndian.Uint16(size[:]))
				if _, err := io.ReadFull(far, query); err != nil {
					return
				}
				b := answer(query)
				if b == nil {
					continue
				}
				if _, err := far.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)); err != nil {
					return
				}
			}
		}()
		return near, nil
	}}
}

// question is the name and the type that a query asks for, and where that ends.
func question(query []byte) (name string, kind uint16, end int) {
	at := 12
	var labels []string
	for query[at] != 0 {
		n := int(query[at])
		labels = append(labels, string(query[at+1:at+1+n]))
		at += 1 + n
	}
	return strings.Join(labels, "."), binary.BigEndian.Uint16(query[at+1:]), at + 5
}

func encodeName(name string) (b []byte) {
	for label := range strings.SplitSeq(name, ".") {
		b = append(append(b, byte(len(label))), label...)
	}
	return append(b, 0)
}
