package monitors_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
)

func TestWhatIsNoFileIsNotRead(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	endless := filepath.Join(dir, "zero.yaml")
	if err := os.Symlink("/dev/zero", endless); err != nil {
		t.Fatal(err)
	}
	_, err := monitors.Load(dir, monitors.Defaults{})
	if err == nil || !strings.Contains(err.Error(), pipe) || !strings.Contains(err.Error(), endless) || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("%v, want both named as not being files", err)
	}
}

func TestAURLHasABound(t *testing.T) {
	long := "http://shop.example/" + strings.Repeat("a", 9000)
	list, err := monitors.Parse("m.yaml", []byte("monitors:\n  - { id: a, url: '"+long+"' }\n  - { id: b, url: 'http://shop.example/' }\n"), monitors.Defaults{})
	if err == nil || !strings.Contains(err.Error(), "m.yaml:2") || !strings.Contains(err.Error(), "at most 8192") || len(err.Error()) > 500 {
		t.Errorf("%.300v, want the line and the bound, briefly", err)
	}
	if len(list) != 1 || list[0].ID != "b" {
		t.Errorf("%d monitors are good, want b alone", len(list))
	}
}
