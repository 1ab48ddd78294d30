package e2e_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPlanSaysWhatAReloadWouldDo(t *testing.T) {
	t.Parallel()
	w, file, dir := newWitness(t), filepath.Join(t.TempDir(), "monitors.yaml"), t.TempDir()
	put(t, file, set(w, "a", "100ms", "b", "200ms", "c", "1s", "d", "100ms"))
	env, url := diskEnv(t, dir, "MONITORINK_MONITORS="+file)
	ask := func(args ...string) (int, string) {
		t.Helper()
		p := start(t, "heartbeat", env, append([]string{"plan"}, args...)...)
		return p.wait(10 * time.Second), p.out.String()
	}
	if code, text := ask(); code != 0 || !strings.Contains(text, "everything starts") || !strings.Contains(text, "4 start, 0 stop, 0 change") {
		t.Errorf("before the first start: %d\n%s", code, text)
	}
	p := start(t, "heartbeat", env, "run")
	eventually(t, 10*time.Second, "ready", func() bool { return get(url+"/readyz", nil) == 200 })
	if code, text := ask(); code != 0 || text != "0 start, 0 stop, 0 change (0 keep their phase), 4 stay as they are\n" {
		t.Errorf("nothing has changed: %d\n%s", code, text)
	}
	other := filepath.Join(t.TempDir(), "new.yaml")
	// Any two intervals have slots in common: these once in 23 hours.
	put(t, other, strings.Replace(set(w, "a", "100ms", "b", "23h", "c", "1s", "e", "1s"), "id: c,", "id: c, headers: { x-key: hunter2 },", 1))
	code, text := ask(other, "--json")
	var did struct {
		Starts, Stops []struct{ Monitor string }
		Changes       []struct {
			Monitor    string
			Fields     []string
			KeepsPhase bool   `json:"keeps_phase"`
			Before     string `json:"next_before"`
			After      string `json:"next_after"`
		}
		Unchanged int
	}
	if err := json.Unmarshal([]byte(text), &did); err != nil || code != 0 {
		t.Fatalf("%d, %v\n%s", code, err, text)
	}
	for i := range did.Changes {
		c := &did.Changes[i]
		if c.KeepsPhase != (c.Before == c.After) {
			t.Errorf("%+v", c)
		}
		c.Before, c.After = "", ""
	}
	if got := fmt.Sprint(did); got != "{[{e}] [{d}] [{b [every] false  } {c [headers.X-Key] true  }] 1}" {
		t.Errorf("got %s", got)
	}
	code, text = ask(other)
	for _, part := range []string{"+ e starts", "- d stops", "~ b changes: every; next slot 20", "~ c changes: headers.X-Key; keeps its phase", "1 start, 1 stop, 2 change (1 keep their phase), 1 stay as they are"} {
		if !strings.Contains(text, part) || code != 0 {
			t.Errorf("exit code %d, and it does not say %q:\n%s", code, part, text)
		}
	}
	if strings.Contains(text, "hunter2") {
		t.Error("it shows a value")
	}
	// Any two intervals have slots in common: these once in 23 hours.
	put(t, other, strings.Replace(set(w, "a", "100ms", "b", "23h", "c", "never"), "id: b,", "id: b, frobnicate: 1,", 1))
	code, text = ask(other)
	for _, part := range []string{"0 start, 1 stop, 0 change (0 keep their phase), 3 stay as they are (2 of them for what is wrong)", "frobnicate"} {
		if !strings.Contains(text, part) || code != 2 {
			t.Errorf("exit code %d, and it does not say %q:\n%s", code, part, text)
		}
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}
