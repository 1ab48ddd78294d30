package remote

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
)

func FuzzReadFrame(f *testing.F) {
	good := appendFrame(nil, 7, queue.Message{Key: "shop", Kind: data.KindGap, Value: []byte(`{}`)})
	f.Add(good)
	f.Add(append(good, good...))
	f.Add(good[:len(good)-1])
	f.Add(bytes.Repeat([]byte{0xff}, 12))
	f.Fuzz(func(t *testing.T, b []byte) {
		serial, m, rest, err := readFrame(b)
		if err != nil {
			return
		}
		again := appendFrame(nil, serial, m)
		s2, m2, r2, err := readFrame(append(again, rest...))
		if err != nil || s2 != serial || !reflect.DeepEqual(m2, m) || !bytes.Equal(r2, rest) {
			t.Errorf("%x: got %d %v, %v after writing %d %v", b, s2, m2, err, serial, m)
		}
	})
}

func TestCutFrameIsNoticed(t *testing.T) {
	b := appendFrame(nil, 300, queue.Message{Key: "shop", Kind: data.KindGap, Value: bytes.Repeat([]byte{7}, 200)})
	for n := range len(b) {
		if _, _, _, err := readFrame(b[:n]); err == nil {
			t.Errorf("%d of %d bytes are taken for a message", n, len(b))
		}
	}
}
