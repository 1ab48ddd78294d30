// Package terminal is what commands that show something to a person need to know of
// where they show it: whether that is a terminal, in which colours, and how wide a
// text is there.
package terminal

import (
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"
)

// Is reports whether w is a terminal.
func Is(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) //nolint:gosec // descriptors are small
}

// A Style colours text, or leaves it as it is.
type Style struct{ on bool }

// StyleOf colours what is written to w where w is a terminal that shows colours, and
// its user wants them: https://no-color.org.
func StyleOf(w io.Writer, getenv func(string) string) Style {
	return Style{Is(w) && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
}

// Plain colours nothing.
func Plain() Style { return Style{} }

func (s Style) wrap(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Good, Bad, Dim and Strong are text that is what they say.
func (s Style) Good(text string) string   { return s.wrap("32", text) }
func (s Style) Bad(text string) string    { return s.wrap("1;31", text) }
func (s Style) Dim(text string) string    { return s.wrap("2", text) }
func (s Style) Strong(text string) string { return s.wrap("1", text) }

// State is text in the colour of a state.
func (s Style) State(state, text string) string {
	switch state {
	case "up":
		return s.Good(text)
	case "down":
		return s.Bad(text)
	}
	return s.Dim(text)
}

// Clean is s on one line, without what a terminal would obey: control characters, and
// marks that turn the direction of writing.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\u200e', r == '\u200f':
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// Width is how many columns s takes: two for each wide character of East Asia and each
// emoji, none for what combines with the character before.
func Width(s string) int {
	width, joined, before := 0, false, 0
	for _, r := range s {
		w := columns(r)
		switch {
		case r == '\ufe0f' && before == 1: // the character before is an emoji after all
			width, before = width+1, 2
			continue
		case joined: // a family is one emoji
			w = 0
		}
		joined = r == '\u200d'
		if w > 0 {
			before = w
		}
		width += w
	}
	return width
}

func columns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) || r >= 0x1160 && r <= 0x11ff || r >= 0x1f3fb && r <= 0x1f3ff:
		return 0
	}
	for _, w := range wide {
		if r >= w[0] && r <= w[1] {
			return 2
		}
	}
	return 1
}

// wide are the ranges that Unicode's East Asian Width calls W or F (UAX #11), emoji
// among them, as far as there is something in them.
var wide = [][2]rune{
	{0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23ec}, {0x23f0, 0x23f0}, {0x23f3, 0x23f3}, {0x25fd, 0x25fe},
	{0x2614, 0x2615}, {0x2648, 0x2653}, {0x267f, 0x267f}, {0x2693, 0x2693}, {0x26a1, 0x26a1}, {0x26aa, 0x26ab}, {0x26bd, 0x26be},
	{0x26c4, 0x26c5}, {0x26ce, 0x26ce}, {0x26d4, 0x26d4}, {0x26ea, 0x26ea}, {0x26f2, 0x26f3}, {0x26f5, 0x26f5}, {0x26fa, 0x26fa},
	{0x26fd, 0x26fd}, {0x2705, 0x2705}, {0x270a, 0x270b}, {0x2728, 0x2728}, {0x274c, 0x274c}, {0x274e, 0x274e}, {0x2753, 0x2755},
	{0x2757, 0x2757}, {0x2795, 0x2797}, {0x27b0, 0x27b0}, {0x27bf, 0x27bf}, {0x2b1b, 0x2b1c}, {0x2b50, 0x2b50}, {0x2b55, 0x2b55},
	{0x2e80, 0x303e}, {0x3041, 0x33ff}, {0x3400, 0x4dbf}, {0x4e00, 0xa4cf}, {0xa960, 0xa97f}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},
	{0xfe10, 0xfe19}, {0xfe30, 0xfe6f}, {0xff01, 0xff60}, {0xffe0, 0xffe6}, {0x16fe0, 0x18cff}, {0x1aff0, 0x1b2ff}, {0x1f004, 0x1f004},
	{0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c},
	{0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4}, {0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440},
	{0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f567}, {0x1f57a, 0x1f57a}, {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f},
	{0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc}, {0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6df}, {0x1f6eb, 0x1f6ec}, {0x1f6f4, 0x1f6fc}, {0x1f7e0, 0x1f7f0},
	{0x1f90c, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
}

// Fit is s in exactly width columns: with blanks behind it, or cut, with … at its end.
func Fit(s string, width int) string {
	if width <= 0 {
		return ""
	}
	if w := Width(s); w <= width {
		return s + strings.Repeat(" ", width-w)
	}
	cut := ""
	for i := range s {
		if Width(s[:i]) > width-1 {
			break
		}
		cut = s[:i]
	}
	return cut + "…" + strings.Repeat(" ", width-1-Width(cut))
}
