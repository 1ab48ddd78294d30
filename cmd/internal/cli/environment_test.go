package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/cli"
	"github.com/monitorink/monitorink/cmd/internal/config"
)

func says(t *testing.T, root *cobra.Command, args ...string) (string, int) {
	t.Helper()
	var out bytes.Buffer
	code := app.Run(t.Context(), root, args, &out, &out)
	return out.String(), code
}

func TestHelpListsTheVariablesThatAProgramReads(t *testing.T) {
	for _, root := range programs() {
		got, code := says(t, root, "help", "environment")
		if code != 0 {
			t.Fatalf("%s help environment: exit code %d", root.Name(), code)
		}
		for _, v := range config.Variables() {
			has := strings.Contains(got, "\n  "+v.Name+"=") || strings.Contains(got, "\n  "+v.Name+"\n") || strings.Contains(got, "\n  "+v.Name+", ")
			if reads := slices.Contains(v.Read, root.Name()); has != reads {
				t.Errorf("%s help environment has %s: %v, want %v", root.Name(), v.Name, has, reads)
			}
		}
		for line := range strings.Lines(got) {
			if len(line) > 100 && strings.Contains(strings.TrimSpace(line), " ") && !strings.Contains(line, "_FILE") {
				t.Errorf("%s help environment has a line of %d letters: %s", root.Name(), len(line), line)
			}
		}
	}
}

// Whoever asks the wrong one of three programs is told which is the right one.
func TestACommandOfAnotherProgramIsNamed(t *testing.T) {
	for i, mine := range programs() {
		for j, other := range programs() {
			for _, c := range other.Commands() {
				if i == j || c.Hidden || cli.Borrowed(c) || !c.Runnable() && !c.HasSubCommands() || slices.ContainsFunc(mine.Commands(), func(m *cobra.Command) bool { return m.Name() == c.Name() && !m.Hidden }) {
					continue
				}
				got, code := says(t, programs()[i], c.Name(), "--some=thing")
				if want := fmt.Sprintf("is a command of %s: write %[1]s %s --some=thing", other.Name(), c.Name()); code != 2 || !strings.Contains(got, want) {
					t.Errorf("%s %s: exit code %d, and it says %q, want %q", mine.Name(), c.Name(), code, got, want)
				}
			}
		}
	}
	if got, _ := says(t, cli.Heartbeat(), "--help"); strings.Contains(got, "dlq") {
		t.Errorf("the help lists commands of other programs:\n%s", got)
	}
}

// Where there is but one binary, it does what the other two can, and shows it by itself.
func TestMonitorinkHasTheCommandsOfBoth(t *testing.T) {
	for _, other := range programs()[:2] {
		for _, c := range other.Commands() {
			if c.Hidden || c.Name() == "environment" {
				continue
			}
			got, code := says(t, cli.Monitorink(), c.Name(), "--help")
			if code != 0 || !strings.Contains(got, "Usage:\n  monitorink "+c.Name()) {
				t.Errorf("monitorink %s --help: exit code %d\n%s", c.Name(), code, got)
			}
			if strings.Contains(got, "  "+other.Name()+" ") {
				t.Errorf("monitorink %s --help has examples of %s:\n%s", c.Name(), other.Name(), got)
			}
		}
	}
	file := filepath.Join(t.TempDir(), "monitors.yaml")
	if err := os.WriteFile(file, []byte("monitors: [{id: shop, ulr: https://shop.example/}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, code := says(t, cli.Monitorink(), "validate", file); code != 2 || !strings.Contains(got, "did you mean url?") {
		t.Errorf("exit code %d:\n%s", code, got)
	}
}

// Both daemons in one process ask nobody for a queue, which a collector of its own would.
func TestCheckOfBothLooksAtNoQueueByURL(t *testing.T) {
	file := filepath.Join(t.TempDir(), "monitors.yaml")
	if err := os.WriteFile(file, []byte("monitors: [{id: shop, url: https://shop.example/}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"MONITORS": file, "QUEUE": "disk", "DATA_DIR": t.TempDir(), "QUEUE_URL": "http://127.0.0.1:1"} {
		t.Setenv("MONITORINK_"+name, value)
	}
	if got, code := says(t, cli.Monitorink(), "check"); code != 0 || !strings.Contains(got, "1 monitor") || !strings.Contains(got, "for the spool") || !strings.Contains(got, "store in memory") {
		t.Errorf("monitorink check: exit code %d, and it says\n%s", code, got)
	}
	if got, code := says(t, cli.Collector(), "check"); code != 1 || !strings.Contains(got, "127.0.0.1:1") {
		t.Errorf("collector check: exit code %d, and it says\n%s", code, got)
	}
}

func TestAnArgumentTooManyIsNoUnknownCommand(t *testing.T) {
	for line, want := range map[string]string{
		"heartbeat run monitors.yaml":  `heartbeat run takes no argument, and "monitors.yaml" is one: MONITORINK_MONITORS names`,
		"monitorink run https://a.com": "MONITORINK_URLS",
		"collector run monitors.yaml":  `collector run takes no argument, and "monitors.yaml" is one`,
		"heartbeat check now":          `heartbeat check takes no argument, and "now" is one`,
		"collector version now":        `collector version takes no argument, and "now" is one`,
	} {
		words := strings.Fields(line)
		i := slices.IndexFunc(programs(), func(c *cobra.Command) bool { return c.Name() == words[0] })
		if got, code := says(t, programs()[i], words[1:]...); code != 2 || !strings.Contains(got, want) || strings.Contains(got, "unknown") {
			t.Errorf("%s: exit code %d, and it says %q, want %q", line, code, got, want)
		}
	}
}
