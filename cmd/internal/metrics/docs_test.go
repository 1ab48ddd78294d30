package metrics_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/internal/docs/docstest"
)

// Whoever is woken at night looks for the metric that the documentation names.
func TestMetricsInTheDocumentationExist(t *testing.T) {
	source := sources(t)
	exists := func(name string) bool {
		for _, part := range []string{"_bucket", "_count", "_sum", ""} {
			if family, ok := strings.CutSuffix(name, part); ok && strings.Contains(source, `"`+family+`"`) {
				return true
			}
		}
		return false
	}
	pages := docstest.Pages(t, "../../..")
	whole := regexp.MustCompile(`\bmonitorink_([a-z0-9_]+)`)
	short := regexp.MustCompile(`^([a-z]+(?:_[a-z0-9]+)+)(?:\{.*\})?$`)
	notMetrics := []string{
		"owner",                                                                                                                                         // of the role monitorink_owner
		"torn_bytes", "unfinished_slots", "left_in_spool", "lost_with_memory", "set_aside", "left_in_queue", "rollup_hour", "rollup_day", "seconds_ago", // of logs, tables and queries
	}
	found := 0
	for _, p := range pages {
		for _, c := range p.Code() {
			var names []string
			for _, m := range whole.FindAllStringSubmatch(c.Text, -1) {
				names = append(names, m[1])
			}
			if m := short.FindStringSubmatch(c.Text); m != nil && !strings.HasPrefix(c.Text, "monitorink_") && slices.Contains([]string{"docs/operations.md", "docs/observability.md"}, p.Name) {
				names = append(names, m[1])
			}
			for _, name := range names {
				if slices.Contains(notMetrics, name) {
					continue
				}
				found++
				if !exists(name) {
					t.Errorf("%s: there is no metric monitorink_%s", c.Place, name)
				}
			}
		}
	}
	if found < 40 {
		t.Errorf("%d metrics are named; that cannot be all", found)
	}
}

// Whom an alert has woken looks for its name.
func TestAlertsInTheDocumentationExist(t *testing.T) {
	rules, err := os.ReadFile("../../../deploy/prometheus/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	pages := docstest.Pages(t, "../../..")
	alert, found := regexp.MustCompile(`\bMonitorink[A-Z]\w+`), 0
	for _, p := range pages {
		for n, line := range p.Lines {
			for _, name := range alert.FindAllString(line, -1) {
				found++
				if !strings.Contains(string(rules), "- alert: "+name+"\n") {
					t.Errorf("%s:%d: there is no alert %s", p.Name, n+1, name)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no alert is named")
	}
}

// sources is the text of this package, in which each metric has its name.
func sources(t *testing.T) string {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}
