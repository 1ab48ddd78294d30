package spool_test

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/monitorink/monitorink/queue/spool"
)

var errCrashed = errors.New("the machine has crashed")

// A disk is a file system in memory that can crash: what was not synced is then
// lost in part, torn, and in any order. It can also run out of room, and fail.
type disk struct {
	mu      sync.Mutex
	names   map[string]*inode
	durable map[string]*inode
	changes []change // to durable, since the last SyncDir
	steps   int      // operations that change something
	dieAt   int      // crash at this step; 0: never
	dead    bool
	room    int64                       // bytes; below 0: no end
	fail    func(op, name string) error // asked before each operation
}

type inode struct {
	data, synced []byte
	writes       []write
}

// A write is one since the last sync; without data it truncates.
type write struct {
	off  int64
	data []byte
}

type change struct {
	gone string
	name string
	node *inode
}

func newDisk() *disk {
	return &disk{names: map[string]*inode{}, durable: map[string]*inode{}, room: -1}
}

func (d *disk) step(op, name string) error {
	if d.dead {
		return errCrashed
	}
	d.steps++
	if d.steps == d.dieAt {
		d.dead = true
		return errCrashed
	}
	if d.fail != nil {
		if err := d.fail(op, filepath.Base(name)); err != nil {
			return &fs.PathError{Op: op, Path: name, Err: err}
		}
	}
	return nil
}

// crash returns the disk as it is after the machine has started again.
func (d *disk) crash(rng *rand.Rand) *disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dead = true
	next := newDisk()
	names := maps.Clone(d.durable)
	for _, c := range d.changes {
		if rng.IntN(2) == 0 {
			delete(names, c.gone)
			if c.node != nil {
				names[c.name] = c.node
			}
		}
	}
	nodes := map[*inode]*inode{}
	for name, n := range names {
		if nodes[n] == nil {
			data := n.survive(rng)
			nodes[n] = &inode{data: data, synced: append([]byte(nil), data...)}
		}
		next.names[name] = nodes[n]
	}
	next.durable = maps.Clone(next.names)
	return next
}

func (n *inode) survive(rng *rand.Rand) []byte {
	after := inode{data: append([]byte(nil), n.synced...)}
	ordered, torn := rng.IntN(2) == 0, rng.IntN(len(n.writes)+1)
	for i, w := range n.writes {
		switch {
		case ordered && i > torn, !ordered && rng.IntN(2) == 0:
			continue
		case ordered && i == torn || rng.IntN(3) == 0:
			if w.data != nil {
				from := 0
				if !ordered {
					from = rng.IntN(len(w.data))
				}
				after.apply(write{w.off + int64(from), w.data[from : from+rng.IntN(len(w.data)-from+1)]})
			}
		default:
			after.apply(w)
		}
	}
	return after.data
}

func (n *inode) apply(w write) {
	end := w.off + int64(len(w.data))
	if w.data == nil {
		for int64(len(n.data)) < w.off {
			n.data = append(n.data, 0)
		}
		n.data = n.data[:w.off]
		return
	}
	for int64(len(n.data)) < end {
		n.data = append(n.data, 0)
	}
	copy(n.data[w.off:], w.data)
}

func (d *disk) MkdirAll(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.step("mkdir", dir)
}

func (d *disk) ReadDir(string) ([]os.DirEntry, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []os.DirEntry
	for name := range d.names {
		all = append(all, entry(filepath.Base(name)))
	}
	return all, nil
}

type entry string

func (e entry) Name() string               { return string(e) }
func (e entry) IsDir() bool                { return false }
func (e entry) Type() fs.FileMode          { return 0 }
func (e entry) Info() (fs.FileInfo, error) { return nil, fs.ErrInvalid }

func (d *disk) Open(name string) (spool.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.names[name]
	if d.dead {
		return nil, errCrashed
	}
	if n == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &file{d, n, name}, nil
}

func (d *disk) Edit(name string) (spool.File, error) { return d.Open(name) }

func (d *disk) Create(name string) (spool.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step("create", name); err != nil {
		return nil, err
	}
	n := d.names[name]
	if n == nil {
		n = &inode{}
		d.names[name] = n
		d.changes = append(d.changes, change{name: name, node: n})
	} else {
		d.release(int64(len(n.data)))
		n.writes = append(n.writes, write{})
		n.apply(write{})
	}
	return &file{d, n, name}, nil
}

func (d *disk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step("rename", to); err != nil {
		return err
	}
	n := d.names[from]
	delete(d.names, from)
	if old := d.names[to]; old != nil {
		d.release(int64(len(old.data)))
	}
	d.names[to] = n
	d.changes = append(d.changes, change{gone: from, name: to, node: n})
	return nil
}

func (d *disk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step("remove", name); err != nil {
		return err
	}
	if n := d.names[name]; n != nil {
		d.release(int64(len(n.data)))
	}
	delete(d.names, name)
	d.changes = append(d.changes, change{gone: name})
	return nil
}

func (d *disk) release(n int64) {
	if d.room >= 0 {
		d.room += n
	}
}

func (d *disk) SyncDir(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step("syncdir", dir); err != nil {
		return err
	}
	d.durable, d.changes = maps.Clone(d.names), nil
	return nil
}

type file struct {
	d    *disk
	n    *inode
	name string
}

func (f *file) Close() error { return nil }

func (f *file) Size() (int64, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	return int64(len(f.n.data)), nil
}

func (f *file) ReadAt(b []byte, off int64) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if off > int64(len(f.n.data)) {
		return 0, io.EOF
	}
	n := copy(b, f.n.data[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *file) WriteAt(b []byte, off int64) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	err := f.d.step("write", f.name)
	grow := off + int64(len(b)) - int64(len(f.n.data))
	switch {
	case errors.Is(err, errCrashed): // what was under way may be there
		f.n.writes = append(f.n.writes, write{off, append([]byte(nil), b...)})
		return 0, err
	case err != nil:
		return 0, err
	case f.d.room >= 0 && grow > f.d.room: // a part of it fits
		b = b[:int64(len(b))-grow+f.d.room]
		grow, err = f.d.room, &fs.PathError{Op: "write", Path: f.name, Err: syscall.ENOSPC}
	}
	if grow > 0 {
		f.d.release(-grow)
	}
	w := write{off, append([]byte{}, b...)}
	f.n.writes = append(f.n.writes, w)
	f.n.apply(w)
	return len(b), err
}

func (f *file) Truncate(size int64) error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.step("truncate", f.name); err != nil {
		return err
	}
	f.d.release(int64(len(f.n.data)) - size)
	f.n.writes = append(f.n.writes, write{off: size})
	f.n.apply(write{off: size})
	return nil
}

func (f *file) Sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	err := f.d.step("sync", f.name)
	if errors.Is(err, errCrashed) {
		return err
	}
	if err == nil {
		on := inode{data: f.n.synced}
		for _, w := range f.n.writes {
			on.apply(w)
		}
		f.n.synced = on.data
	}
	f.n.writes = nil // after an error, too: no later sync makes up for it
	return err
}
