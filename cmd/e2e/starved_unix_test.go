//go:build unix

package e2e_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A trap is a target that answers at once, until it is set: then the next request
// of a path is caught, and waits for its release or for its end.
type trap struct {
	set     atomic.Pointer[string]
	caught  chan struct{}
	release chan struct{}
}

func (tr *trap) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	if path := tr.set.Load(); path == nil || *path != r.URL.Path || !tr.set.CompareAndSwap(path, nil) {
		return
	}
	tr.caught <- struct{}{}
	select {
	case <-tr.release:
	case <-r.Context().Done():
	}
}

// stop stops p with SIGSTOP for d as soon as a probe of path is under way.
func (tr *trap) stop(t *testing.T, p *process, path string, d time.Duration) {
	t.Helper()
	tr.set.Store(&path)
	select {
	case <-tr.caught:
	case <-time.After(20 * time.Second):
		t.Fatalf("no probe of %s", path)
	}
	p.cmd.Process.Signal(syscall.SIGSTOP)
	<-time.After(d) // nothing tells of time but time
	p.cmd.Process.Signal(syscall.SIGCONT)
}

func TestProbesDuringWhichTheProberWasStoppedSaySo(t *testing.T) {
	tr := &trap{caught: make(chan struct{}, 1), release: make(chan struct{})}
	target := httptest.NewServer(tr)
	defer target.Close()
	file := filepath.Join(t.TempDir(), "monitors.yaml")
	text := "monitors:\n" +
		"  - { id: slow, url: '" + target.URL + "/slow', every: 2s, timeout: 2s }\n" +
		"  - { id: hasty, url: '" + target.URL + "/hasty', every: 1s, timeout: 600ms }\n" +
		"  - { id: quick, url: '" + target.URL + "/quick', every: 100ms }\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	addr := freeAddr(t)
	p := start(t, "monitorink", []string{"MONITORINK_MONITORS=" + file, "MONITORINK_COLLECTOR_ADDR=" + addr}, "run")
	rows := func(id string) []map[string]any {
		var l list
		get("http://"+addr+"/api/v1/monitors/"+id+"/measurements?limit=1000", &l)
		return l.Items
	}
	eventually(t, 20*time.Second, "measurements of before", func() bool { return len(rows("quick")) >= 10 })
	before := rows("quick")

	tr.stop(t, p, "/slow", time.Second)
	close(tr.release)
	want := func(id, state string, least float64) {
		t.Helper()
		var worst map[string]any
		eventually(t, 20*time.Second, "the measurement of "+id, func() bool {
			for _, r := range rows(id) {
				if r["phases"].(map[string]any)["total_us"].(float64) >= 900_000 {
					worst = r
					return true
				}
			}
			return false
		})
		if worst["degraded_us"].(float64) < least || worst["state"] != state {
			t.Errorf("%s: %v with degraded_us %v, want %s and at least %v", id, worst["state"], worst["degraded_us"], state, least)
		}
	}
	want("slow", "up", 800_000)
	tr.release = make(chan struct{})
	tr.stop(t, p, "/hasty", time.Second)
	want("hasty", "down", 800_000)
	for _, r := range before {
		if us := r["degraded_us"].(float64); us >= 500_000 {
			t.Errorf("a measurement of before is marked with %v µs", us)
		}
	}
	var metrics string
	if res, err := http.Get("http://" + addr + "/metrics"); err == nil {
		b := make([]byte, 1<<20)
		n, _ := io.ReadFull(res.Body, b)
		res.Body.Close()
		metrics = string(b[:n])
	}
	for _, name := range []string{"monitorink_probe_degraded_seconds_count", "monitorink_scheduling_delay_seconds_total", "monitorink_processor_wait_seconds "} {
		if !strings.Contains(metrics, name) {
			t.Errorf("/metrics does not tell %s", name)
		}
	}
}
