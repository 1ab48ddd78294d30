package jsonpath_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/monitor/match/jsonpath"
)

// hostile are bodies of 1 MiB that cost much.
func hostile() map[string]string {
	const size = 1 << 20
	deep := strings.Repeat("[", 990) + "1" + strings.Repeat("]", 990)
	escaped := strings.Repeat(`\u0061`, 5000)
	return map[string]string{
		"flat":    "[0" + strings.Repeat(",0", size/2-2) + "]",
		"deep":    deep,
		"deeps":   "[" + deep + strings.Repeat(","+deep, size/2000) + "]",
		"text":    `{"a":"` + strings.Repeat("a", size/2) + `","b":"` + strings.Repeat("a", size/2) + `b"}`,
		"escaped": `{"` + escaped + `":1` + strings.Repeat(`,"`+escaped+`":1`, size/len(escaped)-2) + "}",
		"members": `{"a":1` + strings.Repeat(`,"b":{"a":2}`, size/13) + "}",
		"number":  `[1` + strings.Repeat("0", size/2) + `,1` + strings.Repeat("0", size/2) + "]",
		"regexps": `["(\\pL{10}){10}"` + strings.Repeat(`,"(\\pL{10}){10}"`, size/17) + "]",
		"objects": "[{}" + strings.Repeat(",{}", size/3-2) + "]",
	}
}

func TestNoBodyMakesAPathTakeForEver(t *testing.T) {
	bodies := hostile()
	spent := 0
	for _, tt := range []struct{ body, expr string }{
		{"deep", "$..*..*..*"}, {"deep", "$..[?count($..*)>1]"}, {"deeps", "$..[?@==$]"}, {"deeps", "$..[::-1]..[::-1]..[::-1]"}, {"deeps", "$..[?@[?@[?@[?@..*]]]]"},
		{"flat", "$[::-1]"}, {"flat", "$[?$[-1]==@]"}, {"flat", "$[?@==$]"}, {"objects", "$..[-1]..*"},
		{"text", "$[?@<$.b]"}, {"text", "$..[?match(@,'.*b')]"}, {"text", "$..[?length(@)==1]"},
		{"escaped", "$.aaaaaaaaaa"}, {"escaped", "$..[?@==$]"}, {"members", "$[?@.a==$.a]"}, {"number", "$[?$[0]==$[1]]"},
		{"regexps", "$[?match('a',@)]"},
	} {
		body := bodies[tt.body]
		p, err := jsonpath.Compile(tt.expr)
		if err != nil {
			t.Fatalf("%s: %v", tt.expr, err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		d, err := jsonpath.Parse([]byte(body))
		if err != nil {
			t.Fatalf("%s: %v", tt.body, err)
		}
		n := 0
		err = p.Each(d, func(jsonpath.Value) bool { n++; return true })
		runtime.ReadMemStats(&after)
		if err != nil {
			spent++
		}
		if n > jsonpath.MaxSteps || err != nil && !errors.Is(err, jsonpath.ErrSteps) {
			t.Errorf("%s of %s: %d values, %v", tt.expr, tt.body, n, err)
		}
		allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
		if allocated > 64 {
			t.Errorf("%s of %s: %d MiB allocated", tt.expr, tt.body, allocated)
		}
		t.Logf("%-30s %-8s %8d %-30v %4d MiB %v", tt.expr, tt.body, n, err, allocated, time.Since(began))
	}
	if spent == 0 {
		t.Error("no path ever spent its steps")
	}
}

func TestAllPathsOfADocumentShareItsSteps(t *testing.T) {
	d, err := jsonpath.Parse([]byte("[0" + strings.Repeat(",0", 100_000) + "]"))
	if err != nil {
		t.Fatal(err)
	}
	p, _ := jsonpath.Compile("$[*]")
	for range jsonpath.MaxSteps/100_000 + 1 {
		err = p.Each(d, func(jsonpath.Value) bool { return true })
	}
	if !errors.Is(err, jsonpath.ErrSteps) {
		t.Errorf("got %v", err)
	}
}
