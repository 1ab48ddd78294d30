package monitors

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	maxFiles = 10_000 // that are read
	maxDepth = 16     // of folders that lie in one another
)

// A walk goes through the files at a path.
type walk struct {
	// take is told of a file, and what monitors in it get by default; of one of
	// defaults it returns what they make of that.
	take  func(path string, base *draft, onlyDefaults bool) *draft
	files int // that may have monitors, and were taken
	errs  *Errors
}

// list returns the files that Load reads at path.
func list(path string) ([]string, Errors) {
	var files []string
	var errs Errors
	w := walk{errs: &errs, take: func(file string, base *draft, _ bool) *draft {
		files = append(files, file)
		return base
	}}
	w.path(path, nil)
	return files, errs
}

// path takes the file at path, or those of the folder.
func (w *walk) path(path string, base *draft) {
	info, err := os.Stat(path)
	_, missing := os.Lstat(path)
	switch {
	case errors.Is(missing, fs.ErrNotExist):
		w.wrong(path, "there is no such file or folder; name one in MONITORINK_MONITORS, or list URLs in MONITORINK_URLS, or write this into it:\n%s", sample)
	case err != nil:
		w.wrong(path, "%s", unread("file", err))
	case info.IsDir():
		w.folder(path, base, []os.FileInfo{info})
		if w.files == 0 && len(*w.errs) == 0 {
			w.wrong(path, "the folder has no file that ends in .yaml or .yml; write one such as:\n%s", sample)
		}
	default:
		w.take(path, base, isDefaults(path))
	}
}

func (w *walk) wrong(path, format string, args ...any) {
	*w.errs = append(*w.errs, whole(path, format, args...))
}

// isDefaults reports whether a file says what the others in its folder, and below, get
// by default.
func isDefaults(path string) bool {
	name := filepath.Base(path)
	return name == "defaults.yaml" || name == "defaults.yml"
}

// folder takes all files of a folder, which is the last of those that it lies in. What
// begins with a dot is not looked at: so it does not matter that a ConfigMap is a folder
// of links into one named ..data.
func (w *walk) folder(path string, base *draft, within []os.FileInfo) {
	entries, err := os.ReadDir(path)
	if err != nil {
		w.wrong(path, "%s", unread("folder", err))
		return
	}
	var names []string
	for _, e := range entries {
		if name := e.Name(); !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	first := ""
	for _, name := range names {
		file := filepath.Join(path, name)
		switch {
		case !isDefaults(name):
		case first != "":
			w.wrong(file, "%s is there as well; write both into one", first)
		default:
			first = name
			base = w.take(file, base, true)
		}
	}
	for _, name := range names {
		if isDefaults(name) || w.files > maxFiles {
			continue
		}
		file := filepath.Join(path, name)
		info, err := os.Stat(file)
		if err == nil && info.IsDir() {
			w.below(file, info, base, within)
			continue
		}
		if ext := filepath.Ext(name); ext != ".yaml" && ext != ".yml" {
			continue
		}
		if w.files++; w.files > maxFiles {
			w.wrong(file, "there are more than %d files, which is all that are read; write monitors together", maxFiles)
			return
		}
		w.take(file, base, false)
	}
}

// below takes a folder in another.
func (w *walk) below(path string, info os.FileInfo, base *draft, within []os.FileInfo) {
	switch {
	case slices.ContainsFunc(within, func(f os.FileInfo) bool { return os.SameFile(f, info) }):
		w.wrong(path, "the link leads back to a folder that it is in; remove it")
	case len(within) >= maxDepth:
		w.wrong(path, "it is the folder in a folder, %d deep, which is as far as they are looked into; move it up", maxDepth)
	default:
		w.folder(path, base, append(within[:len(within):len(within)], info))
	}
}
