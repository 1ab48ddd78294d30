package jsonpath

import (
	"regexp"
	"regexp/syntax"
	"strconv"
	"unicode/utf8"
)

// A place is the current node of a filter, and the document that it is in.
type place struct {
	node Value
	d    *Document
}

// each visits what q finds.
func (at place) each(q *query, visit func(Value) bool) {
	from := uint32(0)
	if q.relative {
		from = at.node.i
	}
	at.d.walk(q.segments, from, visit)
}

func (l or) test(at place) bool {
	for _, part := range l {
		if part.test(at) {
			return true
		}
	}
	return false
}

func (l and) test(at place) bool {
	for _, part := range l {
		if !part.test(at) {
			return false
		}
	}
	return true
}

func (l not) test(at place) bool { return !l.of.test(at) }

func (l exists) test(at place) bool {
	found := false
	at.each(l.query, func(Value) bool { found = true; return false })
	return found
}

func (l comparison) test(at place) bool {
	a, b := l.left.value(at), l.right.value(at)
	switch l.op {
	case "==":
		return at.d.equal(a, b)
	case "!=":
		return !at.d.equal(a, b)
	case "<":
		return at.d.less(a, b)
	case ">":
		return at.d.less(b, a)
	case "<=":
		return at.d.less(a, b) || at.d.equal(a, b)
	}
	return at.d.less(b, a) || at.d.equal(a, b)
}

func (l literal) value(place) operand { return l.operand }

func (l only) value(at place) operand {
	var v Value
	at.each(l.query, func(found Value) bool { v = found; return false })
	return at.d.operand(v)
}

func (l lone) value(at place) operand {
	var v Value
	n := 0
	at.each(l.query, func(found Value) bool { v = found; n++; return n < 2 })
	if n != 1 {
		return operand{}
	}
	return at.d.operand(v)
}

func (l count) value(at place) operand {
	n := 0
	at.each(l.query, func(Value) bool { n++; return true })
	return number(n)
}

func (l length) value(at place) operand {
	o := l.of.value(at)
	n := 0
	switch o.kind {
	case String:
		if !at.d.spend(len(o.text) / 64) {
			return operand{}
		}
		n = utf8.RuneCount(o.text)
	case Array, Object:
		for range o.v.d.children(o.v.i) {
			if n++; !at.d.spend(1) {
				return operand{}
			}
		}
	default:
		return operand{}
	}
	return number(n)
}

func number(n int) operand { return operand{kind: Number, text: strconv.AppendInt(nil, int64(n), 10)} }

func (l search) test(at place) bool {
	text, re, weight := l.text.value(at), l.fixed, 1
	if re == nil {
		re, weight = at.d.pattern(l.pattern.value(at), l.whole)
	}
	return re != nil && text.kind == String && at.d.spend(weight*(1+len(text.text))) && re.Match(text.text)
}

const (
	// maxPattern and maxProgram bound regular expressions that come from the
	// document itself, in bytes and instructions.
	maxPattern = 256
	maxProgram = 2000
)

// pattern is a regular expression of the document, and what it costs for each byte.
// It is nil when it is none, or too large.
func (d *Document) pattern(o operand, whole bool) (re *regexp.Regexp, weight int) {
	if o.kind != String || len(o.text) > maxPattern || !d.spend(10*maxProgram) {
		return nil, 0
	}
	text := expression(o.text, whole)
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil || size(parsed) > maxProgram {
		return nil, 0
	}
	if re, err = regexp.Compile(text); err != nil {
		return nil, 0
	}
	return re, 1 + size(parsed)/16
}

// size is about how many instructions re becomes.
func size(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		n += size(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return n
}

// expression is an I-Regexp (RFC 9485) as RE2 has it: a dot takes no end of a line.
func expression(pattern []byte, whole bool) string {
	var b []byte
	class := false
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			b = append(b, c)
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '.' && !class:
			b = append(b, `[^\n\r]`...)
			continue
		}
		b = append(b, pattern[i])
	}
	if whole {
		return `\A(?:` + string(b) + `)\z`
	}
	return string(b)
}
