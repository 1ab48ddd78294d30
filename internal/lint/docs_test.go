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
