package cli

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Root resets a ledger that is another user's, and that user can go on with it.
func TestWhatRootWritesBelongsToTheOwnerOfTheFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root writes where others own")
	}
	const user = 65532
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "elsewhere")
	spool := filepath.Join(dir, "spool")
	written, linked, second := filepath.Join(spool, "cursor"), filepath.Join(dir, "linked"), filepath.Join(dir, "second")
	if err := os.Mkdir(spool, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{written, elsewhere} {
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{os.Symlink(elsewhere, linked), os.Link(elsewhere, second), os.Chown(spool, user, user), os.Chown(dir, user, user)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(t.TempDir(), "state") // as systemd has /var/lib/monitorink
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := giveBack(link); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]uint32{written: user, elsewhere: 0} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Sys().(*syscall.Stat_t).Uid; got != want {
			t.Errorf("%s belongs to user %d, want %d", filepath.Base(name), got, want)
		}
	}
}
