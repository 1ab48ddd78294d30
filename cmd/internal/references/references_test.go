package references_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/monitorink/monitorink/cmd/internal/references"
	"github.com/monitorink/monitorink/data"
)

func environ(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		i := slices.Index(pairs, name)
		if i < 0 {
			return "", false
		}
		return pairs[i+1], true
	}
}

func file(t *testing.T, dir, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func TestReferencesAreReplacedAndOtherTextIsLeft(t *testing.T) {
	dir := t.TempDir()
	file(t, dir, "token", "s3cret\n", 0o600)
	file(t, dir, "lines", "a\r\nb\r\n", 0o600)
	r := references.New(dir, environ("A", "1", "LOOP", "${env:A}"))
	for text, want := range map[string]string{
		"":                          "",
		"plain $ {x} $x":            "plain $ {x} $x",
		"${env:A}":                  "1",
		"a ${env:A}${env:A} b":      "a 11 b",
		"${file:token}":             "s3cret",
		"${file:" + dir + "/lines}": "a\r\nb",
		"$${env:A} ${env:A}":        "${env:A} 1",
		"${A} ${foo:b} ${":          "${A} ${foo:b} ${",
		"${env:LOOP}":               "${env:A}", // not again
		"$${":                       "${",
		`{"q":"${env:A}"} cost: $5`: `{"q":"1"} cost: $5`,
	} {
		m, _, err := r.Expand(&data.Monitor{Body: text})
		if err != nil || m.Body != want {
			t.Errorf("%q becomes %q, %v; want %q", text, m.Body, err, want)
		}
	}
}

func TestExpansionCoversAllThatIsSentAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	file(t, dir, "pw", "s3cret-pw\n", 0o600)
	r := references.New(dir, environ("T", "t0ken", "HOST", "shop.example", "BASE", "https://shop.example:8443"))
	m := &data.Monitor{
		ID: "${env:T}", URL: "https://${env:HOST}/${env:T}", Method: "GET", Labels: map[string]string{"a": "${env:T}"},
		Headers:  map[string]string{"X-Token": "${env:T}", "Cookie": "a=b"},
		Query:    data.Values{"q": {"${env:T}", "x"}},
		Form:     data.Values{"f": {"$${env:T}"}},
		BodyFile: "request.json",
		Auth: &data.Auth{
			Basic:  &data.Basic{Username: "joe", Password: "${file:pw}"},
			OAuth2: &data.OAuth2{TokenURL: "https://id.example/", ClientID: "me", ClientSecret: "literal", Scopes: []string{"${env:T}"}, Params: map[string]string{"p": "${env:T}"}},
		},
		Expect: data.Expect{Headers: map[string]data.Pattern{"x": {Matches: []string{"${env:T}"}}}},
	}
	before := m.Version()
	full, secrets, err := r.Expand(m)
	if err != nil {
		t.Fatal(err)
	}
	want := &data.Monitor{
		ID: "${env:T}", URL: "https://shop.example/t0ken", Method: "GET", Labels: map[string]string{"a": "${env:T}"},
		Headers:  map[string]string{"X-Token": "t0ken", "Cookie": "a=b"},
		Query:    data.Values{"q": {"t0ken", "x"}},
		Form:     data.Values{"f": {"${env:T}"}},
		BodyFile: filepath.Join(dir, "request.json"),
		Auth: &data.Auth{
			Basic:  &data.Basic{Username: "joe", Password: "s3cret-pw"},
			OAuth2: &data.OAuth2{TokenURL: "https://id.example/", ClientID: "me", ClientSecret: "literal", Scopes: []string{"t0ken"}, Params: map[string]string{"p": "t0ken"}},
		},
		Expect: m.Expect,
	}
	if diff := cmp.Diff(want, full); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a=b", "am9lOnMzY3JldC1wdw==", "literal", "s3cret-pw", "t0ken"}, secrets); diff != "" {
		t.Errorf("the secrets (-want +got)\n%s", diff)
	}
	if m.Version() != before {
		t.Error("the monitor itself has changed")
	}
	full, secrets, err = r.Expand(&data.Monitor{URL: "${env:BASE}/health"})
	if err != nil || full.URL != "https://shop.example:8443/health" || len(secrets) > 0 {
		t.Errorf("%+v, %v, %v; an origin is no secret", full, secrets, err)
	}
	plain := &data.Monitor{URL: "https://shop.example/", Headers: map[string]string{"Accept": "x"}, Body: "b"}
	if full, secrets, err := r.Expand(plain); full != plain || secrets != nil || err != nil {
		t.Errorf("%v, %v, %v; want the monitor itself", full, secrets, err)
	}
}

// Whoever gives Monitor another text decides here whether its references are kept, as
// those of a secret must be, or replaced when it is read.
func TestEachTextOfAMonitorIsKeptOrRead(t *testing.T) {
	read := []string{"id", "schedule", "method", "connection", "redirect_to", "expect", "labels",
		"protocol", "resolver", "ip", "addresses", "source", "capture"}
	kept := append([]string{"body_file"}, references.Keys...)
	var holds func(reflect.Type) bool
	holds = func(typ reflect.Type) bool {
		switch typ.Kind() {
		case reflect.String:
			return true
		case reflect.Pointer, reflect.Slice, reflect.Map:
			return holds(typ.Elem())
		case reflect.Struct:
			for i := range typ.NumField() {
				if holds(typ.Field(i).Type) {
					return true
				}
			}
		}
		return false
	}
	m := reflect.TypeFor[data.Monitor]()
	for i := range m.NumField() {
		name, _, _ := strings.Cut(m.Field(i).Tag.Get("json"), ",")
		if holds(m.Field(i).Type) && slices.Contains(read, name) == slices.Contains(kept, name) {
			t.Errorf("Monitor.%s (%s) is in neither list, or in both", m.Field(i).Name, name)
		}
	}
}

func TestWhatCannotBeResolvedIsSaid(t *testing.T) {
	dir := t.TempDir()
	file(t, dir, "empty", "\n", 0o600)
	file(t, dir, "big", strings.Repeat("x", references.MaxFile+1), 0o600)
	file(t, dir, "most", strings.Repeat("x", references.MaxFile), 0o600)
	file(t, dir, "locked", "s3cret", 0)
	r := references.New(dir, environ("EMPTY", "", "SET", "s3cret"))
	cases := map[string]string{
		"${env:NONE}":           "the variable NONE is not set; set it",
		"${env:EMPTY}":          "the variable EMPTY is empty",
		"${env:}":               "names no variable; write letters",
		"${env:A-B}":            "names no variable; write letters",
		"${env:NONE":            "${env:… has no brace at its end",
		"${file:none}":          "there is no file " + dir + "/none",
		"${file:}":              "names no file",
		"${file:empty}":         "is empty; write the secret into it",
		"${file:big}":           "has 65537 bytes, and a secret at most 65536",
		"${file:.}":             dir + " is not a file",
		"${env:SET}${env:NONE}": "NONE is not set",
	}
	if os.Geteuid() != 0 {
		cases["${file:locked}"] = "permission denied; give this user the right to read it"
	}
	for text, want := range cases {
		m := &data.Monitor{Headers: map[string]string{"X-Token": text}}
		full, secrets, err := r.Expand(m)
		if err == nil || full != nil || secrets != nil || !strings.HasPrefix(err.Error(), "headers.X-Token: ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, %v; want %q", text, full, err, want)
		}
	}
	if _, _, err := r.Expand(&data.Monitor{Body: "${file:most}"}); err != nil {
		t.Errorf("the largest file: %v", err)
	}
}

func TestAFileIsReadAnewWhenItIsForgotten(t *testing.T) {
	dir := t.TempDir()
	file(t, dir, "token", "old", 0o644)
	r := references.New(dir, environ())
	text, warning, known, err := r.Resolve("file:token")
	if text != "old" || !known || err != nil || !strings.Contains(warning, "everyone on this machine may read "+dir+"/token") {
		t.Errorf("%q, %q, %v, %v", text, warning, known, err)
	}
	file(t, dir, "token", "new", 0o600)
	if err := os.Chmod(filepath.Join(dir, "token"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, _, _, _ := r.Resolve("file:token"); text != "old" {
		t.Errorf("%q within one reading", text)
	}
	r.Forget()
	if text, warning, _, _ := r.Resolve("file:token"); text != "new" || warning != "" {
		t.Errorf("%q, %q afterwards", text, warning)
	}
}

func FuzzReplace(f *testing.F) {
	for _, s := range []string{"", "${env:A}", "$${env:A}", "${", "$$${env:A}}", "a${x}b", "${env:", "${file:x}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		never := func(string, int) (string, bool, error) { return "", false, nil }
		if got, err := references.Replace(s, false, never); err == nil && got != s {
			t.Errorf("%q becomes %q, though nothing is known", s, got)
		}
		at := 0
		_, _ = references.Replace(s, true, func(ref string, i int) (string, bool, error) {
			if i < at || s[i:i+2] != references.Begin || !strings.HasPrefix(s[i+2:], ref+"}") {
				t.Errorf("%q: %q is not at %d", s, ref, i)
			}
			at = i + 1
			return "${env:A}", true, nil
		})
	})
}
