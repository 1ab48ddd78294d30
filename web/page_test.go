package web_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/web"
)

func TestPageIsServedWithAllThatItNames(t *testing.T) {
	h := web.New(web.Options{Store: memory.New(memory.Options{})})
	kinds := map[string]string{"/": "text/html", "/app.js": "text/javascript", "/app.css": "text/css", "/theme.js": "text/javascript", "/licences.txt": "text/plain", "/icon.svg": "image/svg+xml"}
	for path, kind := range kinds {
		r := ask(t, h, "GET", path)
		if got := r.Header.Get("Content-Type"); r.StatusCode != http.StatusOK || !strings.HasPrefix(got, kind) {
			t.Errorf("%s: got %s, %s", path, r.Status, got)
		}
	}
	index := body(t, ask(t, h, "GET", "/"))
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"#]*)"`).FindAllStringSubmatch(index, -1) {
		if m[1] == "" {
			continue
		}
		if r := ask(t, h, "GET", "/"+m[1]); r.StatusCode != http.StatusOK {
			t.Errorf("the page names %s: %s", m[1], r.Status)
		}
	}
	for _, path := range []string{"/nothing", "/../web.go", "/page/", "/dist/app.js", "/app.js/"} {
		if r := ask(t, h, "GET", path); r.StatusCode == http.StatusOK {
			t.Errorf("%s is served", path)
		}
	}
}

func TestPageNeedsNothingInlineAndNoOtherHost(t *testing.T) {
	h := web.New(web.Options{Store: memory.New(memory.Options{})})
	index := body(t, ask(t, h, "GET", "/"))
	for name, pattern := range map[string]string{
		"an inline script":      `(?i)<script(?:\s[^>]*)?>\s*[^<\s]`,
		"a script without src":  `(?i)<script>`,
		"an inline style":       `(?i)<style|\sstyle\s*=`,
		"a handler in the HTML": `(?i)\son[a-z]+\s*=`,
		"a javascript: address": `(?i)javascript:`,
	} {
		if m := regexp.MustCompile(pattern).FindString(index); m != "" {
			t.Errorf("index.html has %s: %q", name, m)
		}
	}
	hosts := regexp.MustCompile(`(?i)(?:https?:)?//[a-z0-9][a-z0-9.-]*`)
	script := body(t, ask(t, h, "GET", "/app.js"))
	for path, text := range map[string]string{"/": index, "/app.js": script, "/theme.js": body(t, ask(t, h, "GET", "/theme.js")), "/app.css": body(t, ask(t, h, "GET", "/app.css")), "/icon.svg": body(t, ask(t, h, "GET", "/icon.svg"))} {
		for _, m := range hosts.FindAllString(text, -1) {
			if !strings.HasSuffix(m, ".example") && m != "http://www.w3.org" { // a hint's text, and SVG's namespace
				t.Errorf("%s names %s", path, m)
			}
		}
	}
}

func TestPageIsLight(t *testing.T) {
	h := web.New(web.Options{Store: memory.New(memory.Options{})})
	if n := len(body(t, ask(t, h, "GET", "/app.js", "Accept-Encoding", "gzip"))); n < 1000 || n > 100_000 {
		t.Errorf("the script takes %d bytes compressed, at most 100,000 are wanted", n)
	}
}

// TestPageShowsTextAsText looks at the sources: what a target sends must not become markup.
func TestPageShowsTextAsText(t *testing.T) {
	files, err := filepath.Glob("page/src/*.ts*")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d sources, error %v", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, unsafe := range []string{"nnerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc", "DOMParser", "setHTML"} {
			if strings.Contains(string(text), unsafe) {
				t.Errorf("%s uses %s", name, unsafe)
			}
		}
	}
}
