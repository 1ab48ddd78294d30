package docs_test

import (
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/internal/docs"
	"github.com/monitorink/monitorink/internal/docs/docstest"
)

const root = "../.."

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	all, links := docstest.Pages(t, root), 0
	for _, p := range all {
		for _, l := range p.Links() {
			links++
			if wrong := follow(all, p.Name, l.Target); wrong != "" {
				t.Errorf("%s: %q: %s", l.Place, l.Target, wrong)
			}
		}
	}
	if links < 100 {
		t.Errorf("%d links; that cannot be all", links)
	}
}

// follow says what is wrong with a link on a page. What is elsewhere is not asked.
func follow(all []docs.Page, page, target string) string {
	u, err := url.Parse(target)
	switch {
	case err != nil:
		return err.Error()
	case target == "":
		return "it is empty"
	case u.Scheme == "mailto" && strings.Contains(u.Opaque, "@"):
		return ""
	case u.Scheme == "http" || u.Scheme == "https":
		if u.Hostname() == "" || strings.Contains(u.Host, "..") {
			return "it has no host"
		}
		return ""
	case u.Scheme != "" || u.Host != "" || strings.HasPrefix(target, "/"):
		return "write a relative path, or a URL with http or https"
	}
	name := page
	if u.Path != "" {
		name = path.Join(path.Dir(page), u.Path)
	}
	if strings.HasPrefix(name, "..") {
		return "it leads out of the repository"
	}
	if _, err := os.Stat(filepath.Join(root, name)); err != nil {
		return "there is no " + name
	}
	if u.Fragment == "" {
		return ""
	}
	i := slices.IndexFunc(all, func(p docs.Page) bool { return p.Name == name })
	if i < 0 {
		return name + " has no headings to lead to"
	}
	if !slices.Contains(all[i].Anchors(), u.Fragment) {
		return name + " has no heading for #" + u.Fragment
	}
	return ""
}

// What a command or a sentence names of the repository is there.
func TestEveryPathInTheDocumentationExists(t *testing.T) {
	file := regexp.MustCompile(`(?:^|[\s"'=(])(?:\./)?((?:bench|cmd|deploy|docs|examples|flyway|internal|web)/[\w./*-]+)(?:…|[A-Z])?`)
	found := 0
	for _, p := range docstest.Pages(t, root) {
		if p.Name == "CHANGELOG.md" {
			continue // what was, was
		}
		for _, c := range p.Code() {
			for _, m := range file.FindAllStringSubmatch(c.Text, -1) {
				name := strings.TrimSuffix(strings.TrimRight(m[1], "."), "/...")
				if name == "flyway/flyway" {
					continue // an image
				}
				found++
				if list, err := filepath.Glob(filepath.Join(root, name)); err != nil || len(list) == 0 {
					t.Errorf("%s: there is no %s", c.Place, name)
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("%d paths are named; that cannot be all", found)
	}
}

// Who finds a page in docs/README.md need not know its name.
func TestTheIndexHasEveryPage(t *testing.T) {
	all := docstest.Pages(t, root)
	var linked []string
	for _, p := range all {
		if folder := path.Dir(p.Name); p.Name == "docs/README.md" || folder != "docs" && path.Base(p.Name) == "README.md" {
			for _, l := range p.Links() {
				linked = append(linked, path.Join(folder, strings.SplitN(l.Target, "#", 2)[0]))
			}
		}
	}
	for _, p := range all {
		if strings.HasPrefix(p.Name, "docs/") && p.Name != "docs/README.md" && !slices.Contains(linked, p.Name) {
			t.Errorf("no index has a link to %s: docs/README.md, or that of its folder", p.Name)
		}
	}
}

// What programs, comments and configuration say of a page is looked up, too.
func TestEveryPageThatTheCodeNamesExists(t *testing.T) {
	all, named := docstest.Pages(t, root), 0
	page := regexp.MustCompile(`\bdocs/[a-z0-9/-]+\.md(#[a-z0-9-]+)?`)
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", ".infra", ".tools", "node_modules", "bin", "dist"}, d.Name()):
			return fs.SkipDir
		case d.IsDir() || !slices.Contains([]string{".go", ".sh", ".yml", ".yaml", ".sql", ".ts", ".service", ""}, path.Ext(name)):
			return nil
		}
		b, err := os.ReadFile(filepath.Join(root, name))
		for _, target := range page.FindAllString(string(b), -1) {
			named++
			if wrong := follow(all, "README.md", target); wrong != "" {
				t.Errorf("%s: %q: %s", name, target, wrong)
			}
		}
		return err
	})
	if err != nil || named < 10 {
		t.Errorf("%d pages are named (%v); that cannot be all", named, err)
	}
}
