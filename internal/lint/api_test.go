package lint_test

import (
	"flag"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/internal/lint"
)

const module = "github.com/monitorink/monitorink/"

// library are the packages that docs/library.md promises to programs of others.
var library = []string{"data", "pipeline", "queue", "queue/memory", "queue/queuetest", "store", "store/memory", "store/storetest"}

var update = flag.Bool("update", false, "write testdata/api.txt anew")

// What others build on does not change by accident.
func TestLibraryIsWhatItWas(t *testing.T) {
	const golden = "testdata/api.txt"
	got := exported(t)
	if *update {
		if err := os.WriteFile(golden, []byte(strings.Join(got, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	b, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(string(b)), "\n")
	for _, line := range missing(want, got) {
		t.Errorf("gone or changed: %s", line)
	}
	for _, line := range missing(got, want) {
		t.Errorf("new: %s", line)
	}
	if t.Failed() {
		t.Error(`What programs of others build on has changed (docs/library.md).
  gone or changed   breaks them: bring it back, beside the new one with "Deprecated:" if need be; or, before 1.0, say in CHANGELOG.md under
                    "Changed" what to write instead
  new               a method of an interface breaks those who implement it, and a field those who write it without names; anything else may come,
                    if it is needed
Then: go generate ./internal/lint`)
	}
}

// missing are the lines of a that b does not have.
func missing(a, b []string) (lines []string) {
	for _, line := range a {
		if !slices.Contains(b, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// exported is what the library exports, as the compiler knows it.
func exported(t *testing.T) (lines []string) {
	t.Helper()
	arguments := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}}={{.Export}}"}
	for _, p := range library {
		arguments = append(arguments, "./"+p)
	}
	cmd := exec.CommandContext(t.Context(), "go", arguments...)
	cmd.Dir = root(t)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for line := range strings.SplitSeq(string(out), "\n") {
		path, file, _ := strings.Cut(line, "=")
		files[path] = file
	}
	load := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(files[path]) })
	for _, p := range library {
		pkg, err := load.Import(module + p)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, lint.API(pkg)...)
	}
	return lines
}

// Who reads `go doc` finds a sentence on everything that there is.
func TestLibraryIsExplained(t *testing.T) {
	for _, p := range library {
		names, err := filepath.Glob(filepath.Join(root(t), p, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		about := ""
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			about += f.Doc.Text()
			for _, d := range f.Decls {
				for _, id := range unexplained(d) {
					t.Errorf("%s: %s.%s has no comment", fset.Position(id.Pos()), p, id.Name)
				}
			}
		}
		if !strings.HasPrefix(about, "Package "+filepath.Base(p)+" ") {
			t.Errorf("package %s begins with %q", p, about)
		}
	}
}

// unexplained are the exported names of a declaration without a comment on them or on their group.
func unexplained(d ast.Decl) (names []*ast.Ident) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && (d.Recv == nil || !hidden(d.Recv.List[0].Type)) {
			names = append(names, d.Name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
					names = append(names, s.Name)
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
						names = append(names, n)
					}
				}
			}
		}
	}
	return names
}

// hidden says whether a receiver's type is not exported.
func hidden(t ast.Expr) bool {
	if p, ok := t.(*ast.StarExpr); ok {
		t = p.X
	}
	if g, ok := t.(*ast.IndexExpr); ok {
		t = g.X
	}
	id, ok := t.(*ast.Ident)
	return ok && !id.IsExported()
}
