package daemon

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/metrics"
	"github.com/monitorink/monitorink/data"
)

func TestAWarningIsLoggedOnceForAsLongAsItHolds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "monitors.yaml")
	var log bytes.Buffer
	r := newReloader(&config.Config{Monitors: file}, slog.New(slog.NewTextHandler(&log, nil)), metrics.New("test"))
	const safe, unsafe = "monitors: [{ id: a, url: https://a.example/ }]", "monitors: [{ id: a, url: https://a.example/, tls: { insecure_skip_verify: true } }]"
	for i, step := range []struct {
		text string
		want int
	}{{unsafe, 1}, {unsafe, 0}, {"# moved\n" + unsafe, 0}, {safe, 0}, {unsafe, 1}} {
		if err := os.WriteFile(file, []byte(step.text), 0o600); err != nil {
			t.Fatal(err)
		}
		log.Reset()
		read := r.load
		if i == 0 { // at the start
			read = func() ([]data.Monitor, error) { return r.first(nil) }
		}
		if list, err := read(); err != nil || len(list) != 1 {
			t.Fatalf("%d monitors, %v", len(list), err)
		}
		if got := strings.Count(log.String(), "insecure_skip_verify"); got != step.want {
			t.Errorf("step %d warns %d times, want %d: %s", i, got, step.want, log.String())
		}
	}
}
