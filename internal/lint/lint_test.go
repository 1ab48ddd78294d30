package lint_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/internal/lint"
)

const mostLines = 400

// root is the repository's folder.
func root(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOMOD").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(strings.TrimSpace(string(out)))
}

func TestImportsFollowTheDesign(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Name,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for d := json.NewDecoder(bytes.NewReader(out)); ; n++ {
		var p lint.Package
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, b := range lint.Breaches(p) {
			t.Error(b)
		}
	}
	if n < 10 {
		t.Errorf("go list names %d packages; that cannot be all", n)
	}
}

func TestRulesBite(t *testing.T) {
	const m = "github.com/monitorink/monitorink/"
	for _, c := range []struct {
		name string
		p    lint.Package
		want string // part of the breach; empty: none
	}{
		{"words import nothing", lint.Package{ImportPath: m + "data", Imports: []string{"time", m + "queue"}}, "data holds the words"},
		{"pipeline imports nothing", lint.Package{ImportPath: m + "pipeline", Imports: []string{m + "data"}}, "module of its own"},
		{"adapter to adapter", lint.Package{ImportPath: m + "queue/remote", Imports: []string{m + "queue/memory"}}, "no other adapter"},
		{"adapter to contract", lint.Package{ImportPath: m + "queue/remote", Imports: []string{m + "queue", m + "data"}}, ""},
		{"assembly to adapter", lint.Package{ImportPath: m + "monitor/collector", Imports: []string{m + "store/memory"}}, "by their contracts"},
		{"web to queue", lint.Package{ImportPath: m + "web", Imports: []string{m + "queue"}}, "by its contract"},
		{"own internal", lint.Package{ImportPath: m + "web", Imports: []string{m + "web/internal/page"}}, ""},
		{"cobra outside cmd", lint.Package{ImportPath: m + "web", Imports: []string{"github.com/spf13/cobra"}}, "commands are cmd's"},
		{"cobra in cmd", lint.Package{ImportPath: m + "cmd/heartbeat", Imports: []string{"github.com/spf13/cobra", m + "web"}}, ""},
		{"yaml in a main", lint.Package{ImportPath: m + "cmd/heartbeat", Imports: []string{"go.yaml.in/yaml/v4"}}, "read in cmd"},
		{"cron elsewhere, in a test", lint.Package{ImportPath: m + "monitor/probe", XTestImports: []string{"github.com/robfig/cron/v3"}}, "one package guards"},
		{"goleak in a test", lint.Package{ImportPath: m + "web", TestImports: []string{"go.uber.org/goleak"}}, ""},
		{"goleak outside tests", lint.Package{ImportPath: m + "web", Imports: []string{"go.uber.org/goleak"}}, "for tests"},
		{"an unknown module", lint.Package{ImportPath: m + "cmd/heartbeat", Imports: []string{"example.com/x"}}, "needs a reason"},
		{"an unknown folder", lint.Package{ImportPath: m + "extra"}, "no layer"},
		{"a vague name", lint.Package{ImportPath: m + "cmd/internal/util", Name: "util"}, "says nothing"},
	} {
		got := strings.Join(lint.Breaches(c.p), "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestFilesFollowTheStyle(t *testing.T) {
	top := root(t)
	skip := []string{".git", "bin", ".tools", ".infra", ".monitorink", "node_modules"}
	n := 0
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains(skip, d.Name()) {
			return filepath.SkipDir
		}
		name, _ := filepath.Rel(top, path)
		if d.Type().IsRegular() && isText(d.Name()) {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			n++
			judge(t, filepath.ToSlash(name), b, fakeTime(filepath.Dir(path)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n < 50 {
		t.Errorf("only %d files were judged; that cannot be all", n)
	}
}

// fakeTime reports whether the tests in a folder let testing/synctest pass the
// time: there, to sleep is to let it pass.
func fakeTime(folder string) bool {
	files, _ := filepath.Glob(filepath.Join(folder, "*_test.go"))
	return slices.ContainsFunc(files, func(name string) bool {
		b, err := os.ReadFile(name)
		return err == nil && bytes.Contains(b, []byte(`"testing/synctest"`))
	})
}

func isText(name string) bool {
	return slices.Contains([]string{".go", ".md", ".yaml", ".yml", ".sh", ".sql", ".html", ".json"}, filepath.Ext(name)) ||
		name == "Makefile" || name == "run"
}

// homes are folders of somebody's machine.
var homes = []string{"/ro" + "ot/", "/ho" + "me/", "/Us" + "ers/", "/wo" + "rk/"}

func judge(t *testing.T, name string, b []byte, fakeTime bool) {
	for _, home := range homes {
		for _, line := range strings.Split(string(b), "\n") {
			for _, before := range []string{" ", `"`, "'", "=", "`", "("} {
				if strings.Contains(line, before+home) {
					t.Errorf("%s names %s, a folder of one machine: %s", name, home, strings.TrimSpace(line))
				}
			}
		}
	}
	if filepath.Ext(name) != ".go" {
		return
	}
	if lines := bytes.Count(b, []byte("\n")); lines > mostLines {
		t.Errorf("%s has %d lines; a file holds one idea, in at most %d", name, lines, mostLines)
	}
	f, err := parser.ParseFile(token.NewFileSet(), name, b, 0)
	if err != nil {
		t.Error(err)
		return
	}
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, ok := s.X.(*ast.Ident)
		if !ok {
			return true
		}
		switch what := pkg.Name + "." + s.Sel.Name; what {
		case "os.Getenv", "os.LookupEnv", "os.Environ":
			// queuetest, the servers of tests, the loads, who follows the documentation: tests by another name.
			suite := strings.HasSuffix(filepath.Dir(name), "test") || strings.HasPrefix(name, "internal/servers/") || strings.HasPrefix(name, "internal/docs/run/") || strings.HasPrefix(name, "bench/")
			if !strings.HasPrefix(name, "cmd/") && !strings.HasSuffix(name, "_test.go") && !suite {
				t.Errorf("%s calls %s: the environment is read once, in cmd", name, what)
			}
		case "time.Sleep":
			if !strings.HasPrefix(name, "bench/") && !(fakeTime && strings.HasSuffix(name, "_test.go")) {
				t.Errorf("%s calls %s: wait for the event, or let testing/synctest pass the time", name, what)
			}
		}
		return true
	})
}
