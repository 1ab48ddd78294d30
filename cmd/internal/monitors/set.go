package monitors

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp/syntax"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/monitorink/monitorink/data"
)

// A set is what several files define together.
type set struct {
	Reader
	monitors []data.Monitor
	errs     Errors
	seen     map[string]place // where each id was defined first

	done   map[*yaml.Node]bool // scalars that have been replaced; true: something is wrong with them
	warned map[string]bool     // warnings that have been given

	patterns  map[string]error        // judged regular expressions
	schedules map[data.Schedule]error // judged schedules
}

type place struct {
	file string
	line int
}

func newSet(r Reader) *set {
	r.Defaults = r.Defaults.orBuiltIn()
	return &set{
		Reader: r, seen: map[string]place{}, done: map[*yaml.Node]bool{}, warned: map[string]bool{},
		patterns: map[string]error{}, schedules: map[data.Schedule]error{},
	}
}

// A file is one that is being read.
type file struct {
	*set
	name   string
	budget int // of aliases and merges that may still be followed
	spent  bool
	errs   Errors
}

// maxAliases is how many aliases are followed in one file.
const maxAliases = 1 << 20

// add reads one file into s.
func (s *set) add(name string, b []byte) {
	f := &file{set: s, name: name, budget: maxAliases}
	f.read(b)
	clear(s.done) // whose nodes are not to outlive the file
	f.errs.sort()
	s.errs = append(s.errs, f.errs...)
}

func (f *file) wholly(format string, args ...any) {
	f.errs = append(f.errs, whole(f.name, format, args...))
}

// at notes a problem that belongs to no monitor.
func (f *file) at(n *yaml.Node, format string, args ...any) {
	f.errs = append(f.errs, Problem{f.name, n.Line, n.Column, -1, "", fmt.Sprintf(format, args...)})
}

func (f *file) read(b []byte) {
	if len(b) > MaxFile {
		f.errs = append(f.errs, tooLarge(f.name, int64(len(b))))
		return
	}
	root := f.parse(b)
	if root == nil {
		return
	}
	if root.Kind != yaml.MappingNode {
		f.at(root, "the file is %s, not a mapping; write:\n%s", kind(root), sample)
		return
	}
	base := &draft{file: f, index: -1, isDefault: true}
	base.Schedule, base.Timeout = f.Defaults.Schedule, data.Duration(f.Defaults.Timeout)
	base.Method, base.Connection, base.Redirects = "GET", data.ConnectionNew, defaultRedirects
	var list *yaml.Node
	for key, value := range f.pairs(root, f.at) {
		switch key.Value {
		case "defaults":
			base.node = key
			base.fill(value)
			base.checkDefaults()
		case "monitors":
			list = value
		default:
			f.at(key, "the key %q is unknown%s", key.Value, instead(key.Value, "defaults", "monitors"))
		}
	}
	switch {
	case list == nil:
		f.wholly("the file has no monitors; write:\n%s", sample)
	case list.Kind != yaml.SequenceNode:
		f.at(list, "monitors is %s, not a list; write each monitor below it, with a dash before its first line", kind(list))
	case len(list.Content) == 0:
		f.at(list, "monitors is an empty list; write:\n%s", sample)
	default:
		f.monitors = slices.Grow(f.monitors, len(list.Content))
		for i, n := range list.Content {
			f.monitor(base, i, n)
		}
	}
}

// parse returns the root of the one document of b, or nil.
func (f *file) parse(b []byte) *yaml.Node {
	loader, err := yaml.NewLoader(bytes.NewReader(b))
	if err != nil {
		f.wholly("%v", err)
		return nil
	}
	var doc, more yaml.Node
	if err := loader.Load(&doc); err != nil {
		f.syntax(err)
		return nil
	}
	switch err := loader.Load(&more); {
	case err == nil:
		f.at(&more, "a second document begins here, and only one is read; write it into a file of its own, in a folder with this one")
	case !errors.Is(err, io.EOF):
		f.syntax(err)
	}
	root := &doc
	if doc.Kind == yaml.DocumentNode && len(doc.Content) > 0 {
		root = doc.Content[0]
	}
	if root = f.follow(root); root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		f.wholly("the file is empty; write:\n%s", sample)
		return nil
	}
	return root
}

func (f *file) syntax(err error) {
	if errors.Is(err, io.EOF) {
		f.wholly("the file is empty; write:\n%s", sample)
		return
	}
	p := whole(f.name, "this is not YAML: %v", err)
	var load *yaml.LoadError
	if errors.As(err, &load) {
		p.Line, p.Column = load.Mark.Line, load.Mark.Column
		p.Message = "this is not YAML: " + strings.TrimPrefix(load.Message, "yaml: ")
	}
	f.errs = append(f.errs, p)
}

// judge judges a regular expression, once.
func (s *set) judge(p string) error {
	err, ok := s.patterns[p]
	if !ok {
		_, err = syntax.Parse(p, syntax.Perl)
		s.patterns[p] = err
	}
	return err
}
