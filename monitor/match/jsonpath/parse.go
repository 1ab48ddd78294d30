package jsonpath

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// MaxPath is how many bytes an expression may have.
	MaxPath  = 4096
	maxNests = 32 // filters, parentheses and functions that lie in one another
)

// A SyntaxError says where an expression is wrong, and what may stand there.
type SyntaxError struct {
	Offset int // in bytes
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("at character %d: %s", e.Offset+1, e.Reason)
}

// Compile reads an expression. Its errors are of type *[SyntaxError].
func Compile(expr string) (p *Path, err error) {
	if len(expr) > MaxPath {
		return nil, &SyntaxError{MaxPath, fmt.Sprintf("the path has %d bytes, and at most %d are allowed", len(expr), MaxPath)}
	}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *SyntaxError:
			p, err = nil, e
		default:
			panic(e)
		}
	}()
	c := compiler{s: expr}
	if !strings.HasPrefix(expr, "$") {
		c.fail(0, "a path begins with $, which is the whole body; write such as $.status")
	}
	q := c.query()
	if c.i < len(expr) {
		c.fail(c.i, "%s cannot follow here; write .name, ['name'], [0], [*] or ..name, or nothing", c.here())
	}
	return &Path{text: expr, query: *q}, nil
}

// A compiler reads an expression by the grammar of RFC 9535. It panics with a
// *SyntaxError, which Compile catches.
type compiler struct {
	s     string
	i     int
	nests int
}

func (c *compiler) fail(at int, format string, args ...any) {
	panic(&SyntaxError{at, fmt.Sprintf(format, args...)})
}

// here is what comes next, for a message.
func (c *compiler) here() string {
	if c.i >= len(c.s) {
		return "the end"
	}
	r, _ := utf8.DecodeRuneInString(c.s[c.i:])
	return strconv.Quote(string(r))
}

func (c *compiler) peek() byte {
	if c.i < len(c.s) {
		return c.s[c.i]
	}
	return 0
}

// take goes past text if it comes next.
func (c *compiler) take(text string) bool {
	if !strings.HasPrefix(c.s[c.i:], text) {
		return false
	}
	c.i += len(text)
	return true
}

func (c *compiler) space() {
	for c.i < len(c.s) && strings.IndexByte(" \t\n\r", c.s[c.i]) >= 0 {
		c.i++
	}
}

// nest is called where something begins that may hold its like, and unnest behind it.
func (c *compiler) nest() {
	if c.nests++; c.nests > maxNests {
		c.fail(c.i, "more than %d filters, parentheses and functions lie in one another; write a simpler path", maxNests)
	}
}

func (c *compiler) unnest() { c.nests-- }

// query reads $ or @ and the segments behind it.
func (c *compiler) query() *query {
	q := &query{relative: c.peek() == '@'}
	c.i++
	for {
		end := c.i
		c.space()
		switch {
		case c.take(".."):
			q.segments = append(q.segments, segment{descend: true, selectors: c.afterDots("..")})
		case c.take("."):
			q.segments = append(q.segments, segment{selectors: c.afterDots(".")})
		case c.peek() == '[':
			q.segments = append(q.segments, segment{selectors: c.brackets()})
		default:
			c.i = end // the space is not ours
			return q
		}
	}
}

// afterDots reads a name or a wildcard, and behind two dots brackets as well.
func (c *compiler) afterDots(dots string) []selector {
	switch {
	case c.take("*"):
		return []selector{{kind: wildcard}}
	case dots == ".." && c.peek() == '[':
		return c.brackets()
	}
	from := c.i
	for c.i < len(c.s) {
		r, n := utf8.DecodeRuneInString(c.s[c.i:])
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r >= 0x80 && (r != utf8.RuneError || n > 1)
		if !letter && (c.i == from || r < '0' || r > '9') {
			break
		}
		c.i += n
	}
	switch {
	case c.i > from:
		return []selector{{kind: byName, name: []byte(c.s[from:c.i])}}
	case c.peek() == '[' && dots == ".":
		c.fail(c.i, "[ cannot follow a dot; leave the dot out")
	}
	c.fail(c.i, "%s cannot follow %s; write a name of letters, digits and _, or *, or quote another name: ['two words']", c.here(), dots)
	return nil
}

// brackets reads selectors between [ and ].
func (c *compiler) brackets() (list []selector) {
	c.nest()
	defer c.unnest()
	open := c.i
	c.i++
	for {
		c.space()
		list = append(list, c.selector())
		c.space()
		switch {
		case c.take("]"):
			return list
		case c.i == len(c.s):
			c.fail(c.i, "the [ at character %d is not closed; write ]", open+1)
		case !c.take(","):
			c.fail(c.i, "%s cannot follow here; write a comma or ]", c.here())
		}
	}
}

func (c *compiler) selector() selector {
	switch b := c.peek(); {
	case b == '\'' || b == '"':
		return selector{kind: byName, name: c.quoted()}
	case c.take("*"):
		return selector{kind: wildcard}
	case c.take("?"):
		c.space()
		return selector{kind: byFilter, filter: c.logicalOr()}
	case b == ':' || b == '-' || isDigit(b):
		return c.indexOrSlice()
	}
	c.fail(c.i, "%s cannot be here; write a name in quotes, an index, a slice such as 0:3, *, or a filter such as ?@.state=='up'", c.here())
	return selector{}
}

func (c *compiler) indexOrSlice() selector {
	first := c.optionalInt()
	end := c.i
	c.space()
	if !c.take(":") {
		c.i = end
		return selector{kind: byIndex, index: *first}
	}
	s := slice{start: first}
	c.space()
	s.end = c.optionalInt()
	end = c.i
	if c.space(); !c.take(":") {
		c.i = end
		return selector{kind: bySlice, slice: s}
	}
	c.space()
	s.step = c.optionalInt()
	return selector{kind: bySlice, slice: s}
}

// optionalInt reads a whole number as RFC 7493 bounds it, or returns nil.
func (c *compiler) optionalInt() *int64 {
	from := c.i
	if !c.take("-") && !isDigit(c.peek()) {
		return nil
	}
	for isDigit(c.peek()) {
		c.i++
	}
	text := c.s[from:c.i]
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case text == "-":
		c.fail(c.i, "%s cannot follow -; write a number", c.here())
	case strings.TrimLeft(text, "-")[0] == '0' && text != "0":
		c.fail(from, "%s is no index; write it without a leading zero", text)
	case err != nil || n > 1<<53-1 || n < -(1<<53-1):
		c.fail(from, "%s is out of range; an index is at most 2^53-1 in size", text)
	}
	return &n
}

// quoted reads a text in single or double quotes.
func (c *compiler) quoted() []byte {
	open, quote := c.i, c.peek()
	out := []byte{}
	for c.i++; c.i < len(c.s); {
		b := c.s[c.i]
		switch {
		case b == quote:
			c.i++
			return out
		case b < ' ':
			c.fail(c.i, "a control character cannot be in quotes; write it as \\u%04x", b)
		case b == '\\':
			out = c.escape(out, quote)
		default:
			r, n := utf8.DecodeRuneInString(c.s[c.i:])
			if r == utf8.RuneError && n == 1 {
				c.fail(c.i, "this byte is not UTF-8")
			}
			out = append(out, c.s[c.i:c.i+n]...)
			c.i += n
		}
	}
	c.fail(c.i, "the quote at character %d is not closed; write %c", open+1, quote)
	return nil
}

// escape reads what follows a backslash, and the backslash.
func (c *compiler) escape(out []byte, quote byte) []byte {
	at := c.i
	c.i++
	b := c.peek()
	c.i++
	switch {
	case b == quote || b == '\\' || b == '/':
		return append(out, b)
	case b == 'u':
		r := c.hex(at)
		if r >= 0xd800 && r < 0xdc00 && c.take(`\u`) {
			low := c.hex(at)
			if low < 0xdc00 || low > 0xdfff {
				c.fail(at, "half of a surrogate pair; write both halves, or the character itself")
			}
			r = 0x10000 + (r-0xd800)<<10 + low - 0xdc00
		} else if r >= 0xd800 && r <= 0xdfff {
			c.fail(at, "half of a surrogate pair; write both halves, or the character itself")
		}
		return utf8.AppendRune(out, r)
	}
	if i := strings.IndexByte("bfnrt", b); i >= 0 {
		return append(out, "\b\f\n\r\t"[i])
	}
	c.fail(at, "a backslash stands before one of b f n r t / \\ u and the quote; write two for a backslash")
	return nil
}

func (c *compiler) hex(at int) rune {
	for i := c.i; i < c.i+4; i++ {
		if i >= len(c.s) || !isHex(c.s[i]) {
			c.fail(at, "four hexadecimal digits follow \\u")
		}
	}
	c.i += 4
	return hex4([]byte(c.s[c.i-4:]))
}
