package monitors_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
)

var update = flag.Bool("update", false, "write the golden messages anew")

// Beside each file that is wrong stands what is said of it. After -update, read
// the messages before you commit them.
func TestProblemsAreToldAllAtOnceInWordsThatHelp(t *testing.T) {
	files, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = monitors.Parse(filepath.Base(file), b, monitors.Defaults{})
		var errs monitors.Errors
		if !errors.As(err, &errs) || len(errs) == 0 {
			t.Errorf("%s: %v, want Errors", file, err)
			continue
		}
		if !slices.IsSortedFunc(errs, func(a, b monitors.Problem) int { return a.Line - b.Line }) {
			t.Errorf("%s: not in the order of lines:\n%v", file, errs)
		}
		got := errs.Error() + "\n"
		if told := strings.ReplaceAll(got, "client_secret", ""); strings.Contains(told, "hunter2") || strings.Contains(told, "secret") {
			t.Errorf("%s: a secret is repeated:\n%s", file, got)
		}
		golden := strings.TrimSuffix(file, ".yaml") + ".txt"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}
