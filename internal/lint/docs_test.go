package lint_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Who relies on a promise looks for the test that is named beside it.
func TestGuaranteesNameTestsThatExist(t *testing.T) {
	for _, name := range []string{"guarantees.md", "security.md"} {
		t.Run(name, func(t *testing.T) { namesTestsThatExist(t, name) })
	}
}

func namesTestsThatExist(t *testing.T, page string) {
	dir := root(t)
	text, err := os.ReadFile(filepath.Join(dir, "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	part := regexp.MustCompile("`([a-z0-9/]+)`: (`[A-Z][A-Za-z0-9]+`(?:, `[A-Z][A-Za-z0-9]+`)*)")
	n := 0
	for _, found := range part.FindAllStringSubmatch(string(text), -1) {
		in := sources(t, filepath.Join(dir, filepath.FromSlash(found[1])))
		for name := range strings.SplitSeq(strings.ReplaceAll(found[2], "`", ""), ", ") {
			n++
			if !strings.Contains(in, "\nfunc Test"+name+"(") {
				t.Errorf("docs/%s names Test%s, and %s has no such test", page, name, found[1])
			}
		}
	}
	if n < 10 {
		t.Errorf("docs/%s names %d tests; that cannot be all", page, n)
	}
}

// A page may also give a test its whole name, without a folder.
func TestPagesNameTestsThatExist(t *testing.T) {
	dir, named, there := root(t), map[string]string{}, map[string]bool{}
	span := regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]+)`")
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z][A-Za-z0-9]+)\(`)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || path != dir && strings.HasPrefix(entry.Name(), ".")):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".md") && !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, found := range declared.FindAllStringSubmatch(string(text), -1) {
			there[found[1]] = true
		}
		if strings.HasSuffix(path, ".md") {
			for _, found := range span.FindAllStringSubmatch(string(text), -1) {
				named[found[1]] = path
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, page := range named {
		if !there[name] {
			t.Errorf("%s names %s, and there is no such test", page, name)
		}
	}
	if len(named) < 20 {
		t.Errorf("the pages name %d tests; that cannot be all", len(named))
	}
}

// sources is the text of all tests in a folder.
func sources(t *testing.T, dir string) string {
	t.Helper()
	names, err := fs.Glob(os.DirFS(dir), "*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}
