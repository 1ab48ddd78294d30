package web

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The colours of a badge are dark enough for white text (WCAG AA, 4.5 : 1).
const (
	badgeGreen  = "#14773f"
	badgeAmber  = "#8f5c00"
	badgeRed    = "#c22a2a"
	badgeBlue   = "#1f5fc4"
	badgeGrey   = "#626b75"
	badgeGround = "#3b4249" // of the label
)

const maxBadgeText = 60 // characters of a part

// A badge is a label and a value in a small image.
type badge struct {
	Label, Value, Colour string
	Words                string // what it says to those who do not see it
}

// widths are those of ' ' to '~' in DejaVu Sans and Verdana of 11 pixels, in tenths of one.
var widths = [...]int{
	35, 44, 51, 92, 70, 105, 86, 30, 43, 43, 55, 92, 35, 40, 35, 37, 70, 70, 70,
	70, 70, 70, 70, 70, 70, 70, 37, 37, 92, 92, 92, 58, 110, 75, 75, 77, 85, 70,
	63, 85, 83, 32, 32, 72, 61, 95, 82, 87, 66, 87, 76, 70, 67, 81, 75, 109, 75,
	67, 75, 43, 37, 43, 92, 55, 55, 67, 70, 60, 70, 68, 39, 70, 70, 31, 31, 64,
	31, 107, 70, 67, 70, 70, 45, 57, 43, 70, 65, 90, 65, 65, 58, 70, 37, 70, 92,
}

// textWidth is about as wide as s is in pixels. The image says it with the text, so that
// a browser with another font makes it fit.
func textWidth(s string) int {
	tenths := 0
	for _, r := range s {
		switch {
		case r >= ' ' && r <= '~':
			tenths += widths[r-' ']
		case r < 0x300: // Latin
			tenths += 70
		case r >= 0x300 && r < 0x370 || r == 0x200d || r >= 0xfe00 && r <= 0xfe0f: // drawn over another
		case r < 0x1100: // Greek, Cyrillic, …
			tenths += 75
		default: // East Asian, and pictures
			tenths += 115
		}
	}
	return (tenths + 9) / 10
}

// fit cuts s where a badge would be too long, and takes out what XML cannot hold.
func fit(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffe || r == 0xffff || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) <= maxBadgeText {
		return s
	}
	return string([]rune(s)[:maxBadgeText-1]) + "…"
}

// svg draws it.
func (b badge) svg() []byte {
	label, value, words := fit(b.Label), fit(b.Value), strings.ToValidUTF8(b.Words, "")
	labelWidth, valueWidth, left := textWidth(label), textWidth(value), 0
	if label != "" {
		left = labelWidth + 13
	}
	width := strconv.Itoa(left + valueWidth + 14)
	var d sheet
	d.put(`<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="20" role="img" aria-label="{}"><title>{}</title>`+
		`<rect width="{}" height="20" rx="4" fill="{}"/>`, width, words, words, width, b.Colour)
	if label != "" {
		straight := strconv.Itoa(left - 4)
		d.put(`<path d="M4 0h{}v20h-{}a4 4 0 0 1-4-4v-12a4 4 0 0 1 4-4z" fill="{}"/>`, straight, straight, badgeGround)
	}
	d.put(`<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11" aria-hidden="true">`)
	if label != "" {
		d.put(`<text x="7" y="14" textLength="{}" lengthAdjust="spacingAndGlyphs">{}</text>`, strconv.Itoa(labelWidth), label)
	}
	d.put(`<text x="{}" y="14" textLength="{}" lengthAdjust="spacingAndGlyphs">{}</text></g></svg>`+"\n", strconv.Itoa(left+7), strconv.Itoa(valueWidth), value)
	return d.b.Bytes()
}
