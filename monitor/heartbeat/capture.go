package heartbeat

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

const (
	maxHeaders = 4 << 10 // bytes of names and values that are captured
	maxValue   = 300     // bytes of one value
)

// hidden are headers whose values are secrets, whoever sends them.
var hidden = map[string]bool{"Authorization": true, "Proxy-Authorization": true, "Cookie": true, "Set-Cookie": true}

// captured is what c wants to keep of r, an answer that failed; the secrets of the
// definition are still in it.
func captured(c *data.Capture, r *probe.Response) *data.Captured {
	if c == nil || r.HTTP == nil {
		return nil
	}
	out := &data.Captured{}
	if c.Body > 0 {
		var piece probe.Beginning
		if r.Beginning != nil {
			piece = *r.Beginning
		}
		if r.Body != nil {
			piece.Text = r.Body[:min(int64(len(r.Body)), c.Body, data.MaxCapture)]
			piece.More = len(piece.Text) < len(r.Body)
		}
		out.Body = readable(piece.Text, piece.More)
	}
	if !c.Headers {
		return out
	}
	out.Headers = map[string]string{}
	left := maxHeaders
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		value := masked
		if !hidden[name] {
			all := strings.Join(r.Header[name], ", ")
			all = data.MaskCredentials(all) // before it is cut
			value = readable([]byte(all[:min(len(all), maxValue)]), len(all) > maxValue)
		}
		if left -= len(name) + len(value); left < 0 {
			out.Headers[cut] = cut // there are more
			break
		}
		out.Headers[name] = value
	}
	return out
}

// readable is b as text: what is none, or a control character, is U+FFFD. More says
// that something was cut off behind it, which is marked.
func readable(b []byte, more bool) string {
	for n := 1; more && n < utf8.UTFMax && n <= len(b); n++ { // not half a character
		if last := b[len(b)-n:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				b = b[:len(b)-n]
			}
			break
		}
	}
	s := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			return utf8.RuneError
		}
		return r
	}, string(b))
	if more {
		s += cut
	}
	return s
}
