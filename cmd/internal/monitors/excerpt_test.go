package monitors_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
)

func TestTheLineOfAProblemIsShownWithACaretAndNoSecret(t *testing.T) {
	for _, c := range []struct {
		text   string
		line   int
		column int
		want   string
	}{
		{"monitors:\n  - id: shop\n    every: 1ms\n", 3, 12, "    every: 1ms\n           ^"},
		{"a: { headers: { x: hunter2, y: \"hunter\\\"2\" }, every: 1ms }", 1, 54, "a: { headers: { x: •••, y: ••• }, every: 1ms }\n                                         ^"},
		{"headers:\n  x: ${env:T} # c\n  y: 'Bearer ${file:hunter}'\n", 3, 6, "  y: •••${file:hunter}'\n     ^"},
		{"body: |\n  hunter2\n  hunter2\nevery: 1ms", 3, 1, "•••\n^"},
		{"body: |\n  hunter2\n  hunter2\nevery: 1ms", 4, 8, "every: 1ms\n       ^"},
		{"body: \"hunter2\n  hunter2\"\nevery: 1ms", 2, 3, "•••\n^"},
		{"form:\n  - hunter2\n    hunter2\nevery: 1", 3, 1, "•••\n^"},
		{"auth: { basic: { username: hunter2, password: hunter2 } }", 1, 7, "auth: { basic: { username: •••, password: ••• } }\n      ^"},
		{"url: https://joe:hunter2@a.example/", 1, 6, "url: •••\n     ^"},
		{"url: https://a.example/", 1, 6, "url: https://a.example/\n     ^"},
		{"for_each: [{ name: a, token: hunter2 }]", 1, 15, "for_each: [{ name: a, token: ••• }]\n              ^"},
		{"expect: { headers: { a: { matches: '(' } } }", 1, 36, "expect: { headers: { a: { matches: '(' } } }\n                                   ^"},
		{"x: [\n  password: hunter2\n  every: 1ms\n  - hunter2", 2, 3, "  password: •••\n  ^"},
		{"x: [\n  password: hunter2\n  every: 1ms\n  - hunter2", 3, 10, "  every: 1ms\n         ^"},
		{"x: [\n  password: hunter2\n  every: 1ms\n  - hunter2", 4, 1, "  - •••\n^"},
		{"x: [\n  id: { headers: hunter2 }", 2, 1, "  id: •••\n^"},
		{"id: \"\tä\x1b[31m\"", 1, 5, "x"},
	} {
		file := filepath.Join(t.TempDir(), "f.yaml")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var e monitors.Excerpts
		got := e.Of(monitors.Problem{File: file, Line: c.line, Column: c.column, Index: -1})
		if strings.Contains(got, "hunter2") || strings.ContainsAny(got, "\x1b\t") {
			t.Errorf("%q: a secret, or a control character, is shown:\n%s", c.text, got)
		}
		if c.want == "x" {
			continue
		}
		var lines []string
		for line := range strings.Lines(got) {
			lines = append(lines, strings.TrimSuffix(line[9:], "\n"))
		}
		if diff := cmp.Diff(c.want, strings.Join(lines, "\n")); diff != "" {
			t.Errorf("%q:%d:%d (-want +got)\n%s", c.text, c.line, c.column, diff)
		}
	}
}

func TestALongLineIsShownNearItsCaret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f.yaml")
	if err := os.WriteFile(file, []byte("labels: { "+strings.Repeat("a", 5000)+": x, b: y }"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := monitors.Excerpts{Colour: true}
	got := e.Of(monitors.Problem{File: file, Line: 1, Column: 5015, Index: -1})
	if len(got) > 400 || !strings.Contains(got, "a: x, b: y") || !strings.Contains(got, "\x1b[1;31m^") {
		t.Errorf("%d bytes: %s", len(got), got)
	}
	for _, p := range []monitors.Problem{{File: file}, {File: file, Line: 7}, {File: "nowhere", Line: 1}} {
		if got := e.Of(p); got != "" {
			t.Errorf("%+v: %q, want nothing", p, got)
		}
	}
}

// No excerpt of any problem shows what may be secret.
func TestNoProblemShowsASecret(t *testing.T) {
	files, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		_, err := monitors.Load(file, monitors.Defaults{})
		var errs monitors.Errors
		if !errors.As(err, &errs) {
			continue
		}
		var e monitors.Excerpts
		for _, p := range errs {
			got := strings.ReplaceAll(e.Of(p), "${file:x hunter2}", "") // a name is no secret
			if n++; strings.Contains(got, "hunter2") || strings.Contains(got, "secret") && !strings.Contains(got, "secret:") {
				t.Errorf("%v\n%s", p, got)
			}
		}
	}
	if n < 100 {
		t.Errorf("%d problems", n)
	}
}

// Files of few long lines, and of many that are empty, with many problems.
func TestExcerptsTakeNoMoreThanTheyShow(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		line func(i int) int
	}{
		"one line":            {"a: [" + strings.Repeat("ä1, ", 90_000) + "]", func(int) int { return 1 }},
		"secrets in one line": {"form: [" + strings.Repeat("ä1, ", 90_000) + "]", func(int) int { return 1 }},
		"secrets with tags":   {"form: [" + strings.Repeat("!a 1,", 60_000) + strings.Repeat("\n ", 100_000) + "]", func(int) int { return 1 }},
		"no YAML":             {"id: [" + strings.Repeat("ä1, ", 90_000), func(int) int { return 1 }},
		"large, and empty":    {strings.Repeat("\n", 5<<20), func(i int) int { return i * 5000 }},
	} {
		file := filepath.Join(t.TempDir(), "f.yaml")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var e monitors.Excerpts
		first := e.Of(monitors.Problem{File: file, Line: 1, Column: 1})
		took := allocated(func() {
			for i := 1; i <= 1000; i++ {
				if got := e.Of(monitors.Problem{File: file, Line: c.line(i), Column: 100 * i}); got == "" || len(got) > 800 {
					t.Fatalf("%s: %q", name, got)
				}
			}
		})
		if first == "" || took > 32<<20 {
			t.Errorf("%s: %d KiB are taken for 1000 excerpts; the first is %q", name, took>>10, first)
		}
	}
}
