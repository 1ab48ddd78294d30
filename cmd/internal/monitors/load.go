package monitors

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/references"
	"github.com/monitorink/monitorink/cmd/internal/regular"
	"github.com/monitorink/monitorink/data"
)

// MaxFile is the most bytes that a file may have: 100,000 monitors of a dozen
// lines fit.
const MaxFile = 64 << 20

// Defaults are what monitors get that say nothing, in a file that says nothing.
type Defaults struct {
	Schedule data.Schedule // zero: every 10 s
	Timeout  time.Duration // never longer than the interval; 0: 5 s
}

func (d Defaults) orBuiltIn() Defaults {
	if d.Schedule == (data.Schedule{}) {
		d.Schedule.Every = data.Duration(10 * time.Second)
	}
	if d.Timeout <= 0 {
		d.Timeout = 5 * time.Second
	}
	return d
}

// A Reader reads monitors.
type Reader struct {
	Defaults Defaults
	// References resolves what monitors refer to. Nil: no variable is set, and no file
	// is looked at.
	References *references.Resolver
	// Memory makes a file that is read again quick to read. It may be nil.
	Memory *Memory
	// Warn is told of what is not wrong, and should be known. It may be nil.
	Warn func(Problem)
}

// Folder is the folder that paths in the definitions at path are relative to: path
// itself, or what it is in.
func Folder(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return path
	}
	return filepath.Dir(path)
}

// Load is that of a Reader with the variables of this process.
func Load(path string, d Defaults) ([]data.Monitor, error) {
	r := Reader{Defaults: d, References: references.New(Folder(path), os.LookupEnv)}
	return r.Load(path)
}

// Load reads the file at path, or all files in the folder, and in those in it, that
// end in .yaml or .yml, in the order of their names. It returns the good monitors, in
// the order of the files, and [Errors] when there is anything wrong.
func (r *Reader) Load(path string) ([]data.Monitor, error) {
	if r.References != nil {
		r.References.Forget()
	}
	r.Memory.begin()
	defer r.Memory.end()
	s := newSet(*r)
	w := walk{take: s.take, errs: &s.errs}
	w.path(path, s.builtIn())
	return s.monitors, s.errs.orNil()
}

// Parse reads one file that has been loaded already. It knows no references.
func Parse(name string, b []byte, d Defaults) ([]data.Monitor, error) {
	s := newSet(Reader{Defaults: d})
	s.add(name, b, s.builtIn(), isDefaults(name))
	return s.monitors, s.errs.orNil()
}

// take reads one file.
func (s *set) take(path string, base *draft, onlyDefaults bool) *draft {
	b, problem := read(path)
	if problem != nil {
		s.errs = append(s.errs, *problem)
		base = base.inherit(nil)
		base.bad = true
		return base
	}
	return s.add(path, b, base, onlyDefaults)
}

func whole(file, format string, args ...any) Problem {
	return Problem{File: file, Index: -1, Message: fmt.Sprintf(format, args...)}
}

const sample = `monitors:
  - id: shop
    url: https://shop.example/health`

func read(file string) ([]byte, *Problem) {
	b, info, err := regular.Read(file, MaxFile)
	switch {
	case errors.Is(err, regular.ErrNot):
		p := whole(file, "it is not a file but a device, a pipe or the like; name a file, or a folder of them")
		return nil, &p
	case err != nil:
		p := whole(file, "%s", unread("file", err))
		return nil, &p
	case len(b) > MaxFile:
		p := tooLarge(file, max(int64(len(b)), info.Size()))
		return nil, &p
	}
	return b, nil
}

// unread says why what is there cannot be read, and what to do.
func unread(what string, err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist): // but its name is there
		return "the link leads to nothing; let it lead to a file or a folder, or remove it"
	case errors.Is(err, syscall.ELOOP):
		return "the link leads back to itself; let it lead to a file or a folder, or remove it"
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("the %s cannot be read: %v; give this user the right to read it", what, reason(err))
	}
	return fmt.Sprintf("the %s cannot be read: %v", what, reason(err))
}

func tooLarge(file string, size int64) Problem {
	return whole(file, "the file has %d bytes, and at most %d (64 MiB) are read; split it, and name the folder", size, MaxFile)
}

// reason is err without the path, which the problem names already.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
