package e2e_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestShardsShareTheMonitors(t *testing.T) {
	t.Parallel()
	w, file := newWitness(t), filepath.Join(t.TempDir(), "monitors.yaml")
	put(t, file, set(w, "a", "1s", "b", "1s", "c", "1s", "d", "1s", "e", "1s", "f", "1s"))
	ask := func(shard string, args ...string) (int, string) {
		t.Helper()
		p := start(t, "heartbeat", []string{"MONITORINK_MONITORS=" + file, "MONITORINK_SHARD=" + shard, "MONITORINK_DATA_DIR=" + t.TempDir()}, args...)
		return p.wait(10 * time.Second), p.out.String()
	}
	for _, id := range []string{"a", "b", "c", "d", "e", "f"} {
		n := 0
		for _, shard := range []string{"1/3", "2/3", "3/3"} {
			code, text := ask(shard, "next", id, "--count", "1")
			switch {
			case code == 0:
				n++
			case code != 2 || !strings.Contains(text, "MONITORINK_SHARD is "+shard):
				t.Errorf("next %s of %s: exit code %d, %s", id, shard, code, text)
			}
			_, plan := ask(shard, "plan")
			if _, list := ask(shard, "list"); strings.Contains(list, w.url+"/"+id) != (code == 0) || strings.Contains(plan, "+ "+id+" starts") != (code == 0) {
				t.Errorf("%s: next, list and plan of %s do not agree", shard, id)
			}
		}
		if n != 1 {
			t.Errorf("%s is in %d of three shards", id, n)
		}
	}
	for shard, want := range map[string]string{"0/3": "the first of 3 is 1/3", "4/3": "the last of 3 shards is 3/3", "third": "such as 1/3"} {
		if code, text := ask(shard, "run"); code != 2 || !strings.Contains(text, "MONITORINK_SHARD") || !strings.Contains(text, want) {
			t.Errorf("%s: exit code %d, %s", shard, code, text)
		}
	}
}
