package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const suffix = ".segment"

// A place is a point between records.
type place struct {
	segment uint64
	off     int64
}

func (p place) before(q place) bool {
	return p.segment < q.segment || p.segment == q.segment && p.off < q.off
}

// A segment is what is known of a file of records.
type segment struct {
	number  uint64
	size    int64     // up to where it is committed
	scanned int64     // up to where Open has counted the damage
	last    int64     // behind the last message; 0: it has none
	lastAt  time.Time // when the newest message was written
	whole   bool      // its header is intact, so that it can be appended to
	torn    bool      // its end is damaged
}

func segmentName(number uint64) string { return fmt.Sprintf("%016d%s", number, suffix) }

func segmentNumber(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, ok && err == nil && n > 0 && segmentName(n) == name
}

func (s *Spool) path(name string) string { return filepath.Join(s.o.Dir, name) }

// scan counts a segment's records. It changes nothing.
func (s *Spool) scan(f File, seg *segment, found *Recovery, each func(record, place)) (torn int64, err error) {
	name := s.path(segmentName(seg.number))
	if seg.size, err = f.Size(); err != nil {
		return 0, fmt.Errorf("size of %s: %w", name, err)
	}
	if seg.whole, _, err = checkHeader(f, seg, name); err != nil {
		return 0, err
	}
	if seg.size < headSize {
		return seg.size, nil
	}
	if !seg.whole {
		found.Corrupt++
		s.hurt(place{seg.number, headSize + 1})
	}
	sc := &scanner{f: f, name: name, segment: seg.number, off: headSize, end: seg.size, reuse: true}
	for {
		damage := sc.corrupt
		r, ok, err := sc.next()
		if err != nil {
			return 0, err
		}
		if !ok {
			break
		}
		if sc.corrupt > damage {
			s.hurt(place{seg.number, sc.off})
		}
		if r.typ == typeMessage {
			seg.last = sc.off
			if r.at.After(seg.lastAt) {
				seg.lastAt = r.at
			}
		}
		each(r, place{seg.number, sc.off})
	}
	found.Corrupt += sc.corrupt
	return sc.tail, nil
}

// checkHeader says whether the header is intact, and of which segment. An intact
// one of another version, or of another segment, is an error.
func checkHeader(f File, seg *segment, name string) (whole bool, number uint64, err error) {
	head := make([]byte, headSize)
	if n, err := f.ReadAt(head, 0); n < headSize {
		if err != nil && !errors.Is(err, io.EOF) {
			return false, 0, fmt.Errorf("read %s: %w", name, err)
		}
		return false, 0, nil
	}
	if string(head[:7]) != headMagic || crc32.Checksum(head[:16], castagnoli) != binary.LittleEndian.Uint32(head[16:]) {
		return false, 0, nil
	}
	if v := head[7]; v != version {
		return false, 0, fmt.Errorf("%s is of version %d, and this program reads version %d: let the program that wrote it empty the spool, or move the file away", name, v, version)
	}
	number = binary.LittleEndian.Uint64(head[8:])
	if number != seg.number {
		return false, number, fmt.Errorf("%s is %w: rename it to %s, or move it away", name, errMisnamed, segmentName(number))
	}
	return true, number, nil
}

// within says whether every message of the segment ends at or before a place.
func (seg *segment) within(p place) bool {
	return seg.last == 0 || !p.before(place{seg.number, seg.last})
}
