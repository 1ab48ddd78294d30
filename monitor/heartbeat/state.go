package heartbeat

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/data"
)

const (
	stateForm = 1
	lockName  = "lock"
	// How long a start tries for the lock, which whoever only looks at the data
	// directory has for a moment.
	lockPatience = 2 * time.Second
	lockAgain    = 20 * time.Millisecond
)

var (
	// ErrLocked is wrapped when another process uses the data directory.
	ErrLocked = errors.New("another heartbeat uses this data directory")
	// ErrLocation is wrapped when the data directory belongs to another location.
	ErrLocation = errors.New("the data directory belongs to another location")

	// errUnsynced is wrapped when a file is in its place, and a crash of the machine
	// may yet bring back the one before.
	errUnsynced = errors.New("the folder is not synced")
)

// A State is a data directory: its lock, and the definitions that a heartbeat
// last applied, so that the next one can say what was missed meanwhile.
type State struct {
	// SetAside is how many definitions could not be read and were set aside; a file
	// that is damaged as a whole counts as one. Notes say where, and what is wrong.
	SetAside int
	Notes    []string
	// Foreign are names in the directory that are nobody's here; they are left alone.
	Foreign []string

	dir        string
	configured string
	fallback   string
	location   string // "" until it is known
	lock       *os.File
	set        []Definition
	unsure     bool // there may have been more definitions
}

// LookState locks dir and reads what is persisted there. It makes nothing on disk:
// where there is no data directory, the error wraps [fs.ErrNotExist]. Its Location
// is empty where none is persisted.
func LookState(dir string) (*State, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("there is no data directory: %w (MONITORINK_DATA_DIR chooses it)", err)
	}
	s := &State{dir: dir}
	var err error
	s.lock, err = os.Open(filepath.Join(dir, "lock"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.lock = nil // nobody has used it yet
	case err != nil:
		return nil, fmt.Errorf("the data directory cannot be read: %w", err)
	case syscall.Flock(int(s.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil:
		_ = s.lock.Close() // it was only looked at
		return nil, fmt.Errorf("%s: %w", dir, ErrLocked)
	}
	if err := s.read(nil); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// OpenState locks dir, which it makes if need be and waits two seconds for where
// another has it, and reads what is persisted
// there; what is damaged of it is set aside. An empty location means the persisted
// one, or else fallback; another location than the persisted one is refused with
// ErrLocation. Locate is to be called when the local queue is open.
func OpenState(dir, location, fallback string) (*State, error) {
	err := os.MkdirAll(dir, 0o700)
	if errors.Is(err, fs.ErrPermission) {
		return nil, noRights(dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("make the data directory: %w (it must be a folder; MONITORINK_DATA_DIR chooses another)", err)
	}
	lock, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	s := &State{dir: dir, configured: location, fallback: fallback, lock: lock}
	err = s.tidy()
	if err == nil {
		err = s.read(replace)
	}
	if err == nil {
		err = s.Fits(location)
	}
	if err != nil {
		lock.Close()
		return nil, err
	}
	return s, nil
}

// noRights says of err what gives this user the right to write in dir, on a machine
// and for a volume of a container.
func noRights(dir string, err error) error {
	user, group := os.Getuid(), os.Getgid()
	return fmt.Errorf("the data directory cannot be written by user %d: %w (chown -R %d:%d %s, or what a container has mounted there; in a pod, securityContext.fsGroup: %d; or choose another with MONITORINK_DATA_DIR)",
		user, err, user, group, dir, group)
}

func takeLock(dir string) (*os.File, error) {
	name := filepath.Join(dir, lockName)
	lock, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	switch {
	case errors.Is(err, syscall.EISDIR):
		return nil, fmt.Errorf("the data directory cannot be locked: %w (move that folder away)", err)
	case errors.Is(err, fs.ErrPermission):
		return nil, noRights(dir, err)
	case err != nil:
		return nil, fmt.Errorf("the data directory cannot be written: %w (make it writable, or choose another with MONITORINK_DATA_DIR)", err)
	}
	for end := time.Now().Add(lockPatience); ; <-time.After(lockAgain) {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return lock, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(end) {
			break
		}
	}
	lock.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("%s: %w: end it first, or give this one a directory of its own with MONITORINK_DATA_DIR", dir, ErrLocked)
	}
	return nil, fmt.Errorf("lock %s: %w (its file system may know no locks, as some on a network: choose a directory on a local disk with MONITORINK_DATA_DIR)", name, err)
}

func (s *State) path() string { return filepath.Join(s.dir, stateName) }

// Definitions returns what was last applied, and what is kept of earlier times, removals
// included. The list is not the
// caller's to change.
func (s *State) Definitions() []Definition { return s.set }

// Monitors returns the definitions that were last applied.
func (s *State) Monitors() []data.Monitor {
	var list []data.Monitor
	var all data.Expander
	for i := range s.set {
		if d := &s.set[i]; d.Holds() {
			list = append(list, *all.Monitor(&d.Compact))
		}
	}
	return list
}

// Save persists set: after it, a crash leaves either the old or the new one.
func (s *State) Save(set []Definition) error {
	write := func(w io.Writer) error { return writeState(w, s.Location(), set) }
	if err := replaceBy(s.path(), write); err != nil {
		return fmt.Errorf("persist %d definitions: %w", len(set), err)
	}
	s.set = set
	return nil
}

// writeState writes a stateFile one definition at a time, since there may be very many.
func writeState(to io.Writer, location string, set []Definition) error {
	b, err := json.Marshal(stateFile{Form: stateForm, Location: location, Definitions: []json.RawMessage{}})
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(to, 64<<10) // its Flush returns what went wrong before
	end := len(b) - len("]}")
	_, _ = w.Write(b[:end])
	for i := range set {
		one, err := set[i].encode()
		if err != nil {
			return err
		}
		if i > 0 {
			_ = w.WriteByte(',')
		}
		_, _ = w.Write(one)
	}
	_, _ = w.Write(b[end:])
	return w.Flush()
}

// replace writes a file anew so that a crash leaves the old one or the new one.
func replace(path string, b []byte) error {
	return replaceBy(path, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// replaceBy is replace of what write writes.
func replaceBy(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // harmless once it is renamed
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err == nil {
		err = errors.Join(d.Sync(), d.Close())
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errUnsynced, err)
	}
	return nil
}

// Close gives the lock up.
func (s *State) Close() error {
	if s.lock == nil {
		return nil
	}
	return s.lock.Close()
}
