package monitors

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/monitorink/monitorink/cmd/internal/references"
	"github.com/monitorink/monitorink/cmd/internal/regular"
)

const (
	hidden = "•••"
	// maxParsed is how many bytes are parsed anew to know what in them is secret; of
	// larger files only values are shown that never are.
	maxParsed  = 4 << 20
	maxExcerpt = 100 // characters of a line
)

// Excerpts show the lines that problems are in, without what may be secret in them.
// Their zero value is ready to use.
type Excerpts struct {
	Colour bool
	files  map[string]*source
}

// Of returns the line of a problem with a caret below, or nothing where there is no
// line.
func (e *Excerpts) Of(p Problem) string {
	if p.Line < 1 {
		return ""
	}
	if e.files == nil {
		e.files = map[string]*source{}
	}
	s := e.files[p.File]
	if s == nil {
		s = open(p.File)
		e.files[p.File] = s
	}
	line, caret, ok := s.shown(p.Line-1, max(p.Column, 1)-1)
	if !ok {
		return ""
	}
	number := fmt.Sprintf("%6d", p.Line)
	mark := "^"
	if e.Colour {
		mark = "\x1b[1;31m^\x1b[0m"
	}
	return fmt.Sprintf("%s | %s\n%s | %s%s\n", number, string(line), strings.Repeat(" ", len(number)), strings.Repeat(" ", caret), mark)
}

// around is what of a line is near its caret.
func around(line []rune, caret int) (from, to int) {
	if caret > maxExcerpt*2/3 {
		from = caret - maxExcerpt/2
	}
	return from, min(from+maxExcerpt, len(line))
}

// A source is a file: in lines when it is parsed, and as it is when it is not.
type source struct {
	text       []byte
	line, from int // which line was looked for last, and where it begins

	parsed bool
	lines  [][]rune
	secret map[int][]span // by line, from 0, in their order
	ends   map[int]int    // lines that are secret to their ends, and from where
}

type span struct{ from, to int } // in characters; to is behind the last

func open(name string) *source {
	b, _, err := regular.Read(name, MaxFile)
	if err != nil || len(b) > MaxFile {
		return &source{}
	}
	s := &source{text: b, secret: map[int][]span{}, ends: map[int]int{}}
	var doc yaml.Node
	if len(b) <= maxParsed && weigh(b) <= maxNodes/2 {
		s.parsed = yaml.Load(b, &doc) == nil
	}
	if !s.parsed {
		return s
	}
	for line := range bytes.SplitSeq(b, []byte("\n")) {
		s.lines = append(s.lines, []rune(strings.TrimSuffix(string(line), "\r")))
	}
	s.text = nil
	s.mark(&doc, false)
	for _, spans := range s.secret {
		slices.SortStableFunc(spans, func(a, b span) int { return a.from - b.from })
	}
	return s
}

// begin returns the first characters of a line, and whether there is one. Problems come
// in the order of lines, so it goes on where it was.
func (s *source) begin(at int) ([]rune, bool) {
	if at < s.line {
		s.line, s.from = 0, 0
	}
	for ; s.line < at; s.line++ {
		i := bytes.IndexByte(s.text[s.from:], '\n')
		if i < 0 {
			return nil, false
		}
		s.from += i + 1
	}
	line := s.text[s.from:]
	line = line[:min(len(line), 4*maxExcerpt)]
	line, _, _ = bytes.Cut(line, []byte("\n"))
	return []rune(strings.TrimSuffix(string(line), "\r")), s.text != nil
}

// secretNames are keys whose values may be secret, wherever they stand but in expect.
var (
	secretNames = append([]string{"password", "bearer", "token", "client_secret", "secret", "key"}, references.Keys[1:]...)
	secretWord  = regexp.MustCompile(`(?i)passw|token|secret|key|auth|cookie|credential`)
)

// shownNames are keys in tls whose values are no secret.
var shownNames = []string{"ca", "cert", "server_name", "min_version", "insecure_skip_verify"}

// mark finds what is secret in n. Aliases need no look: what they stand for has one.
func (s *source) mark(n *yaml.Node, secret bool) {
	switch {
	case n.Kind == yaml.ScalarNode && secret:
		s.hide(n)
	case n.Kind != yaml.MappingNode:
		for _, child := range n.Content {
			s.mark(child, secret)
		}
	default:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			switch {
			case key.Value == "expect" && !secret:
			case key.Value == "tls" && value.Kind == yaml.MappingNode && !secret:
				for j := 0; j+1 < len(value.Content); j += 2 {
					s.mark(value.Content[j+1], !slices.Contains(shownNames, value.Content[j].Value))
				}
			case key.Value == "url" && strings.Contains(value.Value, "@"):
				s.mark(value, true)
			default:
				s.mark(value, secret || slices.Contains(secretNames, key.Value) || secretWord.MatchString(key.Value))
			}
		}
	}
}

// hide hides a scalar, to the end of its last line where that is not clear.
func (s *source) hide(n *yaml.Node) {
	at, from := n.Line-1, n.Column-1
	if at < 0 || at >= len(s.lines) || from < 0 || from > len(s.lines[at]) {
		return
	}
	if end := endOf(n, s.lines[at][from:]); end > 0 {
		s.secret[at] = append(s.secret[at], span{from, from + end})
		return
	}
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	if first, ok := s.ends[at]; ok && first <= from && !quoted {
		return // what follows is hidden as well
	}
	s.ends[at] = from
	s.secret[at] = append(s.secret[at], span{from, len(s.lines[at])})
	// What follows belongs to it as long as it is indented more, and up to the
	// quote at its end.
	indent := indentOf(s.lines[at])
	for i := at + 1; i < len(s.lines); i++ {
		if !quoted && len(strings.TrimSpace(string(s.lines[i]))) > 0 && indentOf(s.lines[i]) <= indent {
			return
		}
		s.secret[i] = append(s.secret[i], span{0, len(s.lines[i])})
		if quoted && strings.ContainsAny(string(s.lines[i]), `"'`) {
			return
		}
	}
}

func indentOf(line []rune) int {
	n := 0
	for n < len(line) && line[n] == ' ' {
		n++
	}
	return n
}

// endOf is where in the rest of its first line a scalar ends, or 0 where it does not
// end there.
func endOf(n *yaml.Node, rest []rune) int {
	switch {
	case len(rest) == 0:
	case n.Style&yaml.DoubleQuotedStyle != 0 && rest[0] == '"':
		for i := 1; i < len(rest); i++ {
			switch rest[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
	case n.Style&yaml.SingleQuotedStyle != 0 && rest[0] == '\'':
		for i := 1; i < len(rest); i++ {
			switch {
			case rest[i] != '\'':
			case i+1 < len(rest) && rest[i+1] == '\'':
				i++
			default:
				return i + 1
			}
		}
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0:
		value := []rune(n.Value)
		if len(value) <= len(rest) && slices.Equal(value, rest[:len(value)]) {
			return len(value)
		}
	}
	return 0
}

// shown returns what of a line is near the caret, without its secrets, and where the
// caret is then. It is cut first: the line may be the whole file, with many problems.
func (s *source) shown(at, caret int) (out []rune, where int, ok bool) {
	var line []rune
	var secret []span
	switch {
	case !s.parsed:
		if line, ok = s.begin(at); !ok {
			return nil, 0, false
		}
		line = guessed(line)
	case at >= len(s.lines):
		return nil, 0, false
	default:
		line, secret = s.lines[at], s.secret[at]
	}
	caret = min(caret, len(line))
	done, to := around(line, caret)
	if done > 0 {
		out = []rune("… ")
	}
	where = -1
	put := func(upto int) {
		if where < 0 && caret < upto {
			where = len(out) + caret - done
		}
		out, done = append(out, line[done:upto]...), upto
	}
	for _, sp := range secret {
		if sp.from, sp.to = max(sp.from, done), min(sp.to, to); sp.from >= sp.to {
			continue
		}
		put(sp.from)
		if where < 0 && caret < sp.to {
			where = len(out)
		}
		out, done = append(out, []rune(mask(string(line[sp.from:sp.to])))...), sp.to
	}
	put(to)
	if where < 0 {
		where = len(out)
	}
	if to < len(line) {
		out = append(out, []rune(" …")...)
	}
	for i, r := range out {
		if r < ' ' || r == 0x7f {
			out[i] = ' '
		}
	}
	return out, where, true
}

var referenceForm = regexp.MustCompile(`\$\{(env|file|each)[^}"']*\}`)

// mask hides a text but for its references, which are no secret.
func mask(text string) string {
	kept := referenceForm.FindAllString(text, -1)
	if len(kept) == 0 {
		return hidden
	}
	var b strings.Builder
	for i, part := range referenceForm.Split(text, -1) {
		if strings.Trim(part, `"'`) != "" {
			b.WriteString(hidden)
		} else {
			b.WriteString(part)
		}
		if i < len(kept) {
			b.WriteString(kept[i])
		}
	}
	return b.String()
}

var (
	plainLine = regexp.MustCompile(`^(\s*(?:- +)*)(?:([A-Za-z_][\w-]*)(\s*:))?`)
	// harmless are keys whose values are never secret.
	harmless = []string{"id", "every", "cron", "timezone", "timeout", "method", "connection", "redirects", "paused", "status", "latency", "certificate",
		"monitors", "defaults", "attempts", "attempt_delay", "protocol", "resolver", "ip", "addresses", "source", "cookies", "compression", "traceparent"}
)

// guessed shows of a line that is no YAML its key, and its value where that is harmless.
func guessed(line []rune) []rune {
	text := string(line)
	m := plainLine.FindStringSubmatchIndex(text)
	rest := strings.TrimSpace(text[m[1]:])
	switch {
	case rest == "":
		return line
	case m[4] >= 0 && slices.Contains(harmless, text[m[4]:m[5]]) && !strings.ContainsAny(rest, "{@"):
		return line
	}
	gap := ""
	if m[4] >= 0 {
		gap = " "
	}
	return []rune(text[:m[1]] + gap + hidden)
}

// IsTerminal reports whether f is one that takes colours, and NO_COLOR is not set.
func IsTerminal(f any, getenv func(string) string) bool {
	file, ok := f.(*os.File)
	if !ok || getenv("NO_COLOR") != "" || getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
