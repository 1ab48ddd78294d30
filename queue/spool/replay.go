package spool

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/monitorink/monitorink/queue"
)

// Replay hands over all intact messages that are still on disk, settled or not,
// in the order of writing, until each returns an error. The value is the
// callee's to keep. It reads what was there when it was called.
func (s *Spool) Replay(each func(queue.Message) error) error {
	s.mu.Lock()
	segments := make([]segment, len(s.segments))
	for i, seg := range s.segments {
		segments[i] = *seg
	}
	s.mu.Unlock()
	for i := range segments {
		if err := s.replay(&segments[i], each); err != nil {
			return err
		}
	}
	return nil
}

func (s *Spool) replay(seg *segment, each func(queue.Message) error) error {
	name := s.path(segmentName(seg.number))
	f, err := s.o.FS.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it was deleted meanwhile
	}
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	sc := &scanner{f: f, name: name, segment: seg.number, off: headSize, end: seg.size}
	for {
		r, ok, err := sc.next()
		if err != nil || !ok {
			return err
		}
		if r.typ != typeMessage {
			continue
		}
		if err := each(r.message); err != nil {
			return err
		}
	}
}
