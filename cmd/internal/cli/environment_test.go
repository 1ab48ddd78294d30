package cli_test

import (
	"bytes"
	"fmt"
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
				if i == j || c.Hidden || !c.Runnable() && !c.HasSubCommands() || slices.ContainsFunc(mine.Commands(), func(m *cobra.Command) bool { return m.Name() == c.Name() && !m.Hidden }) {
					continue
				}
				got, code := says(t, programs()[i], c.Name(), "--some=thing")
				if want := fmt.Sprintf("is a command of %s: write %[1]s %s --some=thing", other.Name(), c.Name()); code != 2 || !strings.Contains(got, want) {
					// both daemons have a check, which monitorink has not
					if c.Name() == "check" && strings.Contains(got, "write heartbeat check") {
						continue
					}
					t.Errorf("%s %s: exit code %d, and it says %q, want %q", mine.Name(), c.Name(), code, got, want)
				}
			}
		}
	}
	if got, _ := says(t, cli.Monitorink(), "--help"); strings.Contains(got, "validate") {
		t.Errorf("the help lists commands of other programs:\n%s", got)
	}
}
