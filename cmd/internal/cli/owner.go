package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// giveBack gives what root has written in dir to whom dir belongs, so that heartbeat, which
// runs as another user, can go on with it. A file with a second name may be one from
// elsewhere, and a link leads there: both stay as they are.
func giveBack(dir string) error {
	owner, err := owned(os.Stat(dir))
	if err != nil || os.Geteuid() != 0 || owner.Uid == 0 {
		return err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
		if err != nil {
			return err
		}
		st, err := owned(f.Stat())
		if err == nil && st.Uid == 0 && st.Nlink == 1 {
			err = f.Chown(int(owner.Uid), int(owner.Gid))
		}
		return errors.Join(err, f.Close())
	})
}

// owned is what the system says of a file, whose owner is among it.
func owned(info fs.FileInfo, err error) (*syscall.Stat_t, error) {
	if err != nil {
		return nil, err
	}
	return info.Sys().(*syscall.Stat_t), nil // of every file that os has looked at
}
