package monitors

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// unreadable finds the first place where a text cannot be YAML whatever stands round it,
// and says what to write instead. It returns an empty text when there is none.
func unreadable(b []byte) (line, column int, message string) {
	head := b[:min(len(b), 4)]
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")), !isUTF16(b) && bytes.Count(head, []byte{0}) > 2, bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")):
		return 1, 1, "the file is in UTF-32; write it in UTF-8"
	case isUTF16(b):
		return 0, 0, ""
	case bytes.IndexByte(head, 0) >= 0 && len(head) > 1:
		return 1, 1, "the file is in UTF-16, without a mark that says so, or no text; write it in UTF-8"
	}
	line, column = 1, 1
	for at := 0; at < len(b); {
		r, n := utf8.DecodeRune(b[at:])
		switch {
		case r == utf8.RuneError && n == 1:
			return line, column, fmt.Sprintf("byte %d (from 0) of the file, %#02x, is not UTF-8; write the file in UTF-8", at, b[at])
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r >= 0x7f && r < 0xa0 && r != 0x85, r == 0xfffe, r == 0xffff:
			return line, column, fmt.Sprintf("byte %d (from 0) of the file is the control character %U; leave it out, or write it in double quotes as \"\\u%04x\"", at, r, r)
		case r == '\n':
			line, column = line+1, 0
		}
		at, column = at+n, column+1
	}
	return 0, 0, ""
}

// isUTF16 reports whether a text says that it is in UTF-16, which is read.
func isUTF16(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff"))
}
