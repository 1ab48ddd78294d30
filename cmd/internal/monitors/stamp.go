package monitors

import (
	"fmt"
	"hash/fnv"
	"os"
	"syscall"
	"time"
)

// A Stamp tells one state of files from another without reading them.
type Stamp struct {
	sum    [16]byte
	newest time.Time
}

// Same reports whether s and o are of the same state.
func (s Stamp) Same(o Stamp) bool { return s.sum == o.sum }

// Quiet reports whether nothing was written within d of now.
func (s Stamp) Quiet(now time.Time, d time.Duration) bool { return now.Sub(s.newest).Abs() >= d }

// Look takes the stamp of what Load would read at path: the names, sizes, times and
// identities of what links lead to.
func Look(path string) Stamp {
	files, errs := list(path)
	s := LookAt(append(files, path))
	if errs != nil {
		h := fnv.New128a()
		fmt.Fprintf(h, "%s%v", s.sum, errs)
		h.Sum(s.sum[:0])
	}
	return s
}

// LookAt takes the stamp of files.
func LookAt(files []string) (s Stamp) {
	h := fnv.New128a()
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			fmt.Fprintf(h, "%s\x00%v\x00", file, err)
			continue
		}
		inode := uint64(0)
		if s, ok := info.Sys().(*syscall.Stat_t); ok {
			inode = s.Ino
		}
		fmt.Fprintf(h, "%s\x00%d\x00%d\x00%v\x00%d\x00", file, info.Size(), info.ModTime().UnixNano(), info.Mode(), inode)
		if info.ModTime().After(s.newest) {
			s.newest = info.ModTime()
		}
	}
	h.Sum(s.sum[:0])
	return s
}
