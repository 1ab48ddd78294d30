package docs_test

import (
	"slices"
	"testing"

	"github.com/monitorink/monitorink/internal/docs"
)

const sample = "# One `thing`, two\n\n[a](b.md#c) ![i](i.png \"t\") `[no](no.md)` <https://x.example/>\n\n" +
	"## Same\n## Same\n\n<!-- run -->\n```sh\nmake it \\\n  --so   # not this\n[no](no.md)\n```\n\n<!-- until true -->\n\n" +
	"1. in a list\n\n   ```yaml\n   a: 1\n     b: 2\n   ```\n\n[r]: ref.md\n<img src=\"p.png\">\n"

func TestAPageIsReadAsGitHubReadsIt(t *testing.T) {
	p := docs.Parse("page.md", sample)
	if got, want := p.Anchors(), []string{"one-thing-two", "same", "same-1"}; !slices.Equal(got, want) {
		t.Errorf("anchors %q, want %q", got, want)
	}
	var targets []string
	for _, l := range p.Links() {
		targets = append(targets, l.Target)
	}
	if want := []string{"b.md#c", "i.png", "https://x.example/", "ref.md", "p.png"}; !slices.Equal(targets, want) {
		t.Errorf("links %q, want %q", targets, want)
	}
	var code []docs.Code
	for _, c := range p.Code() {
		if c.Shell {
			code = append(code, c)
		}
	}
	if len(code) != 2 || code[0] != (docs.Code{Place: "page.md:10", Text: "make it   --so", Shell: true}) {
		t.Errorf("shell %+v", code)
	}
	want := []docs.Block{
		{Line: 9, Language: "sh", Text: "make it \\\n  --so   # not this\n[no](no.md)\n", Mark: "run"},
		{Line: 15, Text: "until true"},
		{Line: 19, Language: "yaml", Text: "a: 1\n  b: 2\n"},
	}
	if !slices.Equal(p.Blocks, want) {
		t.Errorf("blocks\n%+v, want\n%+v", p.Blocks, want)
	}
}
