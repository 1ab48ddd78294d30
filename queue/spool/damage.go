package spool

import (
	"errors"
	"fmt"
	"slices"
)

// errMisnamed is wrapped when a segment has the name of another.
var errMisnamed = errors.New("a segment under a wrong name")

// hurt takes note of damage before a place. It matters unless all of that is settled.
func (s *Spool) hurt(at place) {
	if s.found.Damaged || !s.cursor.before(at) {
		return
	}
	s.found.Damaged = true
	s.found.Intact, s.found.IntactFound = s.mark.at, s.mark.ok
	if s.newest.ok {
		s.found.Intact, s.found.IntactFound = s.newest.at, true
	}
}

// follow compares what a segment says of the last message before it with what is
// there.
func (s *Spool) follow(link place) {
	if !s.cursor.before(link) {
		return
	}
	i := slices.IndexFunc(s.segments, func(seg *segment) bool { return seg.number == link.segment })
	switch {
	case i >= 0 && (s.segments[i].last >= link.off || s.segments[i].torn):
		return // it is there, or was counted
	case i < 0 && s.found.CursorLost && link.segment < s.segments[0].number:
		return // it may have been settled and deleted
	}
	s.found.Corrupt++
	s.hurt(link)
}

// sortOut leaves copies of segments alone. One that has lost its name is an error.
func (s *Spool) sortOut() error {
	var wrong []uint64
	have := map[uint64]bool{}
	for _, seg := range s.segments {
		have[seg.number] = true
	}
	for _, seg := range s.segments {
		name := s.path(segmentName(seg.number))
		f, err := s.o.FS.Open(name)
		if err != nil {
			return advise(s.o.Dir, err)
		}
		_, number, err := checkHeader(f, seg, name)
		_ = f.Close() // it was only read
		if errors.Is(err, errMisnamed) && have[number] {
			wrong, err = append(wrong, seg.number), nil
		}
		if err != nil {
			return err
		}
	}
	s.segments = slices.DeleteFunc(s.segments, func(seg *segment) bool {
		if slices.Contains(wrong, seg.number) {
			s.found.Foreign = append(s.found.Foreign, fmt.Sprintf("%s (a copy of another segment)", segmentName(seg.number)))
			return true
		}
		return false
	})
	return nil
}
