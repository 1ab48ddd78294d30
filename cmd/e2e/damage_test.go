package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// diskEnv is a heartbeat with a spool in dir, and where it listens.
func diskEnv(t *testing.T, dir string, more ...string) (env []string, url string) {
	t.Helper()
	addr := freeAddr(t)
	return append([]string{
		"MONITORINK_QUEUE=disk", "MONITORINK_DATA_DIR=" + dir, "MONITORINK_HEARTBEAT_ADDR=" + addr, "MONITORINK_LOCATION=here",
	}, more...), "http://" + addr
}

func TestABadFileAtTheStartLeavesThePersistedMonitorsAtWork(t *testing.T) {
	w := newWitness(t)
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "monitors.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("monitors:\n  - { id: a, url: '" + w.url + "/a', every: 200ms }\n  - { id: b, url: '" + w.url + "/b', every: 200ms }\n")
	env, url := diskEnv(t, dir, "MONITORINK_MONITORS="+file)
	p := start(t, "heartbeat", env, "run")
	eventually(t, 10*time.Second, "probes of both", func() bool { return len(w.answered("/a")) > 1 && len(w.answered("/b")) > 1 })
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	write("monitors:\n  - { id: a, url: '" + w.url + "/new', every: 200ms }\n  - { id: b, url: 'ftp://nowhere/' }\n")
	before := len(w.answered("/b"))
	p = start(t, "heartbeat", env, "run")
	eventually(t, 10*time.Second, "the new a and the old b", func() bool {
		return len(w.answered("/new")) > 1 && len(w.answered("/b")) > before+1
	})
	eventually(t, 5*time.Second, "ready", func() bool { return get(url+"/readyz", nil) == 200 })
	if out := p.out.String(); !strings.Contains(out, file) || !strings.Contains(out, "last good definition") {
		t.Errorf("it does not say what is wrong:\n%s", out)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

func TestADamagedSpoolLosesNoMoreThanTheDamage(t *testing.T) {
	w := newWitness(t)
	dir := t.TempDir()
	env, url := diskEnv(t, dir, "MONITORINK_URLS="+w.url+"/a", "MONITORINK_SCHEDULE=@every 100ms")
	p := start(t, "heartbeat", env, "run")
	eventually(t, 10*time.Second, "some probes", func() bool { return len(w.answered("/a")) > 10 })
	p.kill()
	segments, err := filepath.Glob(filepath.Join(dir, "spool", "*.segment"))
	if err != nil || len(segments) == 0 {
		t.Fatalf("no segments in the spool: %v", err)
	}
	biggest, size := "", int64(0)
	for _, s := range segments {
		if info, err := os.Stat(s); err == nil && info.Size() > size {
			biggest, size = s, info.Size()
		}
	}
	b, err := os.ReadFile(biggest)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 0x40
	if err := os.WriteFile(biggest, append(b, "half a rec"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "spool", "notes.txt"), []byte("not ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	p = start(t, "heartbeat", env, "run")
	eventually(t, 10*time.Second, "ready", func() bool { return get(url+"/readyz", nil) == 200 })
	if out := p.out.String(); !strings.Contains(out, "corrupt=1") || !strings.Contains(out, "notes.txt") {
		t.Errorf("it does not tell of the damage, or of the file that is not its own:\n%s", out)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if _, err := os.Stat(filepath.Join(dir, "spool", "notes.txt")); err != nil {
		t.Errorf("the foreign file is gone: %v", err)
	}
}

func TestADataDirectoryThatCannotBeUsedIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "definitions.json"), []byte("{half"), 0o600); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{file: "MONITORINK_DATA_DIR", broken: "definitions.json"} {
		env, _ := diskEnv(t, dir, "MONITORINK_URLS=http://127.0.0.1:1/")
		p := start(t, "heartbeat", env, "run")
		if code := p.wait(10 * time.Second); code == 0 {
			t.Errorf("%s: exit code 0", dir)
		}
		if out := p.out.String(); !strings.Contains(out, dir) || !strings.Contains(out, want) || strings.Contains(out, "panic") {
			t.Errorf("%s: the message does not name it and %q:\n%s", dir, want, out)
		}
	}
}
