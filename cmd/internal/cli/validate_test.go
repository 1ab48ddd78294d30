package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestValidateShowsAHundredProblemsAndCountsAll(t *testing.T) {
	args := []string{"validate"}
	for _, name := range []string{"a.yaml", "b.yaml"} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte("monitors: ["+strings.Repeat("x, ", 80)+"]"), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	cmd := Heartbeat()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(args)
	err := cmd.Execute()
	if n := strings.Count(out.String(), "^"); n != 100 || !strings.HasSuffix(out.String(), "\nand 60 more\n") {
		t.Errorf("%d problems are shown, and the end is %q", n, out.String()[max(0, out.Len()-100):])
	}
	if err == nil || !strings.Contains(err.Error(), "160 problems in 2 of 2 paths") {
		t.Errorf("%v, want all to be counted", err)
	}
}
