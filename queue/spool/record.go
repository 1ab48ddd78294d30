package spool

import (
	"encoding/binary"
	"hash/crc32"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
)

// A segment begins with "mkspool", a version, its number and a CRC of that. Then
// come frames: magic, length of the payload, CRC, payload. Numbers are little
// endian. No valid UTF-8 holds the magic, so that JSON never looks like a frame.
const (
	headMagic  = "mkspool"
	version    = 1
	headSize   = 20
	frameMagic = "\xffmk\xfe"
	frameSize  = 12
	// maxPayload bounds one record, so that a damaged length is not believed.
	maxPayload = 32 << 20
)

// The types of record.
const (
	typeMessage    = 1
	typeCheckpoint = 2
	typeLink       = 3 // the first of a segment: where the last message before it ends
)

const (
	checkpointFrame = frameSize + 17
	linkFrame       = frameSize + 25
	startSize       = headSize + linkFrame // the most with which a segment begins
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A record is what a frame holds.
type record struct {
	typ        byte
	at         time.Time // when it was written
	message    queue.Message
	checkpoint time.Time
	link       place
}

func header(segment uint64) []byte {
	b := append(make([]byte, 0, headSize), headMagic...)
	b = append(b, version)
	b = binary.LittleEndian.AppendUint64(b, segment)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// checksum covers where the payload stands as well as what it is.
func checksum(segment uint64, off int64, payload []byte) uint32 {
	var where [20]byte
	binary.LittleEndian.PutUint64(where[:], segment)
	binary.LittleEndian.PutUint64(where[8:], uint64(off))
	binary.LittleEndian.PutUint32(where[16:], uint32(len(payload)))
	return crc32.Update(crc32.Checksum(where[:], castagnoli), castagnoli, payload)
}

// appendFrame appends what fill appends as a frame; b[0] stands at base of the
// segment.
func appendFrame(b []byte, segment uint64, base int64, typ byte, at time.Time, fill func([]byte) []byte) []byte {
	start := len(b)
	b = append(b, frameMagic+"\x00\x00\x00\x00\x00\x00\x00\x00"...)
	b = append(b, typ)
	b = binary.LittleEndian.AppendUint64(b, uint64(at.UnixMilli()))
	b = fill(b)
	payload := b[start+frameSize:]
	binary.LittleEndian.PutUint32(b[start+4:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(b[start+8:], checksum(segment, base+int64(start), payload))
	return b
}

func appendMessage(b []byte, m *queue.Message) []byte {
	b = append(b, byte(len(m.Kind)))
	b = append(b, m.Kind...)
	b = binary.AppendUvarint(b, uint64(len(m.Key)))
	b = append(b, m.Key...)
	return append(b, m.Value...)
}

// messageFrame is the most that m takes as a frame.
func messageFrame(m *queue.Message) int64 {
	return int64(frameSize + 9 + 1 + len(m.Kind) + binary.MaxVarintLen32 + len(m.Key) + len(m.Value))
}

// parse reads a payload whose checksum is right; the message's value shares it.
func parse(p []byte) (record, bool) {
	if len(p) < 9 {
		return record{}, false
	}
	r := record{typ: p[0], at: time.UnixMilli(int64(binary.LittleEndian.Uint64(p[1:])))}
	p = p[9:]
	switch r.typ {
	case typeCheckpoint:
		if len(p) != 8 {
			return r, false
		}
		r.checkpoint = time.UnixMilli(int64(binary.LittleEndian.Uint64(p))).UTC()
		return r, true
	case typeLink:
		if len(p) != 16 {
			return r, false
		}
		r.link = place{segment: binary.LittleEndian.Uint64(p), off: int64(binary.LittleEndian.Uint64(p[8:]))}
		return r, true
	case typeMessage:
		if len(p) < 1 || len(p) < 1+int(p[0]) {
			return r, false
		}
		kind, rest := p[1:1+p[0]], p[1+p[0]:]
		n, w := binary.Uvarint(rest)
		if w <= 0 || n > uint64(len(rest)-w) {
			return r, false
		}
		key, value := rest[w:w+int(n)], rest[w+int(n):]
		r.message = queue.Message{Key: string(key), Kind: kindOf(kind), Value: value[:len(value):len(value)]}
		return r, true
	}
	return r, false
}

func kindOf(b []byte) data.Kind {
	for _, k := range [...]data.Kind{data.KindMeasurement, data.KindGap, data.KindRegistration} {
		if string(b) == string(k) {
			return k
		}
	}
	return data.Kind(b)
}

func millis(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }
