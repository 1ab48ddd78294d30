package spool

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"syscall"
)

// The reserve is room on the disk that is taken beforehand. When the spool itself
// has filled the disk, it is given up for what makes room: the checkpoint that lets
// settled segments go, the cursor, dead letters.
const (
	reserveName = "reserve"
	reserveMost = 256 << 10
)

// reserveSize is a part of Size, as the segments are.
func (o *Options) reserveSize() int64 { return min(reserveMost, o.Size/32) }

// noRoom says whether a disk or a quota is full.
func noRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// reserve is the size of the file; 0 when there is none.
func (s *Spool) reserve() int64 {
	f, err := s.o.FS.Open(s.path(reserveName))
	if err != nil {
		return 0
	}
	defer f.Close() //nolint:errcheck // it was only read
	size, err := f.Size()
	if err != nil {
		return 0
	}
	return size
}

// provide makes the reserve, or as much of it as there is room for. What it holds
// does not compress, lest a file system gives it less. With writing.
func (s *Spool) provide() {
	want := s.o.reserveSize()
	if s.reserved >= want {
		return
	}
	name := s.path(reserveName)
	f, err := s.o.FS.Edit(name)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = s.o.FS.Create(name)
	}
	if err != nil {
		return // the spool works without it
	}
	defer f.Close() //nolint:errcheck // its size is what counts
	size, err := f.Size()
	if err != nil {
		return
	}
	if size < want {
		b := make([]byte, want-size)
		_, _ = rand.NewChaCha8([32]byte{}).Read(b) // never fails
		_, _ = f.WriteAt(b, size)                  // a part of it is a part of the reserve
		if f.Sync() != nil || s.o.FS.SyncDir(s.o.Dir) != nil {
			return
		}
	}
	if size, err = f.Size(); err == nil {
		s.reserved = size
	}
}

// giveUp gives the reserve back to the disk, and says whether there was any. With
// writing.
func (s *Spool) giveUp() bool {
	if s.reserved == 0 {
		return false
	}
	s.reserved = 0
	// Synced, for a file system may use what was freed only then.
	return s.o.FS.Remove(s.path(reserveName)) == nil && s.o.FS.SyncDir(s.o.Dir) == nil
}

// MakeRoom asks the spool to delete all that is settled and need not be kept, since
// the disk is full for others. It does not wait.
func (s *Spool) MakeRoom() {
	s.mu.Lock()
	s.short = true
	s.mu.Unlock()
	signal(s.tidy)
}

// spend does what needs a little room, with the reserve when there is none else.
func (s *Spool) spend(do func() error) error {
	err := do()
	if !noRoom(err) {
		return err
	}
	s.mu.Lock()
	s.short = true // without a signal: the janitor comes to it, and must not spin
	s.mu.Unlock()
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.giveUp() {
		err = do()
	}
	s.provide()
	return err
}
