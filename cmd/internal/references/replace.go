package references

import (
	"fmt"
	"strings"
)

// Begin is how every reference begins.
const Begin = "${"

// Replace returns s with each ${…} replaced by what value returns for the text between
// the braces, unless that is not known to it. Of the reference it is told the place in
// s too. $${ becomes ${ with unescape, and else is left as it is.
func Replace(s string, unescape bool, value func(ref string, at int) (text string, known bool, err error)) (string, error) {
	if !strings.Contains(s, Begin) {
		return s, nil
	}
	var b strings.Builder
	for at := 0; ; {
		i := strings.Index(s[at:], Begin)
		if i < 0 {
			b.WriteString(s[at:])
			return b.String(), nil
		}
		i += at
		if i > at && s[i-1] == '$' {
			b.WriteString(s[at : i-1])
			if !unescape {
				b.WriteByte('$')
			}
			b.WriteString(Begin)
			at = i + len(Begin)
			continue
		}
		b.WriteString(s[at:i])
		length := strings.IndexByte(s[i:], '}')
		if length < 0 {
			if kind := Kind(s[i+len(Begin):]); kind != "" {
				return "", fmt.Errorf("${%s… has no brace at its end; write ${%s…}", kind, kind)
			}
			b.WriteString(s[i:])
			return b.String(), nil
		}
		at = i + length + 1
		text, known, err := value(s[i+len(Begin):at-1], i)
		if err != nil {
			return "", err
		}
		if !known {
			text = s[i:at]
		}
		b.WriteString(text)
	}
}

// Kind is how the text of a reference begins that is resolved here: env: or file:, or
// nothing.
func Kind(ref string) string {
	for _, kind := range []string{"env:", "file:"} {
		if strings.HasPrefix(ref, kind) {
			return kind
		}
	}
	return ""
}
