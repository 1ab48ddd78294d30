package monitors_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/data"
)

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yaml", "testdata/problems/*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := monitors.Parse("f", b, monitors.Defaults{})
		var errs monitors.Errors
		if err != nil && (!errors.As(err, &errs) || len(errs) == 0) {
			t.Fatalf("%v is not Errors", err)
		}
		if err == nil && len(list) == 0 {
			t.Fatalf("%q is neither good nor bad", b)
		}
		seen := map[string]bool{}
		for _, m := range list {
			every := m.Schedule.Every
			if data.CheckID(m.ID) != nil || seen[m.ID] || m.Timeout <= 0 || (every == 0) == (m.Schedule.Cron == "") || every != 0 && m.Timeout > every {
				t.Fatalf("%q makes %+v", b, m)
			}
			if n := data.Duration(m.Attempts); n == 1 || n > 1 && (m.AttemptDelay <= 0 || every > 0 && n*m.Timeout+(n-1)*m.AttemptDelay > every) {
				t.Fatalf("%q makes %+v", b, m)
			}
			seen[m.ID] = true
		}
		sameInPieces(t, "f", b)
	})
}

func many(n int) []byte {
	var b strings.Builder
	b.WriteString("defaults: { every: 60s }\nmonitors:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - id: shop-%d\n    url: https://shop-%d.example/health\n    every: %ds\n    labels: { team: web-%d }\n    expect:\n      status: [200-299]\n      body: { matches: '\"shop\":%d' }\n", i, i, 10+i%50, i%100, i)
	}
	return []byte(b.String())
}

func BenchmarkParse(b *testing.B) {
	const n = 100_000
	file := many(n)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if list, err := monitors.Parse("f", file, monitors.Defaults{}); err != nil || len(list) != n {
			b.Fatal(len(list), err)
		}
	}
}

func TestManyMonitorsAreRead(t *testing.T) {
	const n = 5000
	list, err := monitors.Parse("f", many(n), monitors.Defaults{})
	if err != nil || len(list) != n || list[n-1].ID != fmt.Sprintf("shop-%d", n-1) {
		t.Errorf("%d monitors, %v", len(list), err)
	}
}

// FuzzFolder reads a file below a folder's defaults, with references and for_each.
func FuzzFolder(f *testing.F) {
	for _, s := range [][3]string{
		{"defaults: { every: 30s, labels: { a: b }, headers: { x: '${env:V}' } }", "monitors: [{ id: a, url: 'https://a.example/' }]", "v"},
		{"defaults: { timeout: '${env:V}' }", "defaults: { every: '${env:V}' }\nmonitors: [{ id: 'a${env:V}', url: 'https://a.example/${env:V}' }]", "1s"},
		{"defaults: {}", "monitors: [{ id: 'a${each}', for_each: [x, '${env:V}', '$${each}'], url: 'https://${each}.example/$${' }]", "${each}"},
		{"defaults: { expect: { status: 200 } }", "monitors: [{ id: '${each.a}-${each.b}', for_each: { a: [x, y], b: [1, 2] }, url: 'https://a.example/', body: '${file:defaults.yaml}' }]", ""},
		{"defaults: { for_each: [a] }", "monitors: [{ id: '${each.a}', for_each: [{ a: x }, { b: y }], url: '${env:V}' }]", "https://joe:pw@a.example/"},
	} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, defaults, file, value string) {
		dir := write(t, t.TempDir(), map[string]string{"defaults.yaml": defaults, "a.yaml": file})
		var warnings []string
		r := reader(dir, &warnings, map[string]string{"V": value})
		list, err := r.Load(dir)
		if err == nil && len(list) == 0 {
			t.Fatal("neither good nor bad")
		}
		for i := range list {
			m := &list[i]
			if data.CheckID(m.ID) != nil || m.Timeout <= 0 {
				t.Fatalf("%+v", m)
			}
			before := m.Version()
			full, _, err := r.References.Expand(m)
			if err != nil || m.Version() != before {
				t.Fatalf("%+v was good, and cannot be expanded: %v", m, err)
			}
			if strings.Contains(full.URL, "${env:V}") && !strings.Contains(m.URL, "$${") && !strings.Contains(value, "${") {
				t.Fatalf("%q is left of %q", full.URL, m.URL)
			}
		}
	})
}
