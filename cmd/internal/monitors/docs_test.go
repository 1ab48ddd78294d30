package monitors_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/internal/docs"
)

// A block is one of YAML in a page of the documentation.
type block struct {
	place string // page:line
	text  string
}

func blocks(t *testing.T, page string) (list []block) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../..", page))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range docs.Parse(page, string(b)).Blocks {
		if b.Language == "yaml" {
			list = append(list, block{fmt.Sprintf("%s:%d", page, b.Line+1), b.Text})
		}
	}
	return list
}

// whole makes a file of what may be only some keys of a monitor.
func (b block) whole() string {
	if regexp.MustCompile(`(?m)^(monitors|defaults):`).MatchString(b.text) {
		return b.text
	}
	text := "    " + strings.ReplaceAll(strings.TrimSuffix(b.text, "\n"), "\n", "\n    ") + "\n"
	for _, key := range []string{"url: https://shop.example/", "id: shop"} {
		if name, _, _ := strings.Cut(key, " "); !regexp.MustCompile("(?m)^" + name).MatchString(b.text) {
			text = "    " + key + "\n" + text
		}
	}
	return "monitors:\n  -\n" + text
}

// variables are those that a block may refer to where the value must be known.
var variables = strings.NewReplacer("${env:SHOP_INTERVAL}", "10s", "${env:STAGE}", "prod")

func (b block) validate(t *testing.T) {
	t.Helper()
	name := b.place
	if !strings.Contains(b.whole(), "monitors:") {
		name = "defaults.yaml"
	}
	_, err := monitors.Parse(name, []byte(variables.Replace(b.whole())), monitors.Defaults{})
	if err != nil {
		t.Errorf("%v\nin\n%s", err, b.text)
	}
}

func TestEveryExampleInTheDocumentationIsValid(t *testing.T) {
	for page, least := range map[string]int{"docs/monitors.md": 20, "README.md": 1} {
		list := blocks(t, page)
		if len(list) < least {
			t.Errorf("%s has %d blocks of YAML; that cannot be all", page, len(list))
		}
		for _, b := range list {
			b.validate(t)
		}
	}
}

// Ours begin with our name, the others' with theirs.
func TestEveryExampleForWhoComesFromElsewhereIsValid(t *testing.T) {
	ours, theirs := 0, 0
	for _, b := range blocks(t, "docs/coming-from.md") {
		first, _, _ := strings.Cut(b.text, "\n")
		switch name, found := strings.CutPrefix(first, "# "); {
		case !found:
			t.Errorf("%s: the block does not begin with whose it is, such as # Monitorink", b.place)
		case strings.HasPrefix(name, "Monitorink"):
			ours++
			b.validate(t)
		default:
			theirs++
		}
	}
	if ours < 10 || theirs < 10 {
		t.Errorf("%d blocks are ours and %d theirs; that cannot be all", ours, theirs)
	}
}
