package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestADiskThatTheSpoolHasFilledGoesOnOnceItIsCollected fills a real file system to
// the last byte, kills heartbeat, starts it there, and lets a collector come.
func TestADiskThatTheSpoolHasFilledGoesOnOnceItIsCollected(t *testing.T) {
	t.Parallel()
	dir, store := t.TempDir(), t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("mount a small disk: %v", err)
	}
	t.Cleanup(func() { // before that of start, so that nothing uses it
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	w := newWitness(t)
	var urls []string
	for i := range 6 {
		urls = append(urls, fmt.Sprintf("%s/%s%d", w.url, strings.Repeat("x", 3000), i))
	}
	env, url := diskEnv(t, filepath.Join(dir, "data"), "MONITORINK_URLS="+strings.Join(urls, ","), "MONITORINK_SCHEDULE=@every 100ms")
	d := &daemon{start(t, "heartbeat", env, "run"), url}
	full := func() bool {
		words, ok := d.problems()
		return ok && strings.Contains(words["queue"], "no space left on device")
	}
	eventually(t, 40*time.Second, "the disk is full, and /readyz says so", full)
	says(t, env, 1, "heartbeat check", "FAIL  folder", "no space left on device", "make room on its disk")
	d.kill()
	if segments, err := filepath.Glob(filepath.Join(dir, "data", "spool", "*.segment")); err != nil || len(segments) != 1 {
		t.Fatalf("segments %v, %v, want a single one", segments, err)
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		t.Fatal(err)
	}
	// Whatever room is left is taken.
	filler, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = filler.Write(make([]byte, 4096))
	}
	filler.Close()
	d = &daemon{start(t, "heartbeat", env, "run"), url}
	eventually(t, 10*time.Second, "it waits for room, for its definitions or for events", func() bool {
		return full() || strings.Contains(d.out.String(), "no room for the definitions")
	})
	wantAll(t, store, url, "here")
	eventually(t, 10*time.Second, "ready by itself", d.ready)
	if info, err := os.Stat(filepath.Join(dir, "data", "spool", "reserve")); err != nil || info.Size() < 128<<10 {
		t.Errorf("the reserve: %v, %v, want that it is made again", info, err)
	}
	if out := d.out.String(); strings.Contains(out, "is damaged") {
		t.Errorf("a full disk is taken for damage:\n%s", tail(out))
	}
	ends(t, d.process)
}
