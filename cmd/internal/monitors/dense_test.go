package monitors_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
)

// allocated is how many bytes f takes, those that it gives back as well.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestADenseFileIsRefusedBeforeItIsParsed(t *testing.T) {
	const one = "  - { id: a, url: 'https://a.example/' }\n"
	for name, text := range map[string]string{
		"a list":              "monitors: [" + strings.Repeat("a,", 500_000) + "]",
		"no monitors":         "[" + strings.Repeat("a,", 500_000) + "]",
		"keys":                strings.Repeat("a:\n", 500_000),
		"quotes":              strings.Repeat("'a' ", 500_000),
		"anchors":             strings.Repeat("&a ", 500_000),
		"tags":                strings.Repeat("! ", 500_000),
		"comments":            strings.Repeat("#\n", 500_000),
		"lists in lists":      strings.Repeat("- ", 500_000),
		"line breaks":         "monitors:\r" + strings.Repeat("-\r", 500_000),
		"in one of its items": "monitors:\n" + one + "  - [" + strings.Repeat("a,", 600_000) + "]\n" + one,
		"in its head":         "defaults: [" + strings.Repeat("a,", 600_000) + "]\nmonitors:\n" + one,
		"an anchor":           "defaults: &d { every: 1m }\nmonitors:\n" + strings.Repeat("  - { id: a, url: 'https://a.example/', <<: *d }\n", 50_000),
	} {
		file := filepath.Join(t.TempDir(), "f.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var err error
		var excerpt string
		took := allocated(func() {
			_, err = (&monitors.Reader{Memory: &monitors.Memory{}}).Load(file)
			var e monitors.Excerpts
			excerpt = e.Of(monitors.Problem{File: file, Line: 1, Column: 1})
		})
		if err == nil || !strings.Contains(err.Error(), "more than 400000 values") || !strings.Contains(err.Error(), "split it") {
			t.Errorf("%s: %.200v, want what is allowed and what to write", name, err)
		}
		if took > 100<<20 || excerpt == "" {
			t.Errorf("%s: %d MiB are taken for %d KiB, and the excerpt is %q", name, took>>20, len(text)>>10, excerpt)
		}
	}
}

func TestALargeFileIsNoDenseOne(t *testing.T) {
	file := many(30_000) // of which 400,000 nodes would be some 20,000
	if list, err := monitors.Parse("f", file, monitors.Defaults{}); err != nil || len(list) != 30_000 {
		t.Errorf("%d monitors, %.200v", len(list), err)
	}
	each := "monitors:\n  - id: a-${each}\n    url: http://a.example/\n    for_each: [" + strings.Repeat("x, ", 30_000) + "]\n"
	if list, err := monitors.Parse("f", []byte(each), monitors.Defaults{}); strings.Contains(fmt.Sprint(err), "400000") {
		t.Errorf("%d monitors of a for_each, %.200v", len(list), err)
	}
}

func TestAFileThatIsAllWrongIsGivenUp(t *testing.T) {
	text := []byte("monitors:\n" + strings.Repeat("-\n", 2_000_000))
	var err error
	took := allocated(func() { _, err = monitors.Parse("f", text, monitors.Defaults{}) })
	var errs monitors.Errors
	if !errors.As(err, &errs) || len(errs) > 11_000 || !strings.Contains(errs[len(errs)-1].Message, "the rest is not looked at") || !errs.Spoiled() {
		t.Errorf("%d problems, the last of which is not that the rest is not looked at, or nothing is spoiled", len(errs))
	}
	if took > 1<<30 {
		t.Errorf("%d MiB are taken", took>>20)
	}
}
