package monitors

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
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
	piece    int              // bytes of a file that are parsed at once; fewer in tests
	seen     map[string]place // where each id was defined first

	done   map[*yaml.Node]bool // scalars that have been replaced; true: something is wrong with them
	warned map[string]bool     // warnings that have been given

	labels    map[string]map[string]string // by what is in them
	patterns  map[string]error             // judged regular expressions
	schedules map[data.Schedule]error      // judged schedules
}

type place struct {
	file string
	line int
}

func newSet(r Reader) *set {
	r.Defaults = r.Defaults.orBuiltIn()
	return &set{
		Reader: r, piece: pieceSize, seen: map[string]place{}, done: map[*yaml.Node]bool{}, warned: map[string]bool{},
		labels: map[string]map[string]string{}, patterns: map[string]error{}, schedules: map[data.Schedule]error{},
	}
}

// A file is one that is being read.
type file struct {
	*set
	name   string
	budget int // of aliases and merges that may still be followed
	spent  bool
	volume int // of bytes that for_each may still make
	errs   Errors

	onlyDefaults bool
}

// maxMonitors is how many monitors a set may have.
const maxMonitors = 1_000_000

// maxWrong is how many problems of a file are noted before it is given up.
const maxWrong = 10_000

// maxAliases is how many aliases are followed in one file.
const maxAliases = 1 << 20

// builtIn is what monitors get that say nothing, in a file that says nothing.
func (s *set) builtIn() *draft {
	d := &draft{index: -1, isDefault: true}
	d.Schedule, d.Timeout = s.Defaults.Schedule, data.Duration(s.Defaults.Timeout)
	d.Method, d.Connection, d.Redirects = "GET", data.ConnectionNew, defaultRedirects
	return d
}

// add reads one file into s, whose monitors get by default what base has. Where it is
// one of defaults, it returns what they make of base.
func (s *set) add(name string, b []byte, base *draft, onlyDefaults bool) *draft {
	f := &file{set: s, name: name, budget: maxAliases, volume: MaxFile, onlyDefaults: onlyDefaults}
	base = base.inherit(f)
	f.read(b, base)
	clear(s.done) // whose nodes are not to outlive the file
	f.errs.sort()
	s.errs = append(s.errs, f.errs...)
	base.bad = base.bad || onlyDefaults && len(f.errs) > 0
	return base
}

func (f *file) wholly(format string, args ...any) {
	f.errs = append(f.errs, whole(f.name, format, args...))
}

// at notes a problem that belongs to no monitor.
func (f *file) at(n *yaml.Node, format string, args ...any) {
	f.errs = append(f.errs, Problem{File: f.name, Line: n.Line, Column: n.Column, Index: -1, Message: fmt.Sprintf(format, args...)})
}

func (f *file) read(b []byte, base *draft) {
	if len(b) > MaxFile {
		f.errs = append(f.errs, tooLarge(f.name, int64(len(b))))
		return
	}
	if before := *base; (len(b) > 2*f.piece || f.Memory != nil) && !f.onlyDefaults {
		if f.inPieces(b, base) {
			return
		}
		*base = before
	}
	root := f.parse(b)
	if root == nil {
		return
	}
	if root.Kind != yaml.MappingNode {
		f.at(root, "the file is %s, not a mapping; write%s", kind(root), f.sample())
		return
	}
	switch list := f.keys(root, base); {
	case f.onlyDefaults:
	case list == nil:
		f.wholly("the file has no monitors; write:\n%s", sample)
	case list.Kind != yaml.SequenceNode:
		f.at(list, "monitors is %s, not a list; write each monitor below it, with a dash before its first line", kind(list))
	case len(list.Content) == 0:
		f.at(list, "monitors is an empty list; write:\n%s", sample)
	default:
		f.monitors = slices.Grow(f.monitors, len(list.Content))
		f.list(base, 0, list)
	}
}

// keys reads what a file holds but for its monitors, and returns their list, or nil.
func (f *file) keys(root *yaml.Node, base *draft) (list *yaml.Node) {
	for key, value := range f.pairs(root, f.at) {
		switch key.Value {
		case "defaults":
			base.node = key
			base.fill(value)
			base.checkDefaults()
		case "monitors":
			list = value
			if f.onlyDefaults {
				f.at(key, "monitors do not belong into %s, which says what all files here and below get by default; write them into another", filepath.Base(f.name))
			}
		default:
			f.at(key, "the key %q is unknown%s", key.Value, instead(key.Value, "defaults", "monitors"))
		}
	}
	return list
}

// list reads monitors, the first of which is monitor i. It reports whether there may be
// more.
func (f *file) list(base *draft, i int, list *yaml.Node) bool {
	for k, n := range list.Content {
		if len(f.errs) >= maxWrong {
			f.at(n, "the rest is not looked at, for too much is wrong already")
			return false
		}
		if len(f.monitors) >= maxMonitors {
			f.at(n, "there are more than %d monitors, which is all that are read; share them out to several heartbeats", maxMonitors)
			return false
		}
		f.monitor(base, i+k, n)
	}
	return true
}

// sample is what to write into a file.
func (f *file) sample() string {
	if f.onlyDefaults {
		return " what is to hold by default, such as defaults: { every: 30s }"
	}
	return ":\n" + sample
}

// parse returns the root of the one document of b, or nil.
func (f *file) parse(b []byte) *yaml.Node {
	if weigh(b) > maxNodes {
		f.wholly(dense, maxNodes)
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(b))
	if err != nil {
		f.wholly("%v", err)
		return nil
	}
	var doc, more yaml.Node
	if err := loader.Load(&doc); err != nil {
		f.syntax(b, err)
		return nil
	}
	switch err := loader.Load(&more); {
	case err == nil:
		f.at(&more, "a second document begins here, and only one is read; write it into a file of its own, in a folder with this one")
	case !errors.Is(err, io.EOF):
		f.syntax(b, err)
	}
	root := &doc
	if doc.Kind == yaml.DocumentNode && len(doc.Content) > 0 {
		root = doc.Content[0]
	}
	if root = f.follow(root); root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		f.wholly("the file is empty; write%s", f.sample())
		return nil
	}
	return root
}

func (f *file) syntax(b []byte, err error) {
	if errors.Is(err, io.EOF) {
		f.wholly("the file is empty; write%s", f.sample())
		return
	}
	p := whole(f.name, "this is not YAML: %v", err)
	var load *yaml.LoadError
	if errors.As(err, &load) {
		p.Line, p.Column = load.Mark.Line, load.Mark.Column
		p.Message = "this is not YAML: " + clip(strings.TrimPrefix(load.Message, "yaml: "))
	}
	if p.Line == 0 {
		if line, column, message := unreadable(b); message != "" {
			p.Line, p.Column, p.Message = line, column, "this is not YAML: "+message
		}
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
