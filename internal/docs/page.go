package docs

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// A Page is one file of Markdown.
type Page struct {
	Name   string  // from the root of the repository, with slashes
	Blocks []Block // in order
	Lines  []string
	code   []bool // of each line: it is in a fence
}

// A Block is a fence, or a mark: a comment that stands by itself.
type Block struct {
	Line     int    // of the opening fence, or of the mark
	Language string // of a fence, "text" when it has none; empty: it is a mark
	Text     string
	Mark     string // of a fence: what the comment on the line before it says
}

// skipped are folders with files that are not ours.
var skipped = []string{".git", ".infra", ".tools", "node_modules", "bin"}

// Pages reads all pages below a folder.
func Pages(root string) ([]Page, error) {
	var list []Page
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(skipped, d.Name()):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".md":
			return nil
		}
		b, err := os.ReadFile(path.Join(root, name))
		list = append(list, Parse(name, string(b)))
		return err
	})
	return list, err
}

// Parse reads the text of a page.
func Parse(name, text string) Page {
	p := Page{Name: name, Lines: strings.Split(text, "\n")}
	p.code = make([]bool, len(p.Lines))
	mark := "" // of the line before, when that is a comment
	for i := 0; i < len(p.Lines); i++ {
		fence := fenceOf(p.Lines[i])
		if fence == "" {
			if mark != "" {
				p.Blocks = append(p.Blocks, Block{Line: i, Text: mark})
			}
			mark = ""
			if m := comment.FindStringSubmatch(p.Lines[i]); m != nil {
				mark = m[1]
			}
			continue
		}
		b := Block{Line: i + 1, Language: "text", Mark: mark}
		if info := strings.Fields(strings.TrimLeft(p.Lines[i], " `~")); len(info) > 0 {
			b.Language = info[0]
		}
		indent := indentOf(p.Lines[i])
		p.code[i] = true
		for i++; i < len(p.Lines); i++ {
			p.code[i] = true
			line := p.Lines[i]
			if end := fenceOf(line); strings.HasPrefix(end, fence) && strings.TrimSpace(line) == end {
				break
			}
			b.Text += line[min(indent, indentOf(line)):] + "\n"
		}
		p.Blocks = append(p.Blocks, b)
		mark = ""
	}
	if mark != "" {
		p.Blocks = append(p.Blocks, Block{Line: len(p.Lines), Text: mark})
	}
	return p
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// fenceOf returns the backticks or tildes that a line begins with, when they open or
// close a fence.
func fenceOf(line string) string {
	line = strings.TrimLeft(line, " ")
	for _, c := range []string{"`", "~"} {
		if n := len(line) - len(strings.TrimLeft(line, c)); n >= 3 {
			return line[:n]
		}
	}
	return ""
}

// prose yields the lines outside of fences, by their numbers from 1.
func (p Page) prose(yield func(int, string) bool) {
	for i, line := range p.Lines {
		if !p.code[i] && !yield(i+1, line) {
			return
		}
	}
}

var (
	heading = regexp.MustCompile(`^#{1,6} +(.*?)(?: +#+)?\s*$`)
	span    = regexp.MustCompile("(`+)(.*?[^`])(`+)")
	link    = regexp.MustCompile(`\]\(\s*<?([^()\s>]*(?:\([^()\s]*\)[^()\s>]*)*)>?(?:\s+"[^"]*")?\s*\)`)
	defined = regexp.MustCompile(`^ {0,3}\[[^\]]+\]:\s+<?([^\s>]+)`)
	html    = regexp.MustCompile(`\b(?:href|src|srcset)="([^"]*)"`)
	auto    = regexp.MustCompile(`<((?:https?|mailto):[^>\s]*)>`)
	comment = regexp.MustCompile(`^\s*<!-- (.*) -->\s*$`)
	anchor  = regexp.MustCompile(`\b(?:id|name)="([^"]+)"`)
	linked  = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// Anchors are what a link to this page may have after its #, as GitHub makes them of
// headings.
func (p Page) Anchors() []string {
	var list []string
	seen := map[string]int{}
	for _, line := range p.prose {
		for _, m := range anchor.FindAllStringSubmatch(line, -1) {
			list = append(list, m[1])
		}
		m := heading.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		slug := slugOf(m[1])
		if n := seen[slug]; n > 0 {
			list = append(list, fmt.Sprintf("%s-%d", slug, n))
		} else {
			list = append(list, slug)
		}
		seen[slug]++
	}
	return list
}

func slugOf(title string) string {
	title = linked.ReplaceAllString(title, "$1")
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}

// A Link is one that a page has, images among them.
type Link struct {
	Place  string // page:line
	Target string
}

// Links lists them, in the order of the page.
func (p Page) Links() []Link {
	var list []Link
	for n, line := range p.prose {
		text := span.ReplaceAllString(line, "")
		for _, form := range []*regexp.Regexp{link, defined, html, auto} {
			for _, m := range form.FindAllStringSubmatch(text, -1) {
				list = append(list, Link{fmt.Sprintf("%s:%d", p.Name, n), m[1]})
			}
		}
	}
	return list
}

// Code is text that a page shows as code: a span, or a line of a fence of shell.
type Code struct {
	Place string
	Text  string
	Shell bool // it is a line of a fence of shell
}

// Code lists the spans of a page and the lines of its shell, comments left out. A line
// that ends in a backslash goes on in the next.
func (p Page) Code() []Code {
	var list []Code
	for n, line := range p.prose {
		for _, m := range span.FindAllStringSubmatch(line, -1) {
			list = append(list, Code{Place: fmt.Sprintf("%s:%d", p.Name, n), Text: strings.TrimSpace(m[2])})
		}
	}
	for _, b := range p.Blocks {
		if b.Language != "sh" && b.Language != "console" {
			continue
		}
		for i, line := range strings.Split(strings.ReplaceAll(b.Text, "\\\n", ""), "\n") {
			line, _, _ = strings.Cut(" "+line, " #")
			if line = strings.TrimSpace(line); line != "" {
				list = append(list, Code{Place: fmt.Sprintf("%s:%d", p.Name, b.Line+1+i), Text: line, Shell: true})
			}
		}
	}
	return list
}
