package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// How much is read at once.
const chunk = 256 << 10

// A scanner finds the intact records of one segment between two offsets, and
// steps over whatever else stands there.
type scanner struct {
	f       File
	name    string
	segment uint64
	off     int64 // behind the last record found
	end     int64
	reuse   bool // records are not kept: one buffer serves all

	buf []byte // what stands at at
	at  int64

	corrupt int64 // damaged stretches that were stepped over
	tail    int64 // bytes at the end that are no record
}

// next returns the next record, and false at the end. off is behind it then.
func (s *scanner) next() (record, bool, error) {
	pos, damaged := s.off, false
	for s.end-pos >= frameSize {
		r, size, err := s.frame(pos)
		if err != nil {
			return record{}, false, err
		}
		if size > 0 {
			if damaged {
				s.corrupt++
			}
			s.off = pos + size
			return r, true, nil
		}
		damaged = true
		if pos, err = s.seek(pos + 1); err != nil {
			return record{}, false, err
		}
	}
	s.tail = s.end - s.off
	return record{}, false, nil
}

// frame returns the record at pos and its size; 0 when there is none.
func (s *scanner) frame(pos int64) (record, int64, error) {
	head, err := s.bytes(pos, frameSize)
	if err != nil || string(head[:4]) != frameMagic {
		return record{}, 0, err
	}
	n := int64(binary.LittleEndian.Uint32(head[4:]))
	sum := binary.LittleEndian.Uint32(head[8:])
	if n > maxPayload || n > s.end-pos-frameSize {
		return record{}, 0, nil
	}
	all, err := s.bytes(pos, frameSize+n)
	if err != nil {
		return record{}, 0, err
	}
	payload := all[frameSize:]
	if checksum(s.segment, pos, payload) != sum {
		return record{}, 0, nil
	}
	r, ok := parse(payload)
	if !ok {
		return record{}, 0, nil
	}
	return r, frameSize + n, nil
}

// seek returns where the magic stands next from pos on, or the end.
func (s *scanner) seek(pos int64) (int64, error) {
	for s.end-pos >= frameSize {
		b, err := s.bytes(pos, min(chunk, s.end-pos))
		if err != nil {
			return 0, err
		}
		if i := bytes.Index(b, []byte(frameMagic)); i >= 0 {
			return pos + int64(i), nil
		}
		pos += int64(len(b) - len(frameMagic) + 1)
	}
	return s.end, nil
}

// bytes returns n bytes at pos, which lie before the end.
func (s *scanner) bytes(pos, n int64) ([]byte, error) {
	if pos >= s.at && pos+n <= s.at+int64(len(s.buf)) {
		return s.buf[pos-s.at : pos-s.at+n], nil
	}
	size := min(max(n, chunk), s.end-pos)
	if !s.reuse || int64(cap(s.buf)) < size {
		s.buf = make([]byte, size)
	}
	s.buf, s.at = s.buf[:size], pos
	if k, err := s.f.ReadAt(s.buf, pos); int64(k) < size {
		s.buf = s.buf[:0]
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("read %d bytes at %d of %s: %w", size, pos, s.name, err)
	}
	return s.buf[:n], nil
}
