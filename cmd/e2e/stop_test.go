package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSIGTERMWhileAStartWaitsForTheQueueEndsWithZero(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "monitors.yaml")
	var b strings.Builder
	b.WriteString("monitors:\n")
	for i := range 400 {
		fmt.Fprintf(&b, "  - { id: m%d, url: '%s/%d?%s', every: 200ms }\n", i, w.url, i, strings.Repeat("x", 600))
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	env, url := diskEnv(t, dir, "MONITORINK_MONITORS="+file, "MONITORINK_SPOOL_SIZE=1MiB")
	p := start(t, "heartbeat", env, "run") // and no collector
	var problems struct{ Problems []struct{ Name string } }
	full := func() bool {
		if get(url+"/readyz", &problems) != 503 {
			return false
		}
		for _, x := range problems.Problems {
			if x.Name == "queue" {
				return true
			}
		}
		return false
	}
	eventually(t, 20*time.Second, "the spool is full", full)
	p.kill()
	p = start(t, "heartbeat", env, "run")
	eventually(t, 20*time.Second, "a start that says it waits for the queue", full)
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d for SIGTERM during the start, want 0", code)
	}
}
