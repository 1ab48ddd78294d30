package match

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/monitorink/monitorink/data"
)

// A body is what is expected of one, made ready.
type body struct {
	size     *data.SizeRange
	sha256   string
	patterns []pattern
	json     []finding
}

// compileBody returns nil when nothing is asked.
func compileBody(e *data.ExpectBody) (_ *body, err error) {
	if e.IsZero() {
		return nil, nil
	}
	c := &body{size: e.Size, sha256: e.SHA256}
	if c.patterns, err = compile("expect.body", "body", e.Pattern); err != nil {
		return nil, err
	}
	if c.json, err = compileJSON(e.JSON); err != nil {
		return nil, err
	}
	if s := e.Size; s != nil && (s.From < 0 || s.To < -1 || s.To >= 0 && s.To < s.From) {
		return nil, fmt.Errorf("expect.body.size: %d to %d is no range of bytes; write such as 1KiB-64KiB", s.From, s.To)
	}
	if b, err := hex.DecodeString(e.SHA256); e.SHA256 != "" && (err != nil || len(b) != sha256.Size || strings.ToLower(e.SHA256) != e.SHA256) {
		return nil, fmt.Errorf("expect.body.sha256: %q is not 64 hexadecimal digits in lower case; write what sha256sum prints", bounded(e.SHA256))
	}
	return c, nil
}

func (c *body) judge(v *verdict, text []byte) {
	if s := c.size; s != nil {
		n := int64(len(text))
		v.add("body.size", n >= s.From && (s.To < 0 || n <= s.To), strconv.FormatInt(n, 10), "expected "+sized(s)+" bytes")
	}
	if c.sha256 != "" {
		sum := sha256.Sum256(text)
		seen := hex.EncodeToString(sum[:])
		v.add("body.sha256", seen == c.sha256, seen, "expected "+c.sha256)
	}
	for _, p := range c.patterns {
		p.judgeBody(v, text)
	}
	judgeJSON(v, c.json, text)
}

func sized(s *data.SizeRange) string {
	switch {
	case s.From == s.To:
		return strconv.FormatInt(s.From, 10)
	case s.To < 0:
		return "at least " + strconv.FormatInt(s.From, 10)
	case s.From == 0:
		return "at most " + strconv.FormatInt(s.To, 10)
	}
	return fmt.Sprintf("%d to %d", s.From, s.To)
}

// judgeBody shows what was found, or else how the body starts.
func (p pattern) judgeBody(v *verdict, body []byte) {
	at := p.re.FindIndex(body)
	seen := ""
	switch {
	case at != nil:
		seen = around(body, at[0], at[1])
	case !p.not:
		seen = around(body, 0, 0)
	}
	v.add(p.name, (at != nil) != p.not, seen, p.want)
}
