// Package regular reads files of a user's choice: never without end, and never what
// would block.
package regular

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// ErrNot says that something is there, and is not a regular file.
var ErrNot = errors.New("not a regular file")

// Read returns at most one byte more than most of the file at path, so that one that is
// too large can be told, and what is known of it. What is not a file is not even opened:
// a pipe would block, and a device may never end.
func Read(path string, most int64) ([]byte, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, info, ErrNot
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, info, err
	}
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	return b, info, errors.Join(err, f.Close())
}
