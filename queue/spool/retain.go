package spool

import (
	"errors"
	"io/fs"
	"slices"
	"time"
)

// cursorDelay is how long the cursor on disk may be behind.
const cursorDelay = time.Second

// janitor writes dead letters and the cursor, and deletes segments.
func (s *Spool) janitor() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	armed := true
	for {
		due := false
		select {
		case <-s.tidy:
		case <-timer.C:
			armed, due = false, true
		case <-s.closed:
			return
		}
		err := s.record(due)
		if due {
			s.writing.Lock()
			s.provide()
			s.writing.Unlock()
		}
		s.relieve()
		s.mu.Lock()
		later := err != nil || s.dirty
		s.mu.Unlock()
		if later && !armed {
			timer.Reset(cursorDelay)
			armed = true
		}
	}
}

// relieve deletes segments. While a message waits for room, or the disk has none, it
// also sees to it that what is settled can go.
func (s *Spool) relieve() {
	safe := s.secure()
	s.remove(safe, false)
	s.mu.Lock()
	pressed := s.full || s.short
	s.short = false
	s.mu.Unlock()
	if !pressed {
		return
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if newest, behind := s.sealSettled(safe); newest.ok && behind {
		again := []*group{newGroup(group{checkpoint: newest.at, size: startSize + checkpointFrame})}
		err := s.commit(again)
		if noRoom(err) && s.giveUp() {
			err = s.commit(again)
		}
		if err != nil {
			s.mu.Lock()
			if s.full {
				s.err = err // it keeps what is settled from going, and so what waits
			}
			s.mu.Unlock()
			s.provide()
			return
		}
	}
	s.remove(safe, true)
	s.provide() // before a message takes what has become free
}

// secure makes the cursor durable over what may be deleted next, and returns up to
// where it is: what is missing there after a crash is known to have been settled. Where
// it cannot be written and room is needed, what is settled has to do.
func (s *Spool) secure() (safe place) {
	s.mu.Lock()
	var end place
	pressed := s.full || s.short
	for _, seg := range s.segments {
		if seg.last > 0 && seg.within(s.cursor) && (seg != s.active || pressed) {
			end = place{seg.number, seg.last}
		}
	}
	s.mu.Unlock()
	if !s.durable.before(end) {
		return s.durable
	}
	err := s.record(true)
	s.tidying.Lock()
	defer s.tidying.Unlock()
	if at := s.written; s.durable.before(at) && s.o.FS.SyncDir(s.o.Dir) == nil {
		s.durable = at
	}
	if (noRoom(err) || err != nil && pressed) && s.durable.before(end) {
		return end
	}
	return s.durable
}

// sealSettled ends the active segment if nothing in it is needed, and says whether a
// segment that is settled up to safe would go, were the checkpoint behind it.
func (s *Spool) sealSettled(safe place) (newest checkpoint, behind bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.active; a != nil && a.last > 0 && a.within(safe) {
		s.seal()
	}
	for _, seg := range s.segments {
		if seg.number >= s.newest.segment && seg != s.active && seg.last > 0 && seg.within(safe) {
			behind = true
		}
	}
	return s.newest, behind
}

// remove deletes the segments up to safe that may go.
func (s *Spool) remove(safe place, pressed bool) {
	s.mu.Lock()
	var gone []*segment
	for _, seg := range s.segments {
		if s.removable(seg, safe, pressed) {
			gone = append(gone, seg)
		}
	}
	s.mu.Unlock()
	if len(gone) == 0 {
		return
	}
	removed := map[*segment]bool{}
	for _, seg := range gone {
		if err := s.o.FS.Remove(s.path(segmentName(seg.number))); err == nil || errors.Is(err, fs.ErrNotExist) {
			removed[seg] = true
		}
	}
	s.letGo(gone)
	_ = s.o.FS.SyncDir(s.o.Dir) // one that comes back is only handed out again
	s.mu.Lock()
	s.segments = slices.DeleteFunc(s.segments, func(seg *segment) bool { return removed[seg] })
	for seg := range removed {
		s.total -= seg.size
	}
	s.mu.Unlock()
	signal(s.wake)
}

// letGo closes what is deleted and still open for reading: until then it takes room.
func (s *Spool) letGo(gone []*segment) {
	s.reading.Lock()
	defer s.reading.Unlock()
	for _, seg := range gone {
		if s.reader.f != nil && s.reader.sc.segment == seg.number {
			s.reader.close()
		}
	}
}

func (s *Spool) removable(seg *segment, safe place, pressed bool) bool {
	if seg == s.active || !seg.within(safe) {
		return false
	}
	if !s.newest.ok {
		return pressed
	}
	return seg.number < s.newest.segment && (pressed || !seg.lastAt.After(s.newest.at))
}
