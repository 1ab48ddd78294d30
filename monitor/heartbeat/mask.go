package heartbeat

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/monitorink/monitorink/data"
)

const (
	masked = "•••"
	// minSecret is how many bytes a secret must have to be masked: to mask a
	// shorter one would tear holes into texts that have nothing to do with it.
	minSecret = 4
	// minBase64 is how many characters of base64 must be the secret's alone.
	minBase64 = 8
	cut       = "…" // stands where a text was shortened
)

// A mask hides secrets in what others said. The nil mask hides nothing.
type mask struct {
	needles  []string // the longest first
	replacer *strings.Replacer
}

// newMask hides the secrets as they are, and as they come back: escaped for a URL,
// quoted, or in base64.
func newMask(secrets []string) *mask {
	k := &mask{}
	for _, s := range secrets {
		if len(s) < minSecret {
			continue
		}
		quoted := strconv.Quote(s)
		k.needles = append(k.needles, s, url.QueryEscape(s), url.PathEscape(s), (&url.URL{Path: s}).EscapedPath(), quoted[1:len(quoted)-1])
		k.needles = append(k.needles, encoded(s)...)
	}
	if len(k.needles) == 0 {
		return nil
	}
	slices.SortFunc(k.needles, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	k.needles = slices.Compact(k.needles)
	var pairs []string
	for _, needle := range k.needles {
		pairs = append(pairs, needle, masked)
	}
	k.replacer = strings.NewReplacer(pairs...)
	return k
}

// encoded returns what of the base64 of a text with s in it depends on s alone, for
// each of the three places where s may begin in a group of three bytes.
func encoded(s string) []string {
	var list []string
	for before := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + s))
		from := (before*8 + 5) / 6      // characters that what comes before has a bit of
		to := (before + len(s)) * 8 / 6 // and as many as need no bit of what comes behind
		if part := text[from:to]; len(part) >= minBase64 {
			list = append(list, part)
		}
	}
	return list
}

// text hides secrets in s, and the beginnings and ends of secrets where s was cut.
func (k *mask) text(s string) string {
	if k == nil || s == "" {
		return s
	}
	s = k.replacer.Replace(s)
	pieces := strings.Split(s, cut)
	for i, piece := range pieces {
		pieces[i] = k.piece(piece, i > 0, i < len(pieces)-1)
	}
	return strings.Join(pieces, cut)
}

// piece hides the end of a secret that a piece begins with, when something was cut
// off before it, and the beginning of one that it ends with.
func (k *mask) piece(s string, head, tail bool) string {
	for _, needle := range k.needles {
		if head && tail && len(s) >= minSecret && strings.Contains(needle, s) {
			return masked
		}
		for n := min(len(needle), len(s)); n >= minSecret; n-- {
			if head && strings.HasPrefix(s, needle[len(needle)-n:]) {
				s = masked + s[n:]
				break
			}
		}
		for n := min(len(needle), len(s)); n >= minSecret; n-- {
			if tail && strings.HasSuffix(s, needle[:n]) {
				s = s[:len(s)-n] + masked
				break
			}
		}
	}
	return s
}

// measurement hides secrets in all that a probe and its judge have entered in m.
func (k *mask) measurement(m *data.Measurement) {
	if k == nil {
		return
	}
	for i := range m.Hops {
		m.Hops[i].URL = k.text(m.Hops[i].URL)
	}
	for i := range m.Expectations {
		m.Expectations[i].Seen = k.text(m.Expectations[i].Seen)
	}
	for i := range m.Addresses {
		m.Addresses[i].Error = k.error(m.Addresses[i].Error)
	}
	m.Error = k.error(m.Error)
	if c := m.Captured; c != nil {
		c.Body = k.text(c.Body)
		for name, value := range c.Headers {
			c.Headers[name] = k.text(value)
		}
	}
}

func (k *mask) error(e *data.Error) *data.Error {
	if e == nil {
		return nil
	}
	masked := *e
	masked.Message = k.text(e.Message)
	return &masked
}
