package probe

import "sync/atomic"

// windows keeps a server from opening the window of a stream beyond its bound, on
// which net/http waits for itself for ever (Go 1.26). It passes over frames of HTTP/2
// as they are read, and makes smaller what opens a window by more than any request
// here can fill: SETTINGS_INITIAL_WINDOW_SIZE to 1 GiB at most, a WINDOW_UPDATE of a
// stream to 16 MiB, and to a byte once all those of a request are half a GiB.
type windows struct {
	head   [9]byte // of the frame
	pos    int     // in head; at its end, in the payload
	at     int     // in the payload
	value  uint32  // of the WINDOW_UPDATE, as far as it is read
	clamp  bool    // it is made smaller, and must not become 0
	spent  bool    // and to 1
	opened atomic.Uint32
}

const (
	frameSettings     = 4
	frameWindowUpdate = 8
	settingWindow     = 4
	windowsOfRequest  = 1 << 29
)

// again begins the next request.
func (w *windows) again() { w.opened.Store(0) }

func (w *windows) tame(b []byte) {
	for len(b) > 0 {
		if w.pos < len(w.head) {
			n := copy(w.head[w.pos:], b)
			w.pos, w.at, b = w.pos+n, 0, b[n:]
			if w.pos == len(w.head) && w.length() == 0 {
				w.pos = 0
			}
			continue
		}
		n := min(len(b), w.length()-w.at)
		switch {
		case w.head[3] == frameSettings:
			w.settings(b[:n])
		case w.head[3] == frameWindowUpdate && w.length() == 4 && (w.head[5]&0x7f|w.head[6]|w.head[7]|w.head[8]) != 0:
			w.update(b[:n])
		}
		w.at, b = w.at+n, b[n:]
		if w.at == w.length() {
			w.pos = 0
		}
	}
}

func (w *windows) length() int { return int(w.head[0])<<16 | int(w.head[1])<<8 | int(w.head[2]) }

// settings are pairs of a name of two bytes and a value of four.
func (w *windows) settings(b []byte) {
	for i := range b {
		switch (w.at + i) % 6 {
		case 0, 1:
			w.value = w.value<<8 | uint32(b[i])
		case 2:
			if uint16(w.value) == settingWindow && b[i] > 0x3f && b[i] < 0x80 { // from 0x80 on it is an error, and told
				b[i] = 0x3f
			}
		}
	}
}

func (w *windows) update(b []byte) {
	for i := range b {
		at := w.at + i
		if at == 0 {
			w.spent, w.value = w.opened.Load() > windowsOfRequest, 0
			w.clamp = w.spent || b[i]&0x7f != 0
		}
		if at == 0 || w.spent {
			b[i] = 0
		}
		if at == 3 && w.clamp {
			b[i] |= 1 // 0 would be an error
		}
		if w.value = w.value<<8 | uint32(b[i]); at == 3 {
			w.opened.Add(w.value)
		}
	}
}
