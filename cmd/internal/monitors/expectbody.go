package monitors

import (
	"encoding/hex"
	"errors"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/match/jsonpath"
	"github.com/monitorink/monitorink/monitor/probe"
)

var (
	bodyKeys  = append(patternKeys[:2:2], "json", "size", "sha256")
	jsonKeys  = []string{"path", "is", "is_not", "matches", "not_matches", "above", "below", "at_least", "at_most", "exists", "count"}
	countKeys = []string{"above", "below", "at_least", "at_most"}
)

func (d *draft) expectBody(v *yaml.Node) data.ExpectBody {
	const what = "expect.body"
	var b data.ExpectBody
	d.mapping(what, v, "{ matches: … }, { not_matches: … }, { json: … }, { size: … } or { sha256: … }", func(key, v *yaml.Node) {
		switch {
		case d.setPattern(&b.Pattern, what, key.Value, v):
		case key.Value == "json":
			b.JSON = d.findings(v)
		case key.Value == "size":
			b.Size = d.sizes(v)
		case key.Value == "sha256":
			b.SHA256 = strings.ToLower(d.text(what+".sha256", v))
			if sum, err := hex.DecodeString(b.SHA256); b.SHA256 != "" && (err != nil || len(sum) != 32) {
				d.tell(v, "expect.body.sha256 is %s; write 64 hexadecimal digits, as sha256sum prints them", kind(v))
			}
		default:
			d.tell(key, "the key %q of %s is unknown%s", key.Value, what, instead(key.Value, bodyKeys...))
		}
	})
	return b
}

// sizes reads 100, 1KiB-64KiB, 1KiB- or -64KiB.
func (d *draft) sizes(v *yaml.Node) *data.SizeRange {
	from, to, isRange := strings.Cut(v.Value, "-")
	s := &data.SizeRange{To: -1}
	var err1, err2 error
	if from = strings.TrimSpace(from); from != "" {
		s.From, err1 = config.ParseSize(from)
	}
	switch to = strings.TrimSpace(to); {
	case !isRange:
		s.To = s.From
	case to != "":
		s.To, err2 = config.ParseSize(to)
	}
	switch {
	case v.Kind != yaml.ScalarNode || errors.Join(err1, err2) != nil || from == "" && to == "":
		d.tell(v, "expect.body.size is %s; write a number of bytes or a range, such as 100, 1KiB-64KiB or 1KiB-", kind(v))
	case s.To >= 0 && s.To < s.From:
		d.tell(v, "expect.body.size is %s, which ends before it begins; write the smaller number first", kind(v))
	case s.From > probe.MaxBody:
		d.tell(v, "expect.body.size is %s, and at most 1MiB of a body is read; write less", kind(v))
	}
	return s
}

func (d *draft) findings(v *yaml.Node) []data.ExpectJSON {
	list := itemsOf(v)
	if len(list) == 0 {
		d.tell(v, "expect.body.json is an empty list; write such as [{ path: $.status, is: ok }], or leave the key out")
	}
	out := make([]data.ExpectJSON, 0, len(list))
	for _, n := range list {
		out = append(out, d.finding(d.follow(n)))
	}
	return out
}

func (d *draft) finding(v *yaml.Node) data.ExpectJSON {
	const what = "expect.body.json"
	var e data.ExpectJSON
	asked := map[string]*yaml.Node{}
	d.mapping(what, v, "a path and what is asked of it, such as { path: $.status, is: ok }", func(key, v *yaml.Node) {
		asked[key.Value] = key
		at := what + "." + key.Value
		switch key.Value {
		case "path":
			e.Path = d.jsonPath(at, v)
		case "is":
			e.Is = d.json(at, v)
		case "is_not":
			e.IsNot = d.json(at, v)
		case "above":
			e.Above = d.number(at, v)
		case "below":
			e.Below = d.number(at, v)
		case "at_least":
			e.AtLeast = d.number(at, v)
		case "at_most":
			e.AtMost = d.number(at, v)
		case "exists":
			e.Exists = d.flag(at, v)
		case "count":
			e.Count = d.count(at, v)
		default:
			if !d.setPattern(&e.Pattern, what, key.Value, v) {
				d.tell(key, "the key %q of %s is unknown%s", key.Value, what, instead(key.Value, jsonKeys...))
			}
		}
	})
	switch {
	case v.Kind != yaml.MappingNode: // told already
	case asked["path"] == nil:
		d.tell(v, "%s has no path; write one, such as path: $.status", what)
	case len(asked) == 1:
		d.tell(v, "%s asks nothing of the path; write such as is: ok, below: 100 or exists: true", what)
	case e.Exists != nil && !*e.Exists && len(asked) > 2:
		d.tell(asked["exists"], "%s.exists: false goes with nothing else; leave it, or the others, out", what)
	}
	return e
}

func (d *draft) jsonPath(what string, v *yaml.Node) string {
	p := d.text(what, v)
	if p == "" {
		return ""
	}
	if _, err := jsonpath.Compile(p); err != nil {
		d.tell(v, "%s: %q is wrong %v", what, clip(p), err)
	}
	return p
}

func (d *draft) flag(what string, v *yaml.Node) *bool {
	yes := d.truth(what, v)
	return &yes
}

const maxCount = 1 << 20

// count reads a number, or the comparisons that bound it.
func (d *draft) count(what string, v *yaml.Node) *data.CountRange {
	if v.Kind != yaml.MappingNode {
		n := d.whole(what, v, 0, maxCount)
		return &data.CountRange{From: n, To: n}
	}
	c := &data.CountRange{To: -1}
	atMost := func(n int) {
		if c.To < 0 || n < c.To {
			c.To = n
		}
	}
	d.mapping(what, v, "a number", func(key, v *yaml.Node) {
		at := what + "." + key.Value
		switch key.Value {
		case "above":
			c.From = max(c.From, d.whole(at, v, 0, maxCount)+1)
		case "at_least":
			c.From = max(c.From, d.whole(at, v, 0, maxCount))
		case "below":
			atMost(d.whole(at, v, 1, maxCount) - 1)
		case "at_most":
			atMost(d.whole(at, v, 0, maxCount))
		default:
			d.tell(key, "the key %q of %s is unknown%s", key.Value, what, instead(key.Value, countKeys...))
		}
	})
	switch {
	case len(v.Content) == 0:
		d.tell(v, "%s is an empty mapping; write a number, or such as { at_least: 1 }", what)
	case c.To >= 0 && c.To < c.From:
		d.tell(v, "%s: no number is at least %d and at most %d; write another", what, c.From, c.To)
	}
	return c
}
