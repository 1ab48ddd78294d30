package references

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/monitorink/monitorink/cmd/internal/regular"
)

// MaxFile is the most bytes that the file of a secret may have.
const MaxFile = 64 << 10

// A Resolver knows what references stand for. It may be used concurrently.
type Resolver struct {
	folder string
	lookup func(name string) (string, bool)

	mu    sync.Mutex
	files map[string]content // what was read of them, by their path
	named map[string]bool    // the paths of all files that were asked for
}

type content struct {
	text    string
	warning string
	err     error
}

// New returns a resolver of variables as lookup has them, and of files, whose relative
// paths are relative to folder.
func New(folder string, lookup func(name string) (string, bool)) *Resolver {
	if absolute, err := filepath.Abs(folder); err == nil {
		folder = absolute
	}
	return &Resolver{folder: folder, lookup: lookup, files: map[string]content{}, named: map[string]bool{}}
}

// Forget makes r read files anew.
func (r *Resolver) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.files)
}

// Resolve returns what the text of a reference, such as env:NAME, stands for, and a
// warning where that is not kept as a secret should be. It does not know texts that are
// of no Kind. The error repeats no secret.
func (r *Resolver) Resolve(ref string) (text, warning string, known bool, err error) {
	switch kind := Kind(ref); kind {
	case "env:":
		text, err = r.variable(ref[len(kind):])
		return text, "", true, err
	case "file:":
		c := r.file(ref[len(kind):])
		return c.text, c.warning, true, c.err
	}
	return "", "", false, nil
}

func (r *Resolver) variable(name string) (string, error) {
	if name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return "", fmt.Errorf("${env:%s} names no variable; write letters, digits and underscores, such as ${env:API_TOKEN}", name)
	}
	value, ok := r.lookup(name)
	switch {
	case !ok:
		return "", fmt.Errorf("the variable %s is not set; set it in the environment of heartbeat, or write $${env:%s} for the text itself", name, name)
	case value == "":
		return "", fmt.Errorf("the variable %s is empty; give it a value, or leave ${env:%s} out", name, name)
	}
	return value, nil
}

// Path is path made absolute.
func (r *Resolver) Path(path string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.folder, path)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.named[path] = true
	return path
}

// Files returns the paths of all files that definitions have named so far, sorted.
func (r *Resolver) Files() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.named))
}

func (r *Resolver) file(path string) content {
	if path == "" {
		return content{err: errors.New("${file:} names no file; write such as ${file:secrets/token}")}
	}
	path = r.Path(path)
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.files[path]
	if !ok {
		c = read(path)
		r.files[path] = c
	}
	return c
}

// read reads the file of a secret.
func read(path string) content {
	b, info, err := regular.Read(path, MaxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return content{err: fmt.Errorf("there is no file %s; write one with the secret in it, or name another", path)}
	case errors.Is(err, regular.ErrNot):
		return content{err: fmt.Errorf("%s is not a file; name one", path)}
	case err != nil:
		return content{err: fmt.Errorf("the file cannot be read: %w; give this user the right to read it", err)}
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	switch {
	case len(b) > MaxFile:
		return content{err: fmt.Errorf("the file %s has %d bytes, and a secret at most %d (64 KiB); name the right one", path, max(info.Size(), int64(len(b))), MaxFile)}
	case text == "":
		return content{err: fmt.Errorf("the file %s is empty; write the secret into it", path)}
	}
	c := content{text: text}
	if info.Mode().Perm()&0o004 != 0 {
		c.warning = fmt.Sprintf("everyone on this machine may read %s; forbid it with chmod o-r", path)
	}
	return c
}
