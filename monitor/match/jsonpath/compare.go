package jsonpath

import (
	"bytes"
	"cmp"
)

// An operand is one side of a comparison: a value of the document, a literal, or
// what a function gives.
type operand struct {
	kind Kind
	text []byte // of a string what it says, of a number how it is written
	v    Value  // of an array or an object
}

// operand is v as one side of a comparison; reading it costs d steps.
func (d *Document) operand(v Value) operand {
	o := operand{kind: v.Kind(), v: v}
	if o.kind == String && !d.spend(len(v.JSON())/64) {
		return operand{}
	}
	switch o.kind {
	case String:
		o.text = unquote(v.JSON())
	case Number:
		o.text = v.JSON()
	}
	return o
}

// equal is the == of RFC 9535, 2.3.5.2.2.
func (d *Document) equal(a, b operand) bool {
	if a.kind != b.kind || !d.spend(4+min(len(a.text), len(b.text))/64) { // it costs as much as four
		return false
	}
	switch a.kind {
	case Number:
		return compareNumbers(a.text, b.text) == 0
	case String:
		return bytes.Equal(a.text, b.text)
	case Array:
		return d.equalArrays(a.v, b.v)
	case Object:
		return d.equalObjects(a.v, b.v)
	}
	return true
}

func (d *Document) equalArrays(a, b Value) bool {
	i, end := b.i+1, b.d.nodes[b.i].next
	for child := range a.d.children(a.i) {
		if i == end || !d.equal(d.operand(child), d.operand(Value{b.d, i})) {
			return false
		}
		i = b.d.nodes[i].next
	}
	return i == end
}

func (d *Document) equalObjects(a, b Value) bool {
	names := 0
	for child := range a.d.children(a.i) {
		name, counts := d.named(a, child)
		if !counts {
			continue
		}
		names++
		other := d.member(b, name)
		if other.d == nil || !d.equal(d.operand(child), d.operand(other)) {
			return false
		}
	}
	for child := range b.d.children(b.i) {
		if _, counts := d.named(b, child); counts {
			names--
		}
	}
	return names == 0 && d.steps >= 0
}

// named is the name of a child of v, and whether that stands for it: of several it
// stands for the last.
func (d *Document) named(v, child Value) (name []byte, counts bool) {
	name = d.operand(Value{child.d, child.i - 1}).text
	return name, d.member(v, name) == child
}

// member is the member of an object with that name, the last if there are several.
func (d *Document) member(v Value, name []byte) (found Value) {
	for child := range v.d.children(v.i) {
		quoted := Value{v.d, child.i - 1}.JSON()
		if !d.spend(1 + min(len(quoted), len(name))/64) {
			return Value{}
		}
		// Escaped, a byte of the name takes six at most.
		if size := len(quoted) - 2; len(name) <= size && size <= 6*len(name) && bytes.Equal(unquote(quoted), name) {
			found = child
		}
	}
	return found
}

// less is the < of RFC 9535: only of two numbers, or two strings.
func (d *Document) less(a, b operand) bool {
	if a.kind != b.kind || !d.spend(1+min(len(a.text), len(b.text))/64) {
		return false
	}
	switch a.kind {
	case Number:
		return compareNumbers(a.text, b.text) < 0
	case String:
		return bytes.Compare(a.text, b.text) < 0 // as their code points are ordered
	}
	return false
}

// compareNumbers compares two numbers as they are written, exactly.
func compareNumbers(a, b []byte) int {
	x, y := newDecimal(a), newDecimal(b)
	if c := cmp.Compare(x.sign, y.sign); c != 0 || x.sign == 0 {
		return c
	}
	return x.sign * cmp.Or(cmp.Compare(x.scale, y.scale), compareDigits(x, y))
}

// A decimal is 0.digits times ten to the scale, the first digit not being 0.
type decimal struct {
	sign        int
	scale       int64
	whole, part []byte // the digits, round the point
}

// limit bounds exponents: numbers beyond 10^(2^40) are as large as any other.
const limit = 1 << 40

func newDecimal(s []byte) decimal {
	d := decimal{sign: 1}
	if s[0] == '-' {
		d.sign, s = -1, s[1:]
	}
	exp := int64(0)
	if at := bytes.IndexAny(s, "eE"); at >= 0 {
		exp, s = exponent(s[at+1:]), s[:at]
	}
	d.whole, d.part, _ = bytes.Cut(s, []byte{'.'})
	d.whole = bytes.TrimLeft(d.whole, "0")
	d.scale = int64(len(d.whole))
	if len(d.whole) == 0 {
		all := len(d.part)
		d.part = bytes.TrimLeft(d.part, "0")
		d.scale = int64(len(d.part) - all)
	}
	if len(d.whole)+len(d.part) == 0 {
		return decimal{}
	}
	d.scale += exp
	return d
}

func exponent(s []byte) int64 {
	sign, n := int64(1), int64(0)
	for _, c := range s {
		switch {
		case c == '-':
			sign = -1
		case isDigit(c) && n < limit:
			n = 10*n + int64(c-'0')
		}
	}
	return sign * min(n, limit)
}

func compareDigits(a, b decimal) int {
	for i := 0; i < max(len(a.whole)+len(a.part), len(b.whole)+len(b.part)); i++ {
		if c := cmp.Compare(a.digit(i), b.digit(i)); c != 0 {
			return c
		}
	}
	return 0
}

func (d decimal) digit(i int) byte {
	switch {
	case i < len(d.whole):
		return d.whole[i]
	case i-len(d.whole) < len(d.part):
		return d.part[i-len(d.whole)]
	}
	return '0'
}
