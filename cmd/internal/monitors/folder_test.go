package monitors_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/data"
)

// tree writes files, and the folders that they are in.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func link(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Symlink(to, from); err != nil {
		t.Fatal(err)
	}
}

func TestDefaultsHoldForTheirFolderAndBelow(t *testing.T) {
	root := tree(t, map[string]string{
		"defaults.yaml":             "defaults: { every: 30s, timeout: 3s, labels: { team: web, env: prod }, headers: { a: '1', b: '1' }, redirects: 1 }",
		"a.yaml":                    one("a"),
		"shop/b.yaml":               "defaults: { labels: { env: test }, redirects: 3 }\nmonitors: [{ id: b, url: 'https://b.example/', labels: { own: x } }]",
		"shop/deep/defaults.yml":    "defaults: { cron: '@hourly', timezone: Europe/Berlin, headers: { B: '2', c: '2' }, redirects: 2 }",
		"shop/deep/c.yaml":          one("c"),
		"shop/deep/more/d.yaml":     "monitors: [{ id: d, url: 'https://d.example/', every: 1s, timeout: 500ms }]",
		"shop/deep/.hidden/x.yaml":  one("x"),
		"shop/deep/notes/README.md": "x",
		"tail.yaml":                 one("e"),
	})
	list, err := monitors.Load(root, monitors.Defaults{})
	if err != nil || ids(list) != "a b c d e" {
		t.Fatalf("%s, %v", ids(list), err)
	}
	type part struct {
		schedule  data.Schedule
		timeout   time.Duration
		labels    map[string]string
		headers   map[string]string
		redirects int
	}
	web, every30 := map[string]string{"team": "web", "env": "prod"}, data.Schedule{Every: data.Duration(30 * time.Second)}
	ab, abc := map[string]string{"A": "1", "B": "1"}, map[string]string{"A": "1", "B": "2", "C": "2"}
	for i, want := range []part{
		{every30, 3 * time.Second, web, ab, 1},
		{every30, 3 * time.Second, map[string]string{"team": "web", "env": "test", "own": "x"}, ab, 3},
		{data.Schedule{Cron: "@hourly", Timezone: "Europe/Berlin"}, 3 * time.Second, web, abc, 2},
		{data.Schedule{Every: data.Duration(time.Second)}, 500 * time.Millisecond, web, abc, 2},
		{every30, 3 * time.Second, web, ab, 1},
	} {
		m := list[i]
		got := part{m.Schedule, m.Timeout.D(), m.Labels, m.Headers, m.Redirects}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(part{})); diff != "" {
			t.Errorf("%s (-want +got)\n%s", m.ID, diff)
		}
	}
	alone, err := monitors.Load(filepath.Join(root, "a.yaml"), monitors.Defaults{})
	if err != nil || alone[0].Labels != nil {
		t.Errorf("%+v, %v; a file that is named stands alone", alone, err)
	}
}

func TestWhatIsWrongWithDefaultsSpoilsWhatIsBelow(t *testing.T) {
	root := tree(t, map[string]string{
		"a.yaml":          one("a"),
		"b/defaults.yaml": "defaults: { every: 1ms, redirects: -1 }\nmonitors: []\nother: 1\n",
		"b/b.yaml":        one("b"),
		"b/c/c.yaml":      one("c"),
		"d/defaults.yaml": "defaults: {}",
		"d/defaults.yml":  "defaults: {}",
		"d/d.yaml":        "monitors: [{ id: d, url: nowhere }]",
		"e/defaults.yaml": "",
		"e/e.yaml":        one("e"),
	})
	list, err := monitors.Load(root, monitors.Defaults{})
	want := strings.Join([]string{
		`b/defaults.yaml:1:20: defaults: every is 1ms, and the shortest is 100ms`,
		`b/defaults.yaml:1:36: defaults: redirects is the number -1; write a whole number from 0 to 50`,
		`b/defaults.yaml:2:1: monitors do not belong into defaults.yaml, which says what all files here and below get by default; write them into another`,
		`b/defaults.yaml:3:1: the key "other" is unknown; known are defaults and monitors`,
		`d/defaults.yml: defaults.yaml is there as well; write both into one`,
		`d/d.yaml:1:26: monitors[0] "d": url: "nowhere" has no scheme; write https://nowhere`,
		`e/defaults.yaml: the file is empty; write what is to hold by default, such as defaults: { every: 30s }`,
	}, "\n")
	if got := strings.ReplaceAll(fmt.Sprint(err), root+"/", ""); got != want || ids(list) != "a" {
		t.Errorf("%s\n%s\nwant a and\n%s", ids(list), got, want)
	}
}

func TestAConfigMapIsReadOnceWhateverItsLinks(t *testing.T) {
	root := tree(t, map[string]string{"..2026_11_28/shop.yaml": one("shop"), "..2026_11_28/defaults.yaml": "defaults: { every: 7s }"})
	link(t, filepath.Join(root, "..data"), "..2026_11_28")
	link(t, filepath.Join(root, "shop.yaml"), "..data/shop.yaml")
	link(t, filepath.Join(root, "defaults.yaml"), "..data/defaults.yaml")
	list, err := monitors.Load(root, monitors.Defaults{})
	if err != nil || ids(list) != "shop" || list[0].Schedule.Every.D() != 7*time.Second {
		t.Errorf("%+v, %v; want shop once, every 7s", list, err)
	}
}

func TestFoldersAreBounded(t *testing.T) {
	root := tree(t, map[string]string{"a/b/b.yaml": one("b"), strings.Repeat("d/", 20) + "deep.yaml": one("deep")})
	link(t, filepath.Join(root, "a", "b", "up"), "../..")
	link(t, filepath.Join(root, "linked"), filepath.Join(tree(t, map[string]string{"c.yaml": one("c")})))
	list, err := monitors.Load(root, monitors.Defaults{})
	if ids(list) != "b c" || err == nil || strings.Count(err.Error(), "\n") != 1 ||
		!strings.Contains(err.Error(), "a/b/up: the link leads back to a folder that it is in; remove it") ||
		!strings.Contains(err.Error(), "16 deep, which is as far as they are looked into; move it up") {
		t.Errorf("%s, %v", ids(list), err)
	}
}
