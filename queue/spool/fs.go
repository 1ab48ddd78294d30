package spool

import (
	"io"
	"os"
	"path/filepath"
)

// An FS is what a spool needs of a file system. Tests give one that crashes.
type FS interface {
	MkdirAll(dir string) error
	ReadDir(dir string) ([]os.DirEntry, error)
	Open(name string) (File, error)   // to read what exists
	Edit(name string) (File, error)   // to read and write what exists
	Create(name string) (File, error) // to read and write, empty
	Rename(from, to string) error     // replaces
	Remove(name string) error
	SyncDir(dir string) error // makes creations, renames and removals durable
}

// A File is an open file of an [FS].
type File interface {
	io.ReaderAt
	io.WriterAt
	Size() (int64, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

type osFS struct{}

func (osFS) MkdirAll(dir string) error                 { return os.MkdirAll(dir, 0o750) }
func (osFS) ReadDir(dir string) ([]os.DirEntry, error) { return os.ReadDir(dir) }
func (osFS) Rename(from, to string) error              { return os.Rename(from, to) }
func (osFS) Remove(name string) error                  { return os.Remove(name) }
func (osFS) Open(name string) (File, error)            { return open(name, os.O_RDONLY) }
func (osFS) Edit(name string) (File, error)            { return open(name, os.O_RDWR) }
func (osFS) Create(name string) (File, error) {
	return open(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
}

func (osFS) SyncDir(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}

type osFile struct{ *os.File }

func open(name string, flag int) (File, error) {
	f, err := os.OpenFile(filepath.Clean(name), flag, 0o640)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
