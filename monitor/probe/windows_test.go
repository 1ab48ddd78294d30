package probe

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

func frameOf(kind, flags byte, stream uint32, payload ...byte) []byte {
	b := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	return append(binary.BigEndian.AppendUint32(b, stream), payload...)
}

func number(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

func setting(id uint16, value uint32) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(nil, id), value)
}

func TestWindowsAreOpenedNoFurtherThanTheyNeed(t *testing.T) {
	data := frameOf(0, 1, 1, bytes.Repeat([]byte{8}, 300)...) // what looks like frames, and is data
	for _, tt := range []struct {
		name      string
		got, want []byte
	}{
		{"of the connection", frameOf(8, 0, 0, number(1<<31-1)...), frameOf(8, 0, 0, number(1<<31-1)...)},
		{"small", frameOf(8, 0, 1, number(65535)...), frameOf(8, 0, 1, number(65535)...)},
		{"none, which is an error", frameOf(8, 0, 1, number(0)...), frameOf(8, 0, 1, number(0)...)},
		{"huge", frameOf(8, 0, 1, number(1<<31-1)...), frameOf(8, 0, 1, number(1<<24-1)...)},
		{"huge and round", frameOf(8, 0, 3, number(1<<30)...), frameOf(8, 0, 3, number(1)...)},
		{"of no window", frameOf(8, 0, 1, 0x7f, 0xff, 0xff), frameOf(8, 0, 1, 0x7f, 0xff, 0xff)},
		{"of settings", frameOf(4, 0, 0, append(setting(3, 1<<31-1), setting(4, 1<<31-1)...)...), frameOf(4, 0, 0, append(setting(3, 1<<31-1), setting(4, 1<<30-1)...)...)},
		{"of settings, an error", frameOf(4, 0, 0, setting(4, 1<<31)...), frameOf(4, 0, 0, setting(4, 1<<31)...)},
		{"in data", data, data},
	} {
		t.Run(tt.name, func(t *testing.T) {
			empty := frameOf(4, 1, 0)
			got := bytes.Join([][]byte{empty, tt.got, empty}, nil)
			want := bytes.Join([][]byte{empty, tt.want, empty}, nil)
			seed := rand.Uint64()
			r := rand.New(rand.NewPCG(seed, 0))
			var w windows
			for rest := got; len(rest) > 0; { // in pieces, as they may come
				n := 1 + r.IntN(len(rest))
				w.tame(rest[:n])
				rest = rest[n:]
			}
			if !bytes.Equal(got, want) {
				t.Errorf("seed %d: got %x, want %x", seed, got, want)
			}
		})
	}
}

func TestManyWindowUpdatesOfARequestAddUpToNoOverflow(t *testing.T) {
	var w windows
	for range 2 { // each request has its own
		var sum uint64
		for range 1000 {
			b := frameOf(8, 0, 1, number(1<<24-1)...)
			w.tame(b)
			n := binary.BigEndian.Uint32(b[9:])
			if n == 0 {
				t.Fatal("a window update of 0 is an error")
			}
			sum += uint64(n)
		}
		if sum > 1<<30-1 || sum < windowsOfRequest {
			t.Errorf("the window is opened by %d", sum)
		}
		w.again()
	}
}
