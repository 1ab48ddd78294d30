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
	t.Parallel()
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
