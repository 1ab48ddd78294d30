package monitors

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/monitorink/monitorink/cmd/internal/references"
	"github.com/monitorink/monitorink/monitor/heartbeat"
)

// follow returns what an alias stands for, with its references replaced.
func (d *draft) follow(n *yaml.Node) *yaml.Node { return d.scalar(d.file.follow(n)) }

// scalar returns v with what is in it of ${each}, and of ${env:NAME} where that need
// not be kept, replaced. References that are kept are tried.
func (d *draft) scalar(v *yaml.Node) *yaml.Node {
	if v.Kind != yaml.ScalarNode || !refers(v.Value) {
		return v
	}
	if _, ok := d.done[v]; ok {
		return v
	}
	replaced := *v
	var text string
	var err error
	if d.kept {
		text, err = references.Replace(v.Value, false, d.eachValue)
		d.volume -= len(text)
		if err == nil {
			_, err = references.Replace(text, true, func(ref string, _ int) (string, bool, error) { return d.resolve(v, ref) })
		}
	} else {
		text, err = d.read(v.Value)
	}
	if err != nil {
		d.tell(v, "%s: %v", d.top, err)
		d.done[&replaced] = true
		return &replaced
	}
	d.done[&replaced] = false
	replaced.Value = text
	if v.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		replaced.Tag = tagOf(text)
	}
	return &replaced
}

// read returns text with all of its references replaced.
func (d *draft) read(text string) (string, error) {
	text, err := references.Replace(text, false, d.eachValue)
	if err != nil {
		return "", err
	}
	d.volume -= len(text)
	return references.Replace(text, true, d.plain)
}

// tagOf is how YAML would take a text that was written without quotes.
func tagOf(text string) string {
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return "!!int"
	}
	if text == "true" || text == "false" {
		return "!!bool"
	}
	return "!!str"
}

// plain is what a reference stands for where that is read at once.
func (d *draft) plain(ref string, _ int) (string, bool, error) {
	switch {
	case references.Kind(ref) == "file:":
		return "", true, fmt.Errorf("${%s} is not for here, but for %s; write the value, or ${env:NAME}", ref, join(references.Keys))
	case references.Kind(ref) == "" || d.References == nil:
		return "", false, nil
	}
	text, _, known, err := d.References.Resolve(ref)
	return text, known, err
}

// variable is what many write for a reference to a variable, and it is none.
var variable = regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`)

// resolve tries a reference that is kept.
func (d *draft) resolve(v *yaml.Node, ref string) (string, bool, error) {
	if references.Kind(ref) == "" && variable.MatchString(ref) {
		d.warn(v, "%s: ${%s} is left as it is; for the variable write ${env:%s}", d.top, ref, ref)
	}
	if d.References == nil {
		return "", false, nil
	}
	text, warning, known, err := d.References.Resolve(ref)
	if warning != "" {
		d.warn(v, "%s: %s", d.top, warning)
	}
	return text, known, err
}

// warn gives a warning, once in a set.
func (d *draft) warn(n *yaml.Node, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	d.warnOnce(message, n, message)
}

// warnOnce gives a warning, once for each key.
func (d *draft) warnOnce(key string, n *yaml.Node, message string) {
	if d.Warn == nil || d.warned[key] {
		return
	}
	d.warned[key] = true
	d.Warn(Problem{File: d.name, Line: n.Line, Column: n.Column, Index: d.index, Item: d.each.number, Monitor: d.ID, Message: message})
}

// checkExpanded judges a good monitor with what its references stand for, and the
// files that it names.
func (d *draft) checkExpanded() {
	if d.bad || d.References == nil {
		return
	}
	full, _, err := d.References.Expand(&d.Monitor)
	if t := &d.TLS; err == nil && full == &d.Monitor && t.CA+t.Cert+t.Key == "" {
		return
	}
	if err == nil {
		err = heartbeat.Check(&d.Monitor, d.References.Expand)
	}
	if err != nil {
		d.tell(d.placeOf(err.Error()), "%v", err)
	}
}

// placeOf is where the field stands that a message begins with, as in
// "tls.cert: there is no file".
func (d *draft) placeOf(message string) *yaml.Node {
	path, _, ok := strings.Cut(message, ": ")
	at := d.file.follow(d.node)
	if !ok {
		return at
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(path, "_file"), ".") {
		next := (*yaml.Node)(nil)
		for i := 0; at.Kind == yaml.MappingNode && i+1 < len(at.Content); i += 2 {
			if strings.EqualFold(at.Content[i].Value, name) {
				next = d.file.follow(at.Content[i+1])
			}
		}
		if next == nil {
			break
		}
		at = next
	}
	return at
}
