package probe

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// readFile returns what the file at path holds, if it is at most so many bytes.
func readFile(path string, most int64) (string, error) {
	shown := bounded(path)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", fmt.Errorf("the file %s cannot be read: %w", shown, cause(err))
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is not a file; name one", shown)
	case info.Size() > most:
		return "", fmt.Errorf("the file %s has %d bytes, and at most %d are read; leave in it what is needed", shown, info.Size(), most)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("the file %s cannot be read: %w", shown, cause(err))
	}
	defer f.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return "", fmt.Errorf("the file %s cannot be read: %w", shown, cause(err))
	}
	return string(b), nil
}

// cause is err without the path.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
