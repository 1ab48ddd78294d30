package monitors_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v4"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
)

const published = "../../../docs/monitors.schema.json"

// resolved is the schema, ready to hold a file against it.
func resolved(t *testing.T) func(file []byte) error {
	t.Helper()
	var schema jsonschema.Schema
	if err := json.Unmarshal(monitors.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	r, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return func(file []byte) error {
		var v any
		if err := yaml.Load(file, &v); err != nil {
			return err
		}
		return r.Validate(plain(v))
	}
}

// plain has the keys of all mappings as texts, as JSON would.
func plain(v any) any {
	switch v := v.(type) {
	case map[any]any:
		m := map[string]any{}
		for k, v := range v {
			m[fmt.Sprint(k)] = plain(v)
		}
		return m
	case map[string]any:
		m := map[string]any{}
		for k, v := range v {
			m[k] = plain(v)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plain(v[i])
		}
		return list
	}
	return v
}

func TestTheSchemaThatIsShippedIsTheOneOfThisVersion(t *testing.T) {
	if *update {
		if err := os.WriteFile(published, monitors.Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(published)
	if err != nil || string(b) != string(monitors.Schema()) {
		t.Errorf("docs/monitors.schema.json is not what Schema returns, %v: go test ./cmd/internal/monitors -run Schema -update", err)
	}
}

func TestTheSchemaTakesWhatIsRead(t *testing.T) {
	valid := resolved(t)
	for page := range map[string]bool{"docs/monitors.md": true, "README.md": true, "docs/coming-from.md": true} {
		for _, b := range blocks(t, page) {
			if _, err := monitors.Parse(b.place, []byte(variables.Replace(b.whole())), monitors.Defaults{}); err != nil && page != "docs/monitors.md" {
				continue // of another program
			}
			if err := valid([]byte(b.whole())); err != nil {
				t.Errorf("%s: %v\nin\n%s", b.place, err, b.text)
			}
		}
	}
	for _, file := range []string{"testdata/good.yaml", "../../../monitors.yaml"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(b); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// meant are problems that no schema can tell of.
var meant = []string{"attempts_defaults.yaml", "both.yaml", "defaults_timeout.yaml", "expression.yaml", "none.yaml"}

func TestTheSchemaRefusesWhatIsWronglyBuilt(t *testing.T) {
	valid := resolved(t)
	files, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(b); (err == nil) != slices.Contains(meant, filepath.Base(file)) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// A node of the schema that describes a key.
type described struct {
	path     string
	examples []any
}

// keysOf lists what the schema describes, by the keys that lead there.
func keysOf(s map[string]any, path string, found *[]described) {
	for _, word := range []string{"anyOf"} {
		for _, s := range asList(s[word]) {
			keysOf(s.(map[string]any), path, found)
		}
	}
	if items, ok := s["items"].(map[string]any); ok {
		keysOf(items, path, found)
	}
	properties, _ := s["properties"].(map[string]any)
	for name, s := range properties {
		if name == "<<" {
			continue
		}
		s := s.(map[string]any)
		*found = append(*found, described{path + name, asList(s["examples"])})
		keysOf(s, path+name+".", found)
	}
}

func asList(v any) []any { list, _ := v.([]any); return list }

func schemaOf(t *testing.T, def string) []described {
	t.Helper()
	var s map[string]any
	if err := json.Unmarshal(monitors.Schema(), &s); err != nil {
		t.Fatal(err)
	}
	var found []described
	keysOf(s["$defs"].(map[string]any)[def].(map[string]any), "", &found)
	return found
}

// needs are keys without which others mean nothing.
var needs = map[string]string{
	"timezone": "cron: '@daily'", "attempt_delay": "attempts: 2", "tls.cert": "tls: { key: client-key.pem }", "tls.key": "tls: { cert: client.pem }",
}

func TestEachKeyOfTheSchemaIsRead(t *testing.T) {
	n := 0
	for _, k := range append(schemaOf(t, "monitor"), schemaOf(t, "defaults")...) {
		if k.path == "id" || len(k.examples) == 0 || strings.Count(k.path, ".") > 0 {
			continue
		}
		n++
		example, err := json.Marshal(k.examples[0])
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("monitors:\n  - id: a${each}\n    for_each: [a]\n    url: https://a.example/\n    %s: %s\n", k.path, example)
		if k.path == "url" || k.path == "for_each" {
			text = fmt.Sprintf("monitors:\n  - { id: 'a${each}', url: 'https://a.example/', for_each: %s }\n", `["a"]`)
		}
		if more := needs[k.path]; more != "" {
			text += "    " + more + "\n"
		}
		if _, err := monitors.Parse("f", []byte(text), monitors.Defaults{}); err != nil {
			t.Errorf("the example of %s: %v", k.path, err)
		}
	}
	if n < 20 {
		t.Errorf("%d keys", n)
	}
}

// The reader's lists of keys, wherever they are declared, and the keys that it tells
// apart: each is in the schema.
func TestEachKeyThatIsReadIsInTheSchema(t *testing.T) {
	known := map[string]bool{"defaults": true, "monitors": true, "<<": true}
	for _, k := range append(schemaOf(t, "monitor"), schemaOf(t, "defaults")...) {
		known[k.path[strings.LastIndexByte(k.path, '.')+1:]] = true
	}
	for _, k := range schemaOf(t, "pattern") {
		known[k.path] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	want := func(place string, e ast.Expr) {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return
		}
		name, err := strconv.Unquote(lit.Value)
		if n++; err != nil || !known[name] {
			t.Errorf("%s reads the key %q, and the schema does not know it: describe it in schema.go", place, name)
		}
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.ValueSpec: // var expectKeys = []string{…}
				for i, id := range node.Names {
					if !strings.HasSuffix(id.Name, "Keys") || i >= len(node.Values) {
						continue
					}
					ast.Inspect(node.Values[i], func(node ast.Node) bool {
						if e, ok := node.(ast.Expr); ok {
							want(name, e)
						}
						return true
					})
				}
			case *ast.SwitchStmt: // switch key.Value { case … }
				if tag, ok := node.Tag.(*ast.SelectorExpr); !ok || tag.Sel.Name != "Value" || fmt.Sprint(tag.X) != "key" {
					break
				}
				for _, c := range node.Body.List {
					for _, e := range c.(*ast.CaseClause).List {
						want(name, e)
					}
				}
			}
			return true
		})
	}
	if n < 80 {
		t.Errorf("%d keys were found in the source; that cannot be all", n)
	}
}
