package monitors

import (
	"maps"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/monitorink/monitorink/data"
)

func (d *draft) setExpect(v *yaml.Node) {
	e := &d.Expect
	d.mapping("expect", v, "what is expected, such as { status: [200-299] }", func(key, v *yaml.Node) {
		switch key.Value {
		case "status":
			e.Status = d.statuses(v)
		case "headers":
			e.Headers = d.headerPatterns(v)
		case "body":
			e.Body = d.expectBody(v)
		case "latency":
			e.Latency = d.duration("expect.latency", v)
		case "certificate":
			e.Certificate = d.duration("expect.certificate", v)
		case "redirect":
			e.Redirect = d.patternOf("expect.redirect", v)
		case "protocol":
			e.Protocol = d.protocols(v)
		case "tls":
			e.TLS = d.leastTLS(v)
		case "issuer":
			e.Issuer = d.patternOf("expect.issuer", v)
		case "names":
			e.Names = d.hosts(v)
		case "phases":
			e.Phases = d.phases(v)
		default:
			d.tell(key, "the key %q of expect is unknown%s", key.Value, instead(key.Value, expectKeys...))
		}
	})
}

func (d *draft) statuses(v *yaml.Node) []data.StatusRange {
	list := itemsOf(v)
	if len(list) == 0 {
		d.tell(v, "expect.status is an empty list; write codes and ranges, such as [200-299, 404], or leave the key out")
	}
	var ranges []data.StatusRange
	for _, n := range list {
		n = d.follow(n)
		from, to, isRange := strings.Cut(n.Value, "-")
		if !isRange {
			to = from
		}
		a, err1 := strconv.Atoi(strings.TrimSpace(from))
		b, err2 := strconv.Atoi(strings.TrimSpace(to))
		if n.Kind != yaml.ScalarNode || err1 != nil || err2 != nil || a < 100 || b > 599 || a > b {
			d.tell(n, "expect.status: %s is no code from 100 to 599, nor a range of them; write such as 200 or 200-299", kind(n))
			continue
		}
		ranges = append(ranges, data.StatusRange{From: a, To: b})
	}
	return ranges
}

func (d *draft) headerPatterns(v *yaml.Node) map[string]data.Pattern {
	headers := maps.Clone(d.Expect.Headers)
	if headers == nil {
		headers = map[string]data.Pattern{}
	}
	d.mapping("expect.headers", v, "names and patterns, such as { content-type: { matches: json } }", func(key, v *yaml.Node) {
		if !data.IsToken(key.Value) {
			d.tell(key, "expect.headers: %q cannot be a header's name; write letters, digits and dashes", clip(key.Value))
			return
		}
		name := textproto.CanonicalMIMEHeaderKey(key.Value)
		headers[name] = d.pattern("expect.headers."+key.Value, v)
	})
	return headers
}

func (d *draft) pattern(what string, v *yaml.Node) data.Pattern {
	var p data.Pattern
	d.mapping(what, v, "{ matches: … } or { not_matches: … } with regular expressions", func(key, v *yaml.Node) {
		if !d.setPattern(&p, what, key.Value, v) {
			d.tell(key, "the key %q of %s is unknown%s", key.Value, what, instead(key.Value, patternKeys...))
		}
	})
	return p
}

// setPattern sets what key says of a pattern, and returns whether it says anything.
func (d *draft) setPattern(p *data.Pattern, what, key string, v *yaml.Node) bool {
	switch key {
	case "matches":
		p.Matches = d.expressions(what+".matches", v)
	case "not_matches":
		p.NotMatches = d.expressions(what+".not_matches", v)
	default:
		return false
	}
	return true
}

func (d *draft) expressions(what string, v *yaml.Node) []string {
	list := itemsOf(v)
	if len(list) == 0 {
		d.tell(v, "%s is an empty list; write a regular expression, or leave the key out", what)
	}
	var out []string
	for _, n := range list {
		n = d.follow(n)
		p := d.text(what, n)
		if p == "" {
			continue
		}
		if err := d.judge(p); err != nil {
			d.tell(n, "%s: %s", what, explain(p, err))
			continue
		}
		out = append(out, p)
	}
	return slices.Clip(out)
}

// explain says what is wrong with a regular expression, and what RE2 has in
// place of what it lacks.
func explain(p string, err error) string {
	text := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	what := "the regular expression is wrong: " + clip(text)
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(s string) bool { return strings.Contains(p, s) })
	}
	switch {
	case has("(?=", "(?!", "(?<=", "(?<!"):
		return what + "; RE2 has no lookahead and no lookbehind: write a second expression under matches or not_matches"
	case has("(?>", "*+", "++", "?+"):
		return what + "; RE2 has no atomic groups and no possessive repetition, and needs none: leave the sign out"
	case strings.Contains(text, "invalid escape sequence") && strings.ContainsAny(text, "123456789"):
		return what + "; RE2 has no back-references: write out what is repeated"
	case strings.Contains(text, "invalid escape sequence"):
		return what + "; write the character without the backslash, or two backslashes for one"
	}
	return what + "; write RE2 syntax, as \"go doc regexp/syntax\" shows it"
}
