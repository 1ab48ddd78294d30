package probe_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/data"
)

// A place is a kind in a phase, as a row of the map has it.
type place struct{ kind, phase string }

// codesOf is the map that the zoo makes.
func codesOf(list []specimen) map[place][]string {
	m := map[place][]string{}
	for _, s := range list {
		for phase := range strings.SplitSeq(s.phase, " or ") {
			p := place{string(s.kind), phase}
			for _, code := range s.curl {
				if c := fmt.Sprint(code); !slices.Contains(m[p], c) {
					m[p] = append(m[p], c)
				}
			}
			if m[p] == nil {
				m[p] = []string{}
			}
		}
	}
	return m
}

// section returns the lines of a section of docs/errors.md.
func section(t *testing.T, title string) []string {
	t.Helper()
	b, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(b), "\n## "+title+"\n")
	if !found {
		t.Fatalf("docs/errors.md has no section %q", title)
	}
	text, _, _ := strings.Cut(after, "\n## ")
	return strings.Split(text, "\n")
}

// cells splits a row of a table; nil: it is none.
func cells(line string) []string {
	if !strings.HasPrefix(line, "| ") {
		return nil
	}
	list := strings.Split(strings.Trim(line, "| "), " | ")
	for i, c := range list {
		list[i] = strings.Trim(strings.TrimSpace(c), "`–")
	}
	return list
}

func TestTheMapToCurlInTheDocumentationIsTheOneOfTheZoo(t *testing.T) {
	lines := section(t, "Beside curl")
	if text := strings.Join(lines, "\n"); !strings.Contains(text, "curl "+curlVersion) {
		t.Errorf("the section does not say that its codes are of curl %s", curlVersion)
	}
	told := map[place][]string{}
	for _, line := range lines {
		c := cells(line)
		if len(c) < 3 || c[2] == "curl" {
			continue
		}
		codes := []string{}
		if c[2] != "" {
			codes = strings.Split(c[2], ", ")
		}
		told[place{c[0], c[1]}] = codes
	}
	zoo := codesOf(all())
	for _, m := range []map[place][]string{told, zoo} {
		for p := range m {
			slices.Sort(m[p])
		}
	}
	keys := maps.Clone(told)
	maps.Copy(keys, zoo)
	for p := range keys {
		if got, want := told[p], zoo[p]; !slices.Equal(got, want) || (got == nil) != (want == nil) {
			t.Errorf("kind %q in phase %q: docs/errors.md has the codes %q, the zoo %q", p.kind, p.phase, got, want)
		}
	}
}

func TestEveryKindOfErrorIsExplainedInTheDocumentation(t *testing.T) {
	var told []string
	for _, line := range section(t, "Kinds") {
		if name, found := strings.CutPrefix(line, "### "); found {
			told = append(told, strings.Split(strings.ReplaceAll(name, "`", ""), " · ")...)
		}
	}
	for _, kind := range data.ErrorKinds() {
		if !slices.Contains(told, string(kind)) {
			t.Errorf("docs/errors.md does not explain %s", kind)
		}
	}
	for _, name := range told {
		if !slices.Contains(data.ErrorKinds(), data.ErrorKind(name)) {
			t.Errorf("docs/errors.md explains %s, which is no kind of error", name)
		}
	}
}
