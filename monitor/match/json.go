package match

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strconv"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/match/jsonpath"
)

// A finding is what is expected of what a path finds.
type finding struct {
	name   string
	path   *jsonpath.Path
	exists *bool
	count  *data.CountRange
	tests  []test // of each value
}

type test struct {
	want  string
	holds func(jsonpath.Value) bool
}

func compileJSON(list []data.ExpectJSON) ([]finding, error) {
	var out []finding
	for i := range list {
		f, err := newFinding(&list[i])
		if err != nil {
			return nil, fmt.Errorf("expect.body.json[%d].%w", i, err)
		}
		out = append(out, f)
	}
	return out, nil
}

func newFinding(e *data.ExpectJSON) (finding, error) {
	f := finding{name: bounded("body.json " + e.Path), exists: e.Exists, count: e.Count}
	var err error
	if f.path, err = jsonpath.Compile(e.Path); err != nil {
		return f, fmt.Errorf("path: %q is wrong %w", bounded(e.Path), err)
	}
	if err := f.compare(e); err != nil {
		return f, err
	}
	patterns, err := compile("", "", e.Pattern)
	if err != nil {
		return f, fmt.Errorf("%s", err.Error()[1:]) // behind the dot
	}
	for _, p := range patterns {
		f.add(p.want, func(v jsonpath.Value) bool { return v.Match(p.re) != p.not })
	}
	switch c := e.Count; {
	case c != nil && (c.From < 0 || c.To < -1 || c.To >= 0 && c.To < c.From):
		return f, fmt.Errorf("count: %d to %d is no range; write such as 3, or { at_least: 1 }", c.From, c.To)
	case len(f.tests) == 0 && e.Exists == nil && c == nil:
		return f, fmt.Errorf("path: nothing is asked of what %q finds; write such as is: ok, or exists: true", bounded(e.Path))
	case e.Exists != nil && !*e.Exists && (len(f.tests) > 0 || c != nil):
		return f, fmt.Errorf("exists: false goes with nothing else; leave it, or the others, out")
	}
	return f, nil
}

// compare reads the comparisons with values.
func (f *finding) compare(e *data.ExpectJSON) error {
	for _, c := range []struct {
		name string
		raw  json.RawMessage
		not  bool
	}{{"is", e.Is, false}, {"is_not", e.IsNot, true}} {
		if c.raw == nil {
			continue
		}
		d, err := jsonpath.Parse(c.raw)
		if err != nil {
			return fmt.Errorf("%s: %q is no JSON: %w", c.name, bounded(string(c.raw)), err)
		}
		want := "expected " + bounded(string(c.raw))
		if c.not {
			want = "expected another value than " + bounded(string(c.raw))
		}
		f.add(want, func(v jsonpath.Value) bool { return v.Equal(d.Root()) != c.not })
	}
	for _, c := range []struct {
		name, want string
		number     json.Number
		holds      func(order int) bool
	}{
		{"above", "more than", e.Above, func(order int) bool { return order > 0 }},
		{"below", "less than", e.Below, func(order int) bool { return order < 0 }},
		{"at_least", "at least", e.AtLeast, func(order int) bool { return order >= 0 }},
		{"at_most", "at most", e.AtMost, func(order int) bool { return order <= 0 }},
	} {
		if c.number == "" {
			continue
		}
		d, err := jsonpath.Parse([]byte(c.number))
		if err != nil || d.Root().Kind() != jsonpath.Number {
			return fmt.Errorf("%s: %q is no number; write such as 100", c.name, bounded(string(c.number)))
		}
		f.add("expected "+c.want+" "+bounded(string(c.number)), func(v jsonpath.Value) bool {
			return v.Kind() == jsonpath.Number && c.holds(v.Compare(d.Root()))
		})
	}
	return nil
}

func (f *finding) add(want string, holds func(jsonpath.Value) bool) {
	f.tests = append(f.tests, test{want, holds})
}

// documents bounds how many bodies are held as documents at once: one takes up to
// twelve times as much memory as its text, and more at once than there are processors
// would be judged no sooner.
var documents = make(chan struct{}, runtime.GOMAXPROCS(0)) // never closed

// judgeJSON judges all findings in one body.
func judgeJSON(v *verdict, findings []finding, body []byte) {
	if len(findings) == 0 {
		return
	}
	documents <- struct{}{}
	defer func() { <-documents }()
	d, err := jsonpath.Parse(body)
	for i := range findings {
		f := &findings[i]
		if err != nil {
			v.show(f.name, false, bounded("no JSON: "+err.Error()), "expected JSON")
			continue
		}
		ok, seen, want := f.judge(d)
		v.show(f.name, ok, seen, want)
	}
}

// judge says whether f holds in d, what was seen, and what was not met.
func (f *finding) judge(d *jsonpath.Document) (ok bool, seen, want string) {
	var first, bad jsonpath.Value
	n := 0
	err := f.path.Each(d, func(v jsonpath.Value) bool {
		if n++; n == 1 {
			first = v
		}
		for i := range f.tests {
			if want == "" && !f.tests[i].holds(v) {
				bad, want = v, f.tests[i].want
			}
		}
		return f.count != nil || want == "" && len(f.tests) > 0
	})
	switch {
	case errors.Is(err, jsonpath.ErrSteps):
		return false, fmt.Sprintf("more than %d steps", jsonpath.MaxSteps), "expected a body that takes no more steps"
	case f.exists != nil && *f.exists != (n > 0):
		return false, f.show(first, n), map[bool]string{true: "expected a value", false: "expected none"}[*f.exists]
	case f.count != nil && (n < f.count.From || f.count.To >= 0 && n > f.count.To):
		return false, values(n), "expected " + counted(f.count)
	case len(f.tests) > 0 && n == 0:
		return false, values(0), f.tests[0].want
	case want != "" && !f.path.Singular():
		return false, bounded(bad.Path() + ": " + string(bad.JSON()[:min(len(bad.JSON()), MaxSeen)])), want
	case want != "":
		return false, f.show(bad, 1), want
	case f.count != nil:
		return true, values(n), ""
	}
	return true, f.show(first, n), ""
}

func (f *finding) show(v jsonpath.Value, n int) string {
	if n != 1 {
		return values(n)
	}
	return around(v.JSON(), 0, 0)
}

func values(n int) string {
	switch n {
	case 0:
		return "no value"
	case 1:
		return "1 value"
	}
	return strconv.Itoa(n) + " values"
}

func counted(c *data.CountRange) string {
	switch {
	case c.From == c.To:
		return values(c.From)
	case c.To < 0:
		return "at least " + values(c.From)
	case c.From == 0:
		return "at most " + values(c.To)
	}
	return strconv.Itoa(c.From) + " to " + values(c.To)
}
