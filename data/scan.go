package data

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A scanner reads JSON in the form that events usually have, in one pass. What
// it is not sure of, right or wrong, makes it fail for good; it never says why,
// since encoding/json then reads the whole event again and decides. So what it
// does read must be exactly what encoding/json would.
type scanner struct {
	b      []byte
	i      int // of the next byte; len(b) once failed
	failed bool
	// text holds the strings of the event, so that they are one allocation. It
	// only ever appends, therefore what was handed out does not change.
	text strings.Builder
}

// maxDepth is how deep a value that is skipped may nest; encoding/json goes deeper.
const maxDepth = 64

func (s *scanner) fail() { s.failed, s.i = true, len(s.b) }

// peek gives the next byte that is not space, or 0 at the end.
func (s *scanner) peek() byte {
	for ; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) expect(c byte) {
	if s.peek() != c {
		s.fail()
		return
	}
	s.i++
}

// end reports whether all was read and only space is left.
func (s *scanner) end() bool { return s.peek() == 0 && s.i == len(s.b) && !s.failed }

// begin opens an object or an array, and reports whether it has an element.
func (s *scanner) begin(opening, closing byte) bool {
	if s.expect(opening); s.peek() == closing {
		s.i++
		return false
	}
	return !s.failed
}

// next goes past a comma, and reports that an element follows, or past the end.
func (s *scanner) next(closing byte) bool {
	switch s.peek() {
	case ',':
		s.i++
		return true
	case closing:
		s.i++
	default:
		s.fail()
	}
	return false
}

// plain are the bytes that stand for themselves in a string, and are ASCII.
var plain = func() (t [256]bool) {
	for c := 0x20; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// quoted returns what stands between the quotes, and whether there are escapes
// or bytes beyond ASCII in it; both are yet to be looked at.
func (s *scanner) quoted() (raw []byte, escaped, wide bool) {
	s.expect('"')
	for i := s.i; i < len(s.b); i++ {
		c := s.b[i]
		switch {
		case plain[c]:
		case c == '"':
			raw = s.b[s.i:i]
			s.i = i + 1
			return raw, escaped, wide
		case c == '\\':
			escaped = true
			i++
		case c >= utf8.RuneSelf:
			wide = true
		default:
			s.fail()
			return nil, false, false
		}
	}
	s.fail()
	return nil, false, false
}

// str reads a string.
func (s *scanner) str() string {
	raw, escaped, wide := s.quoted()
	if wide && !utf8.Valid(raw) {
		s.fail()
		return ""
	}
	start := s.text.Len()
	if escaped {
		s.unescape(raw)
	} else {
		s.text.Write(raw)
	}
	return s.text.String()[start:]
}

func (s *scanner) unescape(raw []byte) {
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			s.text.Write(raw)
			return
		}
		r, n := escape(raw[i:])
		if n == 0 {
			s.fail()
			return
		}
		s.text.Write(raw[:i])
		s.text.WriteRune(r)
		raw = raw[i+n:]
	}
}

// escape reads the escape that b begins with, and returns its length; 0: it is none.
// Half a surrogate pair is U+FFFD.
func escape(b []byte) (r rune, n int) {
	if len(b) < 2 {
		return 0, 0
	}
	switch b[1] {
	case '"', '\\', '/':
		return rune(b[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	r = hex4(b)
	switch {
	case r < 0:
		return 0, 0
	case !utf16.IsSurrogate(r):
		return r, 6
	}
	if pair := utf16.DecodeRune(r, hex4(b[6:])); pair != utf8.RuneError {
		return pair, 12
	}
	return utf8.RuneError, 6
}

// hex4 reads \uXXXX, or returns -1.
func hex4(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// int64 reads an integer of at most 18 digits. What follows it is the next
// call's matter: it fails at a fraction, an exponent, or a digit after a 0.
func (s *scanner) int64() int64 {
	negative := s.peek() == '-'
	if negative {
		s.i++
	}
	start, v := s.i, int64(0)
	for ; s.i < len(s.b) && '0' <= s.b[s.i] && s.b[s.i] <= '9'; s.i++ {
		if v = 10*v + int64(s.b[s.i]-'0'); v == 0 {
			s.i++
			break
		}
	}
	if n := s.i - start; n == 0 || n > 18 {
		s.fail()
	}
	if negative {
		return -v
	}
	return v
}

func (s *scanner) int() int {
	v := s.int64()
	if int64(int(v)) != v {
		s.fail()
	}
	return int(v)
}

func (s *scanner) bool() bool {
	if s.peek() == 't' {
		s.literal("true")
		return true
	}
	s.literal("false")
	return false
}

func (s *scanner) literal(want string) {
	if !bytes.HasPrefix(s.b[s.i:], []byte(want)) {
		s.fail()
		return
	}
	s.i += len(want)
}

// skip goes past a value.
func (s *scanner) skip(depth int) {
	switch c := s.peek(); {
	case depth > maxDepth:
		s.fail()
	case c == '"':
		s.skipString()
	case c == '{':
		for more := s.begin('{', '}'); more; more = s.next('}') {
			s.skipString()
			s.expect(':')
			s.skip(depth + 1)
		}
	case c == '[':
		for more := s.begin('[', ']'); more; more = s.next(']') {
			s.skip(depth + 1)
		}
	case c == 't':
		s.literal("true")
	case c == 'f':
		s.literal("false")
	case c == 'n':
		s.literal("null")
	default:
		s.skipNumber()
	}
}

func (s *scanner) skipString() {
	raw, escaped, _ := s.quoted()
	for escaped {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			return
		}
		_, n := escape(raw[i:])
		if n == 0 {
			s.fail()
			return
		}
		raw = raw[i+n:]
	}
}

func (s *scanner) skipNumber() {
	if s.peek() == '-' {
		s.i++
	}
	if s.i < len(s.b) && s.b[s.i] == '0' {
		s.i++
	} else {
		s.digits()
	}
	if s.i < len(s.b) && s.b[s.i] == '.' {
		s.i++
		s.digits()
	}
	if s.i < len(s.b) && s.b[s.i]|0x20 == 'e' {
		if s.i++; s.i < len(s.b) && (s.b[s.i] == '+' || s.b[s.i] == '-') {
			s.i++
		}
		s.digits()
	}
}

// digits goes past one digit or more.
func (s *scanner) digits() {
	start := s.i
	for s.i < len(s.b) && '0' <= s.b[s.i] && s.b[s.i] <= '9' {
		s.i++
	}
	if s.i == start {
		s.fail()
	}
}
