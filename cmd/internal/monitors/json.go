package monitors

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

const (
	maxJSON      = 64 << 10 // bytes of a value that is expected
	maxJSONDepth = 100
)

// json returns a value of the file as JSON. Numbers keep all their digits.
func (d *draft) json(what string, v *yaml.Node) json.RawMessage {
	before := len(d.errs)
	b := d.appendJSON(nil, what, v, 0)
	if len(b) > maxJSON && len(d.errs) == before {
		d.tell(v, "%s is a value of more than %d KiB; write a smaller one", what, maxJSON>>10)
	}
	return b
}

func (d *draft) appendJSON(b []byte, what string, v *yaml.Node, depth int) []byte {
	switch v = d.follow(v); {
	case len(b) > maxJSON: // told of at the end
		return b
	case depth > maxJSONDepth:
		d.tell(v, "%s: more than %d lists and mappings lie in one another; write a simpler value", what, maxJSONDepth)
		return b
	case v.Kind == yaml.SequenceNode:
		b = append(b, '[')
		for i, n := range v.Content {
			if i > 0 {
				b = append(b, ',')
			}
			b = d.appendJSON(b, what, n, depth+1)
		}
		return append(b, ']')
	case v.Kind == yaml.MappingNode:
		b = append(b, '{')
		comma := false
		for key, value := range d.pairs(v, d.tell) {
			if comma {
				b = append(b, ',')
			}
			comma = true
			b = append(appendText(b, key.Value), ':')
			b = d.appendJSON(b, what, value, depth+1)
		}
		return append(b, '}')
	case v.Tag == "!!null":
		return append(b, "null"...)
	case v.Tag == "!!bool":
		return append(b, strings.ToLower(v.Value)...)
	case v.Tag == "!!int" || v.Tag == "!!float":
		return append(b, d.number(what, v)...)
	}
	return appendText(b, v.Value)
}

func appendText(b []byte, s string) []byte {
	text, _ := json.Marshal(s) // a text is always JSON
	return append(b, text...)
}

var (
	decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
	based   = regexp.MustCompile(`^[-+]?0[xob][0-9a-fA-F_]+$`)
)

// number returns a number as JSON writes it, with all its digits.
func (d *draft) number(what string, v *yaml.Node) json.Number {
	if v.Kind == yaml.ScalarNode && (v.Tag == "!!int" || v.Tag == "!!float") {
		s := strings.TrimPrefix(strings.ReplaceAll(v.Value, "_", ""), "+")
		if decimal.MatchString(s) {
			return json.Number(s)
		}
		if n, ok := new(big.Int).SetString(s, 0); ok && based.MatchString(v.Value) {
			return json.Number(n.String())
		}
	}
	d.tell(v, "%s is %s; write a number such as 100, -0.5 or 1e6", what, kind(v))
	return "0"
}
