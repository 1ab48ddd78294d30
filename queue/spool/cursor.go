package spool

import (
	"fmt"
	"hash/crc32"
)

const (
	cursorName = "cursor"
	cursorTemp = "cursor.new"
)

func formatCursor(p place) string {
	line := fmt.Sprintf("settled up to segment %d offset %d", p.segment, p.off)
	return fmt.Sprintf("%s checksum %08x\n", line, crc32.Checksum([]byte(line), castagnoli))
}

func parseCursor(text string) (place, bool) {
	var p place
	_, err := fmt.Sscanf(text, "settled up to segment %d offset %d", &p.segment, &p.off)
	if err != nil || p.off < 0 || text != formatCursor(p) {
		return place{}, false
	}
	return p, true
}

func (s *Spool) readCursor() (p place, ok bool, err error) {
	f, err := s.o.FS.Open(s.path(cursorName))
	if err != nil {
		return place{}, false, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	b := make([]byte, 200)
	n, _ := f.ReadAt(b, 0) // what cannot be read does not parse
	p, ok = parseCursor(string(b[:n]))
	return p, ok, nil
}

// writeCursor replaces the file. It is not called by two goroutines at once.
func (s *Spool) writeCursor(p place) error {
	f, err := s.o.FS.Create(s.path(cursorTemp))
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(formatCursor(p)), 0)
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
