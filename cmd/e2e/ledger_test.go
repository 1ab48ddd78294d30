package e2e_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/queue/spool"
)

// tree is every file under dir, with what it holds and when it was written.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		b, err := os.ReadFile(path)
		all[path] = info.ModTime().String() + string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLedgerShowsAndResetsWhatAStoppedHeartbeatLeft(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	dir := filepath.Join(t.TempDir(), "data")
	env := []string{
		"MONITORINK_DATA_DIR=" + dir, "MONITORINK_QUEUE=disk", "MONITORINK_URLS=" + w.url + "/a", "MONITORINK_SCHEDULE=@every 200ms",
		"MONITORINK_HEARTBEAT_ADDR=" + freeAddr(t), "MONITORINK_LOCATION=here",
	}
	says := func(code int, texts []string, args ...string) string {
		t.Helper()
		p := start(t, "heartbeat", env, append([]string{"ledger"}, args...)...)
		if got := p.wait(20 * time.Second); got != code {
			t.Errorf("ledger %v ends with %d, want %d:\n%s", args, got, code, p.out)
		}
		for _, text := range texts {
			if !strings.Contains(p.out.String(), text) {
				t.Errorf("ledger %v does not say %q:\n%s", args, text, p.out)
			}
		}
		return p.out.String()
	}
	says(1, []string{"there is no data directory", "MONITORINK_DATA_DIR"}, "show")
	if _, err := os.Stat(dir); err == nil {
		t.Error("show has made the directory")
	}
	p := start(t, "heartbeat", env, "run")
	eventually(t, 10*time.Second, "some probes", func() bool { return len(w.answered("/a")) > 5 })
	for _, command := range []string{"show", "reset"} {
		says(1, []string{"a heartbeat runs on " + dir, "end it first"}, command)
	}
	p.kill()
	segments, _ := filepath.Glob(filepath.Join(dir, "spool", "*.segment"))
	f, err := os.OpenFile(segments[len(segments)-1], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("torn"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	before := tree(t, dir)
	eventually(t, 10*time.Second, "a slot is missed", func() bool { return strings.Contains(says(0, nil, "show"), "(stopped)") })
	says(0, []string{"location         here", "1 persisted", "bytes torn at the end", "would write 1 gap (stopped)", " ago"}, "show")
	if !maps.Equal(before, tree(t, dir)) {
		t.Error("show has changed something on disk")
	}
	says(2, []string{"is not ahead of the clock"}, "reset")

	s, _, err := spool.Open(spool.Options{Dir: filepath.Join(dir, "spool")})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Checkpoint(context.WithoutCancel(t.Context()), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	says(0, []string{"ahead of the clock", "heartbeat ledger reset", "would write no gap"}, "show")
	says(0, []string{"the newest checkpoint is now", "may be measured again", "in the spool wait as before"}, "reset")
	var report struct {
		AheadMS  int64 `json:"ahead_ms"`
		Monitors []struct{ ID, Version, From string }
		Spool    struct{ Unsettled int64 }
	}
	if text := says(0, nil, "show", "--json"); json.Unmarshal([]byte(text), &report) != nil ||
		report.AheadMS > 0 || len(report.Monitors) != 1 || report.Monitors[0].Version == "" || report.Spool.Unsettled < 3 {
		t.Errorf("after the reset: %+v of %s", report, text)
	}

	mustWrite(t, filepath.Join(dir, "definitions.json"), `{"form":1,"location":"here","definitions":[{"id":7}]}`)
	if text := says(0, []string{"definitions.json is damaged", "sets aside what is damaged"}, "show"); strings.Contains(text, "no gap") {
		t.Errorf("show knows what the next start misses, without the definitions:\n%s", text)
	}
	says(1, []string{"start heartbeat once before"}, "reset", "--force")
}
