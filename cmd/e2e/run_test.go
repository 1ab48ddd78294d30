package e2e_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

type list struct {
	Items []map[string]any `json:"items"`
	Next  string           `json:"next"`
}

func TestRunServesMeasurementsThatGrowAndDrainsOnSIGTERM(t *testing.T) {
	w := newWitness(t)
	addr := freeAddr(t)
	began := time.Now()
	p := start(t, "monitorink", []string{
		"MONITORINK_URLS=" + w.url + "/a," + w.url + "/b", "MONITORINK_SCHEDULE=@every 200ms", "MONITORINK_COLLECTOR_ADDR=" + addr,
	}, "run")
	api := "http://" + addr + "/api/v1/monitors"
	var monitors list
	eventually(t, 10*time.Second, "both monitors", func() bool { return get(api, &monitors) == 200 && len(monitors.Items) == 2 })
	id := strings.ReplaceAll(monitors.Items[0]["monitor"].(string), "/", "%2F")
	var first, later list
	eventually(t, 10*time.Second, "a first measurement", func() bool {
		return get(api+"/"+id+"/measurements", &first) == 200 && len(first.Items) > 0
	})
	t.Logf("the first measurement was served %v after the start", time.Since(began).Round(time.Millisecond))
	eventually(t, 10*time.Second, "more measurements", func() bool {
		return get(api+"/"+id+"/measurements", &later) == 200 && len(later.Items) > len(first.Items)+2
	})
	if state := later.Items[0]["state"]; state != "up" {
		t.Errorf("state is %v, want up", state)
	}
	for _, path := range []string{"/livez", "/readyz", "/metrics", "/"} {
		if code := get("http://"+addr+path, nil); code != 200 {
			t.Errorf("GET %s: %d, want 200", path, code)
		}
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d after SIGTERM, want 0", code)
	}
}

func TestTwoProcessesGoOnAfterKill9OfEither(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	hb, co := freeAddr(t), freeAddr(t)
	env := []string{
		"MONITORINK_URLS=" + w.url + "/x", "MONITORINK_SCHEDULE=@every 200ms",
		"MONITORINK_HEARTBEAT_ADDR=" + hb, "MONITORINK_COLLECTOR_ADDR=" + co, "MONITORINK_QUEUE_URL=http://" + hb,
	}
	producer, consumer := start(t, "heartbeat", env, "run"), start(t, "collector", env, "run")
	grows := func() {
		t.Helper()
		var monitors, before, after list
		api := "http://" + co + "/api/v1/monitors"
		eventually(t, 20*time.Second, "a monitor", func() bool { return get(api, &monitors) == 200 && len(monitors.Items) == 1 })
		id := strings.ReplaceAll(monitors.Items[0]["monitor"].(string), "/", "%2F")
		eventually(t, 5*time.Second, "an answer", func() bool { return get(api+"/"+id+"/measurements?limit=1000", &before) == 200 })
		eventually(t, 20*time.Second, "more measurements", func() bool {
			return get(api+"/"+id+"/measurements?limit=1000", &after) == 200 && len(after.Items) > len(before.Items)+2
		})
	}
	grows()
	consumer.kill()
	consumer = start(t, "collector", env, "run")
	grows()
	eventually(t, 20*time.Second, "the new collector knows the definition", func() bool {
		var monitors list
		return get("http://"+co+"/api/v1/monitors", &monitors) == 200 && len(monitors.Items) == 1 && monitors.Items[0]["registration"] != nil
	})
	producer.kill()
	producer = start(t, "heartbeat", env, "run")
	grows()
	if code := producer.stop(); code != 0 {
		t.Errorf("heartbeat: exit code %d after SIGTERM, want 0", code)
	}
	if code := consumer.stop(); code != 0 {
		t.Errorf("collector: exit code %d after SIGTERM, want 0", code)
	}
}

func TestWhatTheUserCanMendEndsWithOneClearMessage(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "monitors.yaml")
	if err := os.WriteFile(file, []byte("monitors:\n  - id: a\n    url: http://127.0.0.1/\n    evry: 1s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, program string
		env, args     []string
		code          int
		want          []string
	}{
		{"queue", "monitorink", []string{"MONITORINK_QUEUE=rabbit"}, []string{"run"}, 2, []string{"MONITORINK_QUEUE", "rabbit", "memory", "disk", "kafka"}},
		{"key", "heartbeat", []string{"MONITORINK_MONITORS=" + file}, []string{"run"}, 2, []string{file + ":4", "evry", "every"}},
		{"validate", "heartbeat", nil, []string{"validate", file}, 2, []string{file + ":4", "evry", "every"}},
		{"missing", "monitorink", []string{"MONITORINK_MONITORS=/nonexistent.yaml"}, []string{"run"}, 2, []string{"/nonexistent.yaml", "MONITORINK_URLS"}},
		{"port", "monitorink", []string{"MONITORINK_URLS=http://127.0.0.1/", "MONITORINK_COLLECTOR_ADDR=" + taken.Addr().String()}, []string{"run"}, 1, []string{taken.Addr().String(), "taken", "MONITORINK_COLLECTOR_ADDR"}},
		{"flag", "heartbeat", nil, []string{"run", "--fast"}, 2, []string{"--fast", "--help"}},
		{"command", "collector", nil, []string{"rnu"}, 2, []string{"rnu"}},
		{"token", "heartbeat", []string{"MONITORINK_HEARTBEAT_ADDR=0.0.0.0:0", "MONITORINK_URLS=http://127.0.0.1/"}, []string{"run"}, 2, []string{"MONITORINK_TOKEN"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := append([]string{"MONITORINK_HEARTBEAT_ADDR=127.0.0.1:0", "MONITORINK_COLLECTOR_ADDR=127.0.0.1:0"}, c.env...)
			p := start(t, c.program, env, c.args...)
			if code := p.wait(20 * time.Second); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, part := range c.want {
				if out := p.out.String(); !strings.Contains(out, part) {
					t.Errorf("the message does not say %q:\n%s", part, out)
				}
			}
		})
	}
}

func TestTwoHeartbeatsOnOneDataDirectory(t *testing.T) {
	dir := t.TempDir()
	env := func() []string {
		return []string{"MONITORINK_URLS=http://127.0.0.1:1/", "MONITORINK_QUEUE=disk", "MONITORINK_DATA_DIR=" + dir, "MONITORINK_HEARTBEAT_ADDR=" + freeAddr(t)}
	}
	one := env()
	first := start(t, "heartbeat", one, "run")
	ready := "http://" + strings.TrimPrefix(one[3], "MONITORINK_HEARTBEAT_ADDR=") + "/readyz"
	eventually(t, 10*time.Second, "the first is ready", func() bool { return get(ready, nil) == 200 })
	says(t, one, 0, "heartbeat check", "a heartbeat runs on it")
	second := start(t, "heartbeat", env(), "run")
	if code := second.wait(10 * time.Second); code == 0 {
		t.Error("the second ended with 0")
	}
	if out := second.out.String(); !strings.Contains(out, "another heartbeat uses this data directory") {
		t.Errorf("the second says:\n%s", out)
	}
	moved := start(t, "heartbeat", append(env(), "MONITORINK_LOCATION=elsewhere"), "run")
	moved.wait(10 * time.Second)
	if code := first.stop(); code != 0 {
		t.Errorf("the first: exit code %d, want 0", code)
	}
	moved = start(t, "heartbeat", append(env(), "MONITORINK_LOCATION=elsewhere"), "run")
	if code := moved.wait(10 * time.Second); code == 0 || !strings.Contains(moved.out.String(), "MONITORINK_LOCATION") {
		t.Errorf("another location: exit code %d, and it says:\n%s", code, moved.out.String())
	}
}
