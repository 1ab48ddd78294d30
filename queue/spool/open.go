package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sort"
	"syscall"
)

const (
	minSize     = 1 << 20
	checkpoints = 64 << 10 // of Size, for them alone
)

func (o *Options) complete() error {
	if o.Dir == "" {
		return errors.New("open a spool: no folder is given")
	}
	if o.Size == 0 {
		o.Size = 1 << 30
	}
	if o.Size < minSize {
		return fmt.Errorf("open the spool %s: a size of %d bytes is too small, it needs %d at least", o.Dir, o.Size, minSize)
	}
	if o.SegmentSize <= 0 {
		o.SegmentSize = min(64<<20, o.Size/8)
	}
	if o.InFlight <= 0 {
		o.InFlight = 1 << 16
	}
	if o.DeadLetterSize <= 0 {
		o.DeadLetterSize = 64 << 20
	}
	if o.FS == nil {
		o.FS = osFS{}
	}
	return nil
}

// Open opens the spool in a folder, which it makes where there is none. Only one
// process at a time may have it open. Damage does not keep it from opening, but
// is repaired or stepped over, and counted; a folder that cannot be used is an
// error that names it. Close ends what Open began.
func Open(o Options) (*Spool, Recovery, error) {
	if err := o.complete(); err != nil {
		return nil, Recovery{}, err
	}
	s := &Spool{
		o: o, limit: o.Size - checkpoints - o.reserveSize(),
		turn: make(chan struct{}, 1), wake: make(chan struct{}, 1), tidy: make(chan struct{}, 1),
		closed: make(chan struct{}),
	}
	if err := s.load(); err != nil {
		if s.file != nil {
			_ = s.file.Close() // nothing was written
		}
		return nil, Recovery{}, err
	}
	s.done.Go(s.janitor) // ends with closed; Close waits
	return s, s.found, nil
}

// survey finds what is there, and hands each record to account. With edit it cuts
// the torn tail of the last segment; otherwise it changes nothing.
func (s *Spool) survey(edit bool, account func(record, place)) error {
	if err := s.list(); err != nil {
		return err
	}
	ok, err := s.readCursor()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("open the spool: %w", advise(s.o.Dir, err))
	}
	s.found.CursorLost = err == nil && !ok
	if n := len(s.segments); n > 0 && s.segments[n-1].number < s.cursor.segment {
		// It is of another spool, or segments are lost: what is there is handed out again.
		s.cursor, s.mark, s.found.CursorLost = place{}, mark{}, true
	}
	if err := s.scanAll(edit, account); err != nil {
		return err
	}
	if !s.found.Damaged {
		s.found.Intact, s.found.IntactFound = s.found.Checkpoint, s.found.Found
	}
	for _, seg := range s.segments {
		s.total += seg.size
	}
	s.found.Segments, s.found.Bytes = len(s.segments), s.total
	return nil
}

func (s *Spool) load() error {
	if err := s.o.FS.MkdirAll(s.o.Dir); err != nil {
		return fmt.Errorf("open the spool: %w", advise(s.o.Dir, err))
	}
	if err := s.survey(true, s.account); err != nil {
		return err
	}
	s.number = max(s.number, s.cursor.segment) + 1
	if n := len(s.segments); n > 0 {
		last := s.segments[n-1]
		if end := (place{last.number, last.size}); end.before(s.cursor) {
			s.cursor = end
		}
	}
	s.readTo, s.passed, s.depth = s.cursor, s.mark, s.found.Unsettled
	s.reader.mark = s.mark
	err := s.spend(func() error { return s.writeCursor(s.cursor, s.mark) })
	if err == nil {
		err = s.o.FS.SyncDir(s.o.Dir)
	}
	s.writing.Lock()
	s.provide()
	s.writing.Unlock()
	if noRoom(err) {
		s.err, err = err, nil
	}
	if err != nil {
		return fmt.Errorf("open the spool: %w", advise(s.o.Dir, err))
	}
	if err == nil && s.err == nil {
		s.written, s.durable = s.cursor, s.cursor
	}
	return nil
}

// ours are the names of the files beside the segments.
var ours = []string{cursorName, cursorTemp, lettersName, lettersOld, reserveName}

// list finds the segments.
func (s *Spool) list() error {
	entries, err := s.o.FS.ReadDir(s.o.Dir)
	if err != nil {
		return fmt.Errorf("open the spool: %w", advise(s.o.Dir, err))
	}
	for _, e := range entries {
		n, ok := segmentNumber(e.Name())
		s.number = max(s.number, n) // so that none is overwritten, whatever it is
		switch {
		case ok && !e.IsDir():
			s.segments = append(s.segments, &segment{number: n})
		case slices.Contains(ours, e.Name()):
			if e.IsDir() {
				return fmt.Errorf("open the spool: %s is a folder, and must be a file: move it away", s.path(e.Name()))
			}
		default:
			s.found.Foreign = append(s.found.Foreign, e.Name())
		}
	}
	s.reserved = s.reserve()
	sort.Slice(s.segments, func(i, k int) bool { return s.segments[i].number < s.segments[k].number })
	return nil
}

func (s *Spool) scanAll(edit bool, account func(record, place)) error {
	if err := s.sortOut(); err != nil {
		return fmt.Errorf("open the spool: %w", err)
	}
	for i, seg := range s.segments {
		last := i == len(s.segments)-1
		name := s.path(segmentName(seg.number))
		f, err := s.o.FS.Open(name)
		if edit && last && err == nil {
			_ = f.Close() // it was not used
			f, err = s.o.FS.Edit(name)
		}
		if err != nil {
			return fmt.Errorf("open the spool: %w", advise(s.o.Dir, err))
		}
		torn, err := s.scan(f, seg, &s.found, account)
		switch {
		case err == nil && last && edit:
			return s.repair(f, seg, torn)
		case err == nil && last:
			s.found.TornBytes += torn
			seg.size -= torn
		case torn > 0:
			s.found.Corrupt++
			seg.torn = true
			s.hurt(place{seg.number, seg.size})
		}
		_ = f.Close() // it was only read
		if err != nil {
			return fmt.Errorf("open the spool: %w", err)
		}
		seg.scanned = seg.size
	}
	return nil
}

// account takes note of a record that was found.
func (s *Spool) account(r record, at place) {
	s.found.Records++
	if r.typ == typeCheckpoint {
		s.found.Checkpoint, s.found.Found = r.checkpoint, true
		s.newest = checkpoint{at: r.checkpoint, segment: at.segment, ok: true}
		return
	}
	if r.typ == typeLink {
		s.follow(r.link)
		return
	}
	s.linked = at
	if s.cursor.before(at) {
		if s.found.Unsettled == 0 {
			s.readAt = r.at
		}
		s.found.Unsettled++
	}
}

// repair cuts the torn tail of the last segment, and makes it the active one. One
// that holds nothing goes.
func (s *Spool) repair(f File, seg *segment, torn int64) error {
	name := s.path(segmentName(seg.number))
	s.found.TornBytes += torn
	seg.size -= torn
	seg.scanned = seg.size
	if seg.size < headSize || !seg.whole && seg.size == headSize {
		_ = f.Close() // it goes
		s.segments = s.segments[:len(s.segments)-1]
		if err := s.o.FS.Remove(name); err != nil {
			return fmt.Errorf("remove the empty %s: %w", name, advise(s.o.Dir, err))
		}
		return nil
	}
	var err error
	if torn > 0 {
		err = f.Truncate(seg.size)
	}
	if err == nil {
		err = f.Sync() // what an earlier process wrote, and did not see acknowledged
	}
	if err != nil {
		_ = f.Close() // the error tells more
		return fmt.Errorf("cut %d torn bytes off %s: %w", torn, name, advise(s.o.Dir, err))
	}
	if !seg.whole || seg.size >= s.o.SegmentSize {
		return f.Close()
	}
	s.active, s.file = seg, f
	return nil
}

// advise adds what to do to an error that a person can mend.
func advise(dir string, err error) error {
	abs, aerr := filepath.Abs(dir)
	if aerr != nil {
		abs = dir
	}
	switch {
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EEXIST):
		return fmt.Errorf("%w; %s must be a folder: move the file away, or choose another folder", err, abs)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w; the user of this program must be able to write in %s: change its owner or mode, or choose another folder", err, abs)
	case noRoom(err):
		return fmt.Errorf("%w; the disk of %s is full: make room", err, abs)
	}
	return err
}
