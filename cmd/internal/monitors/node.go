package monitors

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/monitorink/monitorink/cmd/internal/config"
)

// follow returns what an alias stands for, within the budget.
func (f *file) follow(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		if f.budget--; f.budget < 0 {
			f.exhausted(n)
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: n.Line, Column: n.Column}
		}
		n = n.Alias
	}
	return n
}

// exhausted says once that the budget is spent.
func (f *file) exhausted(n *yaml.Node) {
	if !f.spent {
		f.spent = true
		f.at(n, "the aliases up to here stand for more than %d parts, which is all that is followed; write them out", maxAliases)
	}
}

const maxKeys = 1000 // of one mapping

// pairs yields the keys and the values of a mapping, merged mappings (<<) after
// its own keys. Keys that are there twice are told of, and yielded once.
func (f *file) pairs(n *yaml.Node, tell func(*yaml.Node, string, ...any)) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		var own []*yaml.Node
		f.merge(n, &own, 0, tell, yield)
	}
}

const maxMerges = 16 // that lie in one another

func (f *file) merge(n *yaml.Node, own *[]*yaml.Node, depth int, tell func(*yaml.Node, string, ...any), yield func(key, value *yaml.Node) bool) bool {
	var merges []*yaml.Node
	if len(n.Content) > 2*maxKeys {
		tell(n, "the mapping has %d keys, and at most %d are allowed", len(n.Content)/2, maxKeys)
		return true
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := f.follow(n.Content[i]), f.follow(n.Content[i+1])
		if key.Kind != yaml.ScalarNode {
			tell(key, "a key is %s; write a name", kind(key))
			continue
		}
		if key.Tag == "!!merge" || key.Value == "<<" {
			merges = append(merges, value)
			continue
		}
		same := slices.IndexFunc(*own, func(k *yaml.Node) bool { return k.Value == key.Value })
		switch {
		case same < 0:
			*own = append(*own, key)
			if !yield(key, value) {
				return false
			}
		case depth == 0:
			tell(key, "the key %q is there twice, first in line %d; write it once", key.Value, (*own)[same].Line)
		}
	}
	for _, m := range merges {
		for _, m := range itemsOf(m) {
			m = f.follow(m)
			f.budget -= 1 + len(m.Content)
			switch {
			case f.budget < 0 || depth == maxMerges:
				f.exhausted(n)
				return false
			case m.Kind != yaml.MappingNode:
				tell(m, "<< is %s; write an alias of a mapping", kind(m))
			case !f.merge(m, own, depth+1, tell, yield):
				return false
			}
		}
	}
	return true
}

// shape says what a node is, in the words of a user.
func shape(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "empty"
	}
	return "a text"
}

// kind is shape with the value, where that is no secret.
func kind(n *yaml.Node) string {
	if s := shape(n); s != "a text" {
		return s
	}
	switch n.Tag {
	case "!!int", "!!float":
		return "the number " + clip(n.Value)
	case "!!bool":
		return "the truth value " + clip(n.Value)
	}
	return fmt.Sprintf("the text %q", clip(n.Value))
}

// clip bounds what a message repeats.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	if r := []rune(s[:min(len(s), 4*most)]); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// elsewhere is what keys of other probers are here.
var elsewhere = map[string]string{
	"client": "timeout, redirects, tls, proxy, resolver or auth", "conditions": "expect", "enabled": "paused",
	"endpoints": "monitors", "follow_redirects": "redirects", "graphql": "a body, and content-type in headers", "group": "labels", "ignore_redirect": "redirects",
	"interval": "every", "modules": "defaults", "name": "id", "retries": "attempts", "schedule": "every or cron", "scrape_interval": "every", "tags": "labels",
}

// instead names the nearest of what is known, or what a word of others is here, or all
// that is known.
func instead(word string, known ...string) string {
	here := elsewhere[word]
	for k := range strings.FieldsFuncSeq(here, func(r rune) bool { return r == ' ' || r == ',' }) {
		if slices.Contains(known, k) {
			return "; here it is " + here
		}
	}
	if near := config.Nearest(word, known); near != "" {
		return "; did you mean " + near + "?"
	}
	return "; known are " + join(known)
}

func join(list []string) string {
	last := len(list) - 1
	if last < 1 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:last], ", ") + " and " + list[last]
}

// itemsOf is what a list holds, or v alone: where a list may stand, one value may.
func itemsOf(v *yaml.Node) []*yaml.Node {
	if v.Kind == yaml.SequenceNode {
		return v.Content
	}
	return []*yaml.Node{v}
}
