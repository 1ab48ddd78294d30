package jsonpath

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A Kind is what a value is.
type Kind byte

// The kinds of value. Nothing is the zero Value, which stands for no value at all.
const (
	Nothing Kind = 0
	Null    Kind = 'n'
	False   Kind = 'f'
	True    Kind = 't'
	Number  Kind = '0'
	String  Kind = '"'
	Array   Kind = '['
	Object  Kind = '{'
)

// A Value is a value of a document.
type Value struct {
	d *Document
	i uint32
}

// Kind is what v is.
func (v Value) Kind() Kind {
	if v.d == nil {
		return Nothing
	}
	c := v.JSON()[0]
	if c == '-' || isDigit(c) {
		return Number
	}
	return Kind(c)
}

// JSON is v as it stands in the text.
func (v Value) JSON() []byte {
	n := v.d.nodes[v.i]
	return v.d.text[n.at:n.end]
}

// Equal reports whether v and w are equal: numbers by value, objects in any order.
// It costs steps of v's document, and is false when they are spent.
func (v Value) Equal(w Value) bool { return v.d.equal(v.d.operand(v), v.d.operand(w)) }

// Compare compares v with w, which are numbers: it is negative when v is less, and
// 0 when they are equal.
func (v Value) Compare(w Value) int {
	a, b := v.JSON(), w.JSON()
	v.d.spend(min(len(a), len(b)) / 64)
	return compareNumbers(a, b)
}

// Match reports whether re matches what a string says, or a number as it is written.
// It costs a step for each byte, and is false when they are spent.
func (v Value) Match(re *regexp.Regexp) bool {
	o := v.d.operand(v)
	return (o.kind == String || o.kind == Number) && v.d.spend(len(o.text)) && re.Match(o.text)
}

// Path is where v stands, in the form of RFC 9535, 2.7: $['queues'][0].
func (v Value) Path() string {
	b := []byte{'$'}
	d := v.d
	for at := uint32(0); at != v.i; {
		index, name := 0, Value{}
		for child := range d.children(at) {
			if child.i <= v.i && v.i < d.nodes[child.i].next {
				if Kind(d.text[d.nodes[at].at]) == Object {
					name = Value{d, child.i - 1}
				}
				at = child.i
				break
			}
			index++
		}
		if name.d == nil {
			b = append(strconv.AppendInt(append(b, '['), int64(index), 10), ']')
			continue
		}
		b = append(appendName(append(b, '['), unquote(name.JSON())), ']')
	}
	return string(b)
}

// appendName appends a name in single quotes, as a normalized path has it.
func appendName(b, name []byte) []byte {
	b = append(b, '\'')
	for _, r := range string(name) {
		switch at := strings.IndexRune("\b\t\n\f\r'\\", r); {
		case at >= 0:
			b = append(b, '\\', `btnfr'\`[at])
		case r < ' ':
			b = append(b, '\\', 'u', '0', '0', '0'+byte(r>>4), "0123456789abcdef"[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '\'')
}

// unquote is what a string in quotes says; it is s itself where nothing is escaped.
// Half of a surrogate pair is U+FFFD.
func unquote(s []byte) []byte {
	s = s[1 : len(s)-1]
	at := bytes.IndexByte(s, '\\')
	if at < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for ; at >= 0; at = bytes.IndexByte(s, '\\') {
		out = append(out, s[:at]...)
		c := s[at+1]
		s = s[at+2:]
		if c != 'u' {
			if i := strings.IndexByte("bfnrt", c); i >= 0 {
				c = "\b\f\n\r\t"[i]
			}
			out = append(out, c)
			continue
		}
		r := hex4(s)
		s = s[4:]
		if utf16.IsSurrogate(r) {
			pair := rune(utf8.RuneError)
			if len(s) >= 6 && s[0] == '\\' && s[1] == 'u' {
				pair = utf16.DecodeRune(r, hex4(s[2:]))
			}
			if r = pair; r != utf8.RuneError {
				s = s[6:]
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return append(out, s...)
}

func hex4(s []byte) rune {
	n, _ := strconv.ParseUint(string(s[:4]), 16, 16) // they are digits
	return rune(n)
}
