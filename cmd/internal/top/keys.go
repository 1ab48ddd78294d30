package top

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const page = 20

// press does what has been typed at once, and reports whether it is to end.
func (v *view) press(typed []byte) (end bool) {
	for len(typed) > 0 {
		key, n := next(typed)
		typed = typed[n:]
		if key == "\x03" || v.one(key) { // Ctrl-C
			return true
		}
	}
	return false
}

// next is the first key of what was typed: a character, or the whole sequence of a key
// that has none.
func next(typed []byte) (key string, n int) {
	if len(typed) > 2 && typed[0] == '\x1b' && (typed[1] == '[' || typed[1] == 'O') {
		for i := 2; i < len(typed); i++ {
			if typed[i] >= '@' && typed[i] <= '~' {
				return string(typed[:i+1]), i + 1
			}
		}
	}
	_, n = utf8.DecodeRune(typed)
	return string(typed[:n]), n
}

// one does what one key says.
func (v *view) one(key string) (end bool) {
	if v.editing {
		v.edit(key)
		return false
	}
	switch key {
	case "q", "Q":
		return true
	case "/":
		v.editing = true
	case "\x1b":
		v.filter = ""
	case "s":
		v.order = Orders[(slices.Index(Orders, v.order)+1)%len(Orders)]
	case "r":
		v.reverse = !v.reverse
	case "j", "\x1b[B", "\x1bOB":
		v.top++
	case "k", "\x1b[A", "\x1bOA":
		v.top--
	case " ", "\x1b[6~":
		v.top += page
	case "b", "\x1b[5~":
		v.top -= page
	case "g", "\x1b[H", "\x1bOH", "\x1b[1~":
		v.top = 0
	case "G", "\x1b[F", "\x1bOF", "\x1b[4~":
		v.top = 1 << 30
	}
	return false
}

// edit is a key while the filter is written.
func (v *view) edit(key string) {
	switch {
	case key == "\r" || key == "\n":
		v.editing = false
	case key == "\x1b":
		v.editing, v.filter = false, ""
	case key == "\x7f" || key == "\b":
		_, n := utf8.DecodeLastRuneInString(v.filter)
		v.filter = v.filter[:len(v.filter)-n]
	case key == "\x15": // Ctrl-U
		v.filter = ""
	case strings.HasPrefix(key, "\x1b"): // a key without a character
	default:
		if r, _ := utf8.DecodeRuneInString(key); r != utf8.RuneError && unicode.IsPrint(r) && len(v.filter) < 200 {
			v.filter += key
		}
	}
	v.top = 0
}
