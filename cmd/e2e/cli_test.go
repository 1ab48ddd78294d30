package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
)

func TestProbeShowsWhereTheTimeWent(t *testing.T) {
	w := newWitness(t)
	p := start(t, "heartbeat", nil, "probe", w.url+"/x")
	if code := p.wait(10 * time.Second); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	for _, part := range []string{"GET " + w.url + "/x", "HTTP/1.1 200", "connect", "first byte", "total", "ok    status  saw 200", "\nup\n"} {
		if !strings.Contains(p.out.String(), part) {
			t.Errorf("it does not show %q:\n%s", part, p.out)
		}
	}
	p = start(t, "heartbeat", nil, "probe", "http://"+freeAddr(t)+"/", "--json")
	if code := p.wait(10 * time.Second); code != 1 {
		t.Errorf("exit code %d for a target that is down, want 1", code)
	}
	line, _, _ := strings.Cut(p.out.String(), "\n")
	e, err := data.Decode([]byte(line))
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	if m := e.(*data.Measurement); m.State != data.Down || m.Error.Kind != data.ErrRefused {
		t.Errorf("%+v, want refused", m.Error)
	}
}

func TestNextListsTheSlotsOfAMonitor(t *testing.T) {
	file := filepath.Join(t.TempDir(), "monitors.yaml")
	text := "monitors:\n  - { id: night, url: 'http://127.0.0.1/', cron: '30 2 * * *', timezone: Europe/Berlin }\n  - { id: bad, url: nowhere }\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"MONITORINK_MONITORS=" + file}
	p := start(t, "heartbeat", env, "next", "night", "--from", "2026-03-28T00:00:00Z", "--count", "3")
	if code := p.wait(10 * time.Second); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	want := "2026-03-28T01:30:00.000Z   Sat 02:30:00 CET\n2026-03-29T01:00:00.000Z   Sun 03:00:00 CEST\n2026-03-30T00:30:00.000Z   Mon 02:30:00 CEST\n"
	if got := p.out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	p = start(t, "heartbeat", env, "next", "bad")
	if code := p.wait(10 * time.Second); code != 2 || !strings.Contains(p.out.String(), file+":3") {
		t.Errorf("exit code %d, and it says\n%s", code, p.out)
	}
}
