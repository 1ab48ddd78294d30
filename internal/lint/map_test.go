package lint_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A package of many files says in doc.go, under "# Files", what each is for; such a map
// names all of them, and none that has gone.
func TestMapsOfFilesAreComplete(t *testing.T) {
	top := root(t)
	maps := 0
	for _, pattern := range []string{"*", "*/*", "*/*/*", "*/*/*/*"} {
		docs, err := filepath.Glob(filepath.Join(top, pattern, "doc.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range docs {
			b, err := os.ReadFile(doc)
			if err != nil {
				t.Fatal(err)
			}
			_, list, found := strings.Cut(string(b), "\n// # Files\n")
			if !found {
				continue
			}
			maps++
			files, err := filepath.Glob(filepath.Join(filepath.Dir(doc), "*.go"))
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, file := range files {
				if name := filepath.Base(file); name != "doc.go" && !strings.HasSuffix(name, "_test.go") {
					want = append(want, name)
				}
			}
			got := regexp.MustCompile(`[a-z0-9_]+\.go\b`).FindAllString(list, -1)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s has a map of %v, and the files are %v", doc, got, want)
			}
		}
	}
	if maps == 0 {
		t.Error("there is no map")
	}
}
