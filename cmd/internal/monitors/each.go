package monitors

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/monitorink/monitorink/cmd/internal/references"
)

const (
	maxEach      = 100_000 // monitors of one for_each
	maxEachWrong = 1000    // problems of one for_each; then it is given up
)

// An item is what ${each} stands for in one monitor of a for_each.
type item struct {
	number int               // from 1; 0: the monitor has no for_each
	values map[string]string // by the name behind each, "" where for_each is a list of texts
}

// fleet reads the monitors that the for_each v makes of n.
func (f *file) fleet(base *draft, i int, n, v *yaml.Node) {
	d := base.inherit(f)
	d.index, d.isDefault, d.node = i, false, n
	d.bad = false // as far as for_each goes
	items := d.items(f.follow(v))
	if items == nil || !d.tellsApart(n) {
		return
	}
	before := len(f.errs)
	for number, values := range items {
		f.one(base, i, n, item{number + 1, values})
		switch {
		case f.volume < 0:
			d.tell(v, "for_each: the texts that it makes have more than %d bytes (64 MiB) together; write shorter ones, or several files", MaxFile)
			return
		case len(f.errs)-before > maxEachWrong:
			d.tell(v, "for_each: the rest is not looked at, for too much is wrong already")
			return
		}
	}
}

// tellsApart reports whether the ids of a for_each differ.
func (d *draft) tellsApart(n *yaml.Node) bool {
	for key, v := range d.pairs(n, func(*yaml.Node, string, ...any) {}) {
		if key.Value == "id" && v.Kind == yaml.ScalarNode && !strings.Contains(v.Value, references.Begin+"each") {
			d.tell(v, "id has no ${each}, and all monitors of the for_each would have it; write such as %s-${each}", clip(v.Value))
			return false
		}
	}
	return true
}

// setForEach is told of a for_each that is read already, or has come by <<.
func (d *draft) setForEach(key *yaml.Node) {
	if d.each.number == 0 {
		d.tell(key, "for_each comes by <<; write it into the monitor itself")
	}
}

// items returns what for_each lists, or nil when something is wrong with it.
func (d *draft) items(v *yaml.Node) []map[string]string {
	switch {
	case v.Kind == yaml.MappingNode:
		return d.product(v)
	case v.Kind != yaml.SequenceNode || len(v.Content) == 0:
		d.tell(v, "for_each is %s; write a list, such as [a, b], or lists with names, such as { region: [eu, us], tier: [1, 2] }", empty(v))
		return nil
	case !d.fits(v, len(v.Content)):
		return nil
	}
	list := make([]map[string]string, 0, len(v.Content))
	for i, n := range v.Content {
		values := d.itemValues(fmt.Sprintf("for_each[%d]", i), d.file.follow(n))
		if values == nil {
			return nil
		}
		if i > 0 && !slices.Equal(slices.Sorted(maps.Keys(values)), slices.Sorted(maps.Keys(list[0]))) {
			d.tell(n, "for_each[%d] has other names than the first, which has %s; write the same", i, named(list[0]))
			return nil
		}
		list = append(list, values)
	}
	return list
}

// fits reports whether so many monitors may be made.
func (d *draft) fits(v *yaml.Node, n int) bool {
	switch {
	case n > maxEach:
		d.tell(v, "for_each makes %d monitors, and at most %d are allowed; write several", n, maxEach)
	case len(d.monitors)+n > maxMonitors:
		d.tell(v, "for_each makes %d monitors, and with those before there are more than %d, which is all that are read; share them out to several heartbeats", n, maxMonitors)
	default:
		return true
	}
	return false
}

// itemValues returns a text, by the name "", or texts by their names.
func (d *draft) itemValues(what string, n *yaml.Node) map[string]string {
	if n.Kind != yaml.MappingNode {
		text, ok := d.itemText(what, n)
		if !ok {
			return nil
		}
		return map[string]string{"": text}
	}
	values, good := map[string]string{}, len(n.Content) > 0
	if !good {
		d.tell(n, "%s is empty; write names and texts, such as { region: eu }", what)
	}
	for key, v := range d.pairs(n, d.tell) {
		text, ok := d.itemText(what+"."+clip(key.Value), v)
		ok = d.isName(key) && ok
		good = good && ok
		values[key.Value] = text
	}
	if !good || d.bad {
		return nil
	}
	return values
}

func (d *draft) itemText(what string, n *yaml.Node) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		d.tell(n, "%s is %s; write a text or a number", what, shape(n))
		return "", false
	}
	return n.Value, true
}

func (d *draft) isName(key *yaml.Node) bool {
	if key.Value == "" || strings.ContainsAny(key.Value, "${}. \t\n") {
		d.tell(key, "for_each: %q cannot be a name; write one without spaces, dots and braces, such as region", clip(key.Value))
		return false
	}
	return true
}

// product returns each combination of what lists have, of which the last changes first.
func (d *draft) product(v *yaml.Node) []map[string]string {
	var names []string
	var lists [][]string
	total := 1
	for key, n := range d.pairs(v, d.tell) {
		if !d.isName(key) {
			continue
		}
		if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
			d.tell(n, "for_each.%s is %s; write a list, such as [a, b]", clip(key.Value), empty(n))
			continue
		}
		names = append(names, key.Value)
		if total <= 1<<30 {
			total *= len(n.Content)
		}
		if total > maxEach {
			continue // it is refused, and need not be built
		}
		var texts []string
		for i, n := range n.Content {
			text, _ := d.itemText(fmt.Sprintf("for_each.%s[%d]", clip(key.Value), i), d.file.follow(n))
			texts = append(texts, text)
		}
		lists = append(lists, texts)
	}
	if len(names) == 0 && !d.bad {
		d.tell(v, "for_each is empty; write lists with names, such as { region: [eu, us], tier: [1, 2] }")
	}
	if d.bad || !d.fits(v, total) {
		return nil
	}
	all := make([]map[string]string, total)
	for i := range all {
		values, rest := make(map[string]string, len(names)), i
		for k := len(names) - 1; k >= 0; k-- {
			values[names[k]] = lists[k][rest%len(lists[k])]
			rest /= len(lists[k])
		}
		all[i] = values
	}
	return all
}

// empty is kind, of a list that is no good because it is empty as well.
func empty(n *yaml.Node) string {
	if n.Kind == yaml.SequenceNode {
		return "an empty list"
	}
	return kind(n)
}

// named lists the names of an item as they are written.
func named(values map[string]string) string {
	if _, ok := values[""]; ok {
		return "none"
	}
	return join(slices.Sorted(maps.Keys(values)))
}

// eachValue is what ${each}, or ${each.NAME}, stands for.
func (d *draft) eachValue(ref string, _ int) (string, bool, error) {
	name, ok := strings.CutPrefix(ref, "each")
	if ok && name != "" {
		name, ok = strings.CutPrefix(name, ".")
	}
	if !ok {
		return "", false, nil
	}
	if text, has := d.each.values[name]; has && (name != "" || ref == "each") {
		return text, true, nil
	}
	switch _, texts := d.each.values[""]; {
	case d.each.number == 0:
		return "", true, fmt.Errorf("${%s} is for a monitor with for_each; write $${%s} for the text itself", ref, ref)
	case texts:
		return "", true, fmt.Errorf("${%s} has a name, and for_each is a list of texts; write ${each}", ref)
	}
	return "", true, fmt.Errorf("${%s} names nothing of for_each; write ${each. and one of %s}", ref, named(d.each.values))
}
