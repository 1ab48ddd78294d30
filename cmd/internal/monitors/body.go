package monitors

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// MaxBody is the most bytes that a file may have whose content is sent.
const MaxBody = 1 << 20

// ReadBody returns what a definition's body.file holds: file is relative to folder, the
// one that is configured or that holds the configured file.
func ReadBody(folder, file string) (string, error) {
	if !filepath.IsAbs(file) {
		file = filepath.Join(folder, file)
	}
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		return "", fmt.Errorf("%s cannot be read: %w", file, reason(err))
	}
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("%s cannot be read: %w; give this user the right to read it", file, reason(err))
	}
	defer f.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(io.LimitReader(f, MaxBody+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("%s cannot be read: %w", file, reason(err))
	case len(b) > MaxBody:
		return "", errors.New(file + " has more than 1 MiB, which is the most that is sent")
	}
	return string(b), nil
}
