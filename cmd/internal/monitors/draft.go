package monitors

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/monitorink/monitorink/cmd/internal/references"
	"github.com/monitorink/monitorink/data"
)

const (
	defaultRedirects = 5
	maxRedirects     = 50
	maxLabels        = 64
)

var (
	scheduleKeys = []string{"every", "cron", "timezone"}
	defaultKeys  = append(append(append(scheduleKeys[:3:3], requestKeys...), wayKeys...), "timeout", "attempts", "attempt_delay", "connection", "labels", "paused", "expect", "capture")
	monitorKeys  = append([]string{"id", "url", "for_each"}, defaultKeys...)
	expectKeys   = []string{"status", "protocol", "latency", "phases", "certificate", "tls", "issuer", "names", "redirect", "headers", "body"}
	patternKeys  = []string{"matches", "not_matches"}
)

// A draft is a monitor, or what monitors get by default, while it is read.
type draft struct {
	*file
	data.Monitor
	index     int
	isDefault bool
	bad       bool
	top       string     // the key of the draft that is being read
	kept      bool       // references stay as they are there
	node      *yaml.Node // where it begins
	each      item
	places
}

// places are where the values of a draft stand, if it has them itself.
type places struct {
	id, url, every, cron, timezone, timeout *yaml.Node
	attempts, attemptDelay                  *yaml.Node
	own                                     asked
	way                                     map[string]*yaml.Node // where wayKeys and those of tls stand
}

// inherit returns a draft of f that has the values of d. What spoils d spoils it.
func (d *draft) inherit(f *file) *draft {
	heir := *d
	heir.file, heir.places = f, places{}
	return &heir
}

// monitor reads monitor i, or those that its for_each makes of it.
func (f *file) monitor(base *draft, i int, n *yaml.Node) {
	if n := f.follow(n); n.Kind == yaml.MappingNode {
		for k := 0; k+1 < len(n.Content); k += 2 {
			if n.Content[k].Value == "for_each" {
				f.fleet(base, i, n, n.Content[k+1])
				return
			}
		}
	}
	f.one(base, i, n, item{})
}

// one reads a monitor and keeps it if it is good.
func (f *file) one(base *draft, i int, n *yaml.Node, each item) {
	d := base.inherit(f)
	d.index, d.isDefault, d.node, d.each = i, false, n, each
	n = f.follow(n)
	if n.Kind == yaml.MappingNode {
		// The id comes first, so that all problems can name it.
		for k := 0; k+1 < len(n.Content); k += 2 {
			if n.Content[k].Value != "id" {
				continue
			}
			if v := f.follow(n.Content[k+1]); v.Kind == yaml.ScalarNode {
				if id, err := d.read(v.Value); err == nil && data.CheckID(id) == nil {
					d.ID = id
				}
			}
		}
	}
	d.fill(n)
	clear(d.done)
	if n.Kind == yaml.MappingNode {
		d.finish()
		d.checkExpanded()
		d.checkUnsafe()
	}
	if !d.bad {
		f.monitors = append(f.monitors, d.Monitor)
	}
}

// tell notes a problem of the draft.
func (d *draft) tell(n *yaml.Node, format string, args ...any) {
	d.bad = true
	if d.done[n] {
		return // it is told already
	}
	message := fmt.Sprintf(format, args...)
	if d.isDefault {
		message = "defaults: " + message
	}
	d.errs = append(d.errs, Problem{File: d.name, Line: n.Line, Column: n.Column, Index: d.index, Item: d.each.number, Monitor: d.ID, Message: message})
}

// mapping calls field for each pair of n, or tells that n is no mapping.
func (d *draft) mapping(what string, n *yaml.Node, example string, field func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		d.tell(n, "%s is %s; write %s", what, shape(n), example)
		return
	}
	for key, value := range d.pairs(n, d.tell) {
		outer := d.top == ""
		if outer {
			d.top, d.kept = key.Value, slices.Contains(references.Keys, key.Value)
		}
		field(key, d.scalar(value))
		if outer {
			d.top = ""
		}
	}
}

func (d *draft) fill(n *yaml.Node) {
	what := "it"
	if d.isDefault {
		what = "the value"
	}
	d.mapping(what, n, "keys and values, such as every: 10s", func(key, v *yaml.Node) {
		if d.isDefault && (key.Value == "id" || key.Value == "url" || key.Value == "for_each") {
			d.tell(key, "%s belongs to one monitor; write it there", key.Value)
			return
		}
		d.set(key, v)
	})
}

func (d *draft) set(key, v *yaml.Node) {
	switch key.Value {
	case "id":
		d.setID(v)
	case "for_each":
		d.setForEach(key)
	case "url":
		d.url = v
		d.URL = d.text("url", v)
	case "every":
		d.every = v
		d.Schedule.Every = d.duration("every", v)
	case "cron":
		d.cron = v
		d.Schedule.Cron = d.text("cron", v)
	case "timezone":
		d.timezone = v
		d.Schedule.Timezone = d.text("timezone", v)
	case "timeout":
		d.timeout = v
		d.Timeout = d.duration("timeout", v)
	case "attempts":
		d.attempts = v
		d.Attempts = d.whole("attempts", v, 1, data.MaxAttempts)
	case "attempt_delay":
		d.attemptDelay = v
		d.AttemptDelay = d.duration("attempt_delay", v)
	case "method", "headers", "query", "body", "form", "auth", "redirects", "cookies", "compression", "traceparent":
		d.setRequest(key, v)
	case "tls", "protocol", "proxy", "resolver", "ip", "addresses", "source":
		d.setWay(key, v)
	case "connection":
		d.Connection = d.text("connection", v)
		if d.Connection != data.ConnectionNew && d.Connection != data.ConnectionReuse {
			d.tell(v, "connection is %s; write new or reuse", kind(v))
		}
	case "labels":
		d.setLabels(v)
	case "paused":
		d.Paused = d.truth("paused", v)
	case "expect":
		d.setExpect(v)
	case "capture":
		d.setCapture(v)
	default:
		known := monitorKeys
		if d.isDefault {
			known = defaultKeys
		}
		d.tell(key, "the key %q is unknown%s", key.Value, instead(key.Value, known...))
	}
}

func (d *draft) setID(v *yaml.Node) {
	d.id = v
	id := d.text("id", v)
	if id == "" {
		return
	}
	if err := data.CheckID(id); err != nil {
		d.tell(v, "id is not one: %v; write a short name", err)
		return
	}
	if id == "." || id == ".." { // browsers take these out of an address, written %2E or not
		d.tell(v, "the id %q is a step between folders in the address of its page; write another", id)
		return
	}
	if first, ok := d.seen[id]; ok {
		d.tell(v, "the id %q is taken by the monitor in %s:%d; write another", id, first.file, first.line)
		return
	}
	d.seen[id] = place{d.name, v.Line}
}

func (d *draft) setLabels(v *yaml.Node) {
	labels := maps.Clone(d.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	d.mapping("labels", v, "names and values, such as { team: web }", func(key, v *yaml.Node) {
		if err := data.CheckID(key.Value); err != nil {
			d.tell(key, "a label's name is not one: %v", err)
			return
		}
		value := d.text("labels."+key.Value, v)
		if err := data.CheckID(value); err != nil && value != "" {
			d.tell(v, "labels.%s: %v", key.Value, err)
		}
		labels[key.Value] = value
	})
	if len(labels) > maxLabels {
		d.tell(v, "labels has %d names, and at most %d are allowed", len(labels), maxLabels)
	}
	d.Labels = d.shared(labels)
}

// shared returns one map for all monitors with these labels, which are often alike.
func (s *set) shared(labels map[string]string) map[string]string {
	var key strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		fmt.Fprintf(&key, "%s\x00%s\x00", name, labels[name])
	}
	same, ok := s.labels[key.String()]
	if !ok {
		same = labels
		s.labels[key.String()] = same
	}
	return same
}

// text returns the text of a scalar as it is written; numbers are text as well.
func (d *draft) text(what string, v *yaml.Node) string {
	switch {
	case v.Kind != yaml.ScalarNode:
		d.tell(v, "%s is %s; write a text", what, shape(v))
		return ""
	case v.Tag == "!!null" || v.Value == "" && what != "body":
		way := ", or leave the key out"
		if what == "id" || what == "url" {
			way = ""
		}
		d.tell(v, "%s is empty; write a value%s", what, way)
		return ""
	}
	return v.Value
}

func (d *draft) duration(what string, v *yaml.Node) data.Duration {
	if v.Kind != yaml.ScalarNode || v.Tag == "!!null" {
		d.tell(v, "%s is %s; write a number and a unit, such as 500ms, 10s or 14d", what, kind(v))
		return 0
	}
	t, err := data.ParseDuration(v.Value)
	switch {
	case err != nil:
		d.tell(v, "%s: %q is not a duration; write a number and a unit, such as 500ms, 10s or 14d", what, clip(v.Value))
		return 0
	case t <= 0:
		d.tell(v, "%s is %s; write more than 0", what, clip(v.Value))
		return 0
	case t%time.Millisecond != 0:
		d.tell(v, "%s is %s; write whole milliseconds", what, clip(v.Value))
		return 0
	}
	return data.Duration(t)
}

func (d *draft) whole(what string, v *yaml.Node, least, most int) int {
	n, err := strconv.Atoi(v.Value)
	if v.Kind != yaml.ScalarNode || err != nil || n < least || n > most {
		d.tell(v, "%s is %s; write a whole number from %d to %d", what, kind(v), least, most)
		return least
	}
	return n
}
