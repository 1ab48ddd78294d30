package spool

import (
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

const (
	cursorName = "cursor"
	cursorTemp = "cursor.new"
)

// A mark is the newest checkpoint before a place.
type mark struct {
	at time.Time
	ok bool
}

func formatCursor(p place, m mark) string {
	line := fmt.Sprintf("settled up to segment %d offset %d", p.segment, p.off)
	if m.ok {
		line += fmt.Sprintf(" checkpoint %d", m.at.UnixMilli())
	}
	return fmt.Sprintf("%s checksum %08x\n", line, crc32.Checksum([]byte(line), castagnoli))
}

func parseCursor(text string) (p place, m mark, ok bool) {
	var ms int64
	n, _ := fmt.Sscanf(text, "settled up to segment %d offset %d checkpoint %d", &p.segment, &p.off, &ms) // compared below
	if n == 3 {
		m = mark{at: time.UnixMilli(ms).UTC(), ok: true}
	}
	if n < 2 || p.off < 0 || text != formatCursor(p, m) {
		return place{}, mark{}, false
	}
	return p, m, true
}

// readCursor reads the file into the spool; ok is false when it is damaged.
func (s *Spool) readCursor() (ok bool, err error) {
	f, err := s.o.FS.Open(s.path(cursorName))
	if err != nil {
		return false, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	b := make([]byte, 200)
	n, _ := f.ReadAt(b, 0) // what cannot be read does not parse
	s.cursor, s.mark, ok = parseCursor(string(b[:n]))
	return ok, nil
}

// writeCursor replaces the file. It is not called by two goroutines at once.
func (s *Spool) writeCursor(p place, m mark) error {
	f, err := s.o.FS.Create(s.path(cursorTemp))
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(formatCursor(p, m)), 0)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = s.o.FS.Rename(s.path(cursorTemp), s.path(cursorName))
	}
	return err
}

// record makes durable what was settled: dead letters, then the cursor.
func (s *Spool) record(cursor bool) error {
	s.tidying.Lock()
	defer s.tidying.Unlock()
	err := s.bury()
	if !cursor {
		return err
	}
	s.mu.Lock()
	at, m := s.cursor, s.mark
	s.dirty = false
	s.mu.Unlock()
	if at == s.written {
		return err
	}
	cerr := s.spend(func() error { return s.writeCursor(at, m) })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stuck = cerr
	if cerr != nil {
		s.dirty = true
		return errors.Join(err, cerr)
	}
	s.written = at
	return err
}
