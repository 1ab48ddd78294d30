package monitors

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/monitorink/monitorink/data"
)

func (d *draft) patternOf(what string, v *yaml.Node) *data.Pattern {
	p := d.pattern(what, v)
	if p.IsZero() && v.Kind == yaml.MappingNode && len(v.Content) == 0 {
		d.tell(v, "%s is an empty mapping; write { matches: … } or { not_matches: … }, or leave the key out", what)
	}
	return &p
}

// spoken are the ways to write what is spoken.
var spoken = map[string][]string{
	"http/1.0": {"HTTP/1.0"}, "http/1.1": {"HTTP/1.1"}, "http/2.0": {"HTTP/2.0"}, "http/2": {"HTTP/2.0"},
	"http1": {"HTTP/1.0", "HTTP/1.1"}, "http2": {"HTTP/2.0"},
}

func (d *draft) protocols(v *yaml.Node) []string {
	var out []string
	for n, text := range d.texts("expect.protocol", "[HTTP/2.0]", v) {
		names := spoken[strings.ToLower(text)]
		if names == nil {
			d.tell(n, "expect.protocol: %s is not known; write HTTP/1.0, HTTP/1.1 or HTTP/2.0, or http1 or http2", kind(n))
		}
		for _, name := range names {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

func (d *draft) leastTLS(v *yaml.Node) string {
	s := d.text("expect.tls", v)
	if s != "" && !slices.Contains([]string{"1.0", "1.1", "1.2", "1.3"}, s) {
		d.tell(v, "expect.tls is %s; write the least version: \"1.2\" or \"1.3\"", kind(v))
	}
	return s
}

var hostname = regexp.MustCompile(`^[A-Za-z0-9_]([-A-Za-z0-9_]*)(\.[-A-Za-z0-9_]+)*$`)

func (d *draft) hosts(v *yaml.Node) []string {
	var out []string
	for n, text := range d.texts("expect.names", "[shop.example]", v) {
		if _, err := netip.ParseAddr(text); err != nil && !hostname.MatchString(text) {
			d.tell(n, "expect.names: %s is no host; write such as shop.example or 203.0.113.7, without port and wildcard", kind(n))
		}
		out = append(out, text)
	}
	return out
}

func (d *draft) phases(v *yaml.Node) *data.ExpectPhases {
	p := &data.ExpectPhases{}
	d.mapping("expect.phases", v, "the longest that phases may take, such as { connect: 100ms }", func(key, v *yaml.Node) {
		limit, ok := map[string]*data.Duration{
			"dns": &p.DNS, "connect": &p.Connect, "tls": &p.TLS, "request": &p.Request, "first_byte": &p.FirstByte, "transfer": &p.Transfer,
		}[key.Value]
		if !ok {
			d.tell(key, "the key %q of expect.phases is unknown%s", key.Value, instead(key.Value, "dns", "connect", "tls", "request", "first_byte", "transfer"))
			return
		}
		*limit = d.duration("expect.phases."+key.Value, v)
	})
	if v.Kind == yaml.MappingNode && len(v.Content) == 0 {
		d.tell(v, "expect.phases is an empty mapping; write such as { connect: 100ms }, or leave the key out")
	}
	return p
}

// texts yields the texts of a list, or of one text alone.
func (d *draft) texts(what, example string, v *yaml.Node) func(yield func(*yaml.Node, string) bool) {
	list := itemsOf(v)
	if len(list) == 0 {
		d.tell(v, "%s is an empty list; write such as %s, or leave the key out", what, example)
	}
	return func(yield func(*yaml.Node, string) bool) {
		for _, n := range list {
			n = d.follow(n)
			if text := d.text(what, n); text != "" && !yield(n, text) {
				return
			}
		}
	}
}
