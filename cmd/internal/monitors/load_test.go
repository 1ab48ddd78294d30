package monitors_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/data"
)

const d = 24 * time.Hour

func write(t *testing.T, folder string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func one(id string) string {
	return fmt.Sprintf("monitors: [{ id: %s, url: 'https://%s.example/' }]\n", id, id)
}

func ids(list []data.Monitor) string {
	var s []string
	for _, m := range list {
		s = append(s, m.ID)
	}
	return strings.Join(s, " ")
}

func TestFileIsReadWithItsDefaults(t *testing.T) {
	got, err := monitors.Load("testdata/good.yaml", monitors.Defaults{})
	if err != nil {
		t.Fatal(err)
	}
	base := data.Monitor{
		Schedule: data.Schedule{Every: data.Duration(30 * time.Second)}, Timeout: data.Duration(5 * time.Second), Method: "GET",
		Connection: data.ConnectionNew, Redirects: 5, Labels: map[string]string{"team": "web"}, Headers: map[string]string{"User-Agent": "us"},
		Expect: data.Expect{Latency: data.Duration(2 * time.Second), Headers: map[string]data.Pattern{"X-Up": {Matches: []string{"1"}}}},
	}
	shop := base
	shop.ID, shop.URL = "shop", "https://shop.example/health"
	shop.Schedule.Every = data.Duration(10 * time.Second)
	shop.Expect = data.Expect{
		Status:  []data.StatusRange{{From: 200, To: 299}, {From: 404, To: 404}},
		Headers: map[string]data.Pattern{"X-Up": {Matches: []string{"1"}}, "Content-Type": {Matches: []string{"json"}, NotMatches: []string{"html", "xml"}}},
		Body:    data.ExpectBody{Pattern: data.Pattern{Matches: []string{`"status":"(ok|degraded)"`}}},
		Latency: data.Duration(800 * time.Millisecond), Certificate: data.Duration(14 * d),
	}
	nightly := base
	nightly.ID, nightly.URL = "nightly-report", "https://reports.example/"
	nightly.Schedule = data.Schedule{Cron: "0 6 * * mon-fri", Timezone: "Europe/Berlin"}
	post := base
	post.ID, post.URL, post.Method, post.Body = "7", "http://127.0.0.1:8080/", "POST", "{}\n"
	post.Headers = map[string]string{"User-Agent": "me", "X-Empty": ""}
	post.Labels = map[string]string{"team": "ops", "shard": "7"}
	post.Connection, post.Redirects, post.Paused = data.ConnectionReuse, 0, true
	post.Schedule.Every, post.Timeout = data.Duration(time.Second), data.Duration(time.Second)
	merged := post
	merged.ID, merged.URL = "merged", "https://merged.example/"
	want := []data.Monitor{shop, nightly, post, merged}
	for i := range want {
		if i >= len(got) || !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("monitor %d of %d is\n%#v\nwant\n%#v", i, len(got), got[min(i, len(got)-1)], want[i])
		}
	}
}

func TestAttemptsFitBetweenTwoSlots(t *testing.T) {
	for _, v := range []struct {
		defaults, more string
		attempts       int
		delay, timeout time.Duration
	}{
		{"", "every: 10s", 0, 0, 5 * time.Second},
		{"", "every: 10s, attempts: 1", 0, 0, 5 * time.Second},
		{"", "every: 30s, attempts: 3", 3, time.Second, 5 * time.Second},
		{"", "every: 10s, attempts: 3", 3, time.Second, 2666 * time.Millisecond}, // shortened
		{"", "every: 10s, attempts: 3, timeout: 2666ms", 3, time.Second, 2666 * time.Millisecond},
		{"", "every: 10s, attempts: 3, timeout: 3s, attempt_delay: 500ms", 3, 500 * time.Millisecond, 3 * time.Second},
		{"attempts: 3, attempt_delay: 2s, timeout: 10s", "every: 10s", 3, 2 * time.Second, 2 * time.Second},
		{"attempts: 3, attempt_delay: 2s", "every: 10s, attempts: 1", 0, 0, 5 * time.Second},
		{"attempt_delay: 2s", "every: 30s", 0, 0, 5 * time.Second},
		{"attempt_delay: 2s", "every: 30s, attempts: 2", 2, 2 * time.Second, 5 * time.Second},
		{"", "cron: '* * * * *', attempts: 3, timeout: 19s", 3, time.Second, 19 * time.Second},
		{"", "cron: '*/5 * * * *', attempts: 5, timeout: 55s, attempt_delay: 5s", 5, 5 * time.Second, 55 * time.Second},
	} {
		got, err := monitors.Parse("f.yaml", []byte("defaults: { "+v.defaults+" }\nmonitors: [{ id: a, url: 'https://a.example/', "+v.more+" }]"), monitors.Defaults{})
		if err != nil || len(got) != 1 {
			t.Errorf("%s, %s: %v, %v", v.defaults, v.more, got, err)
			continue
		}
		if m := got[0]; m.Attempts != v.attempts || m.AttemptDelay.D() != v.delay || m.Timeout.D() != v.timeout {
			t.Errorf("%s, %s: %d attempts, %v, %v; want %d, %v, %v", v.defaults, v.more, m.Attempts, m.AttemptDelay, m.Timeout, v.attempts, v.delay, v.timeout)
		}
	}
}

func TestDefaultsOfTheEnvironmentHold(t *testing.T) {
	for name, v := range map[string]struct {
		d       monitors.Defaults
		more    string
		every   time.Duration
		cron    string
		timeout time.Duration
	}{
		"none":            {monitors.Defaults{}, "", 10 * time.Second, "", 5 * time.Second},
		"given":           {monitors.Defaults{Schedule: data.Schedule{Every: data.Duration(time.Minute)}, Timeout: time.Second}, "", time.Minute, "", time.Second},
		"cron":            {monitors.Defaults{Schedule: data.Schedule{Cron: "@daily"}}, "", 0, "@daily", 5 * time.Second},
		"cron, but every": {monitors.Defaults{Schedule: data.Schedule{Cron: "@daily", Timezone: "Asia/Tokyo"}}, ", every: 2s", 2 * time.Second, "", 2 * time.Second},
		"every, but cron": {monitors.Defaults{}, ", cron: '@hourly'", 0, "@hourly", 5 * time.Second},
	} {
		got, err := monitors.Parse("f.yaml", []byte("monitors: [{ id: a, url: 'https://a.example/'"+v.more+" }]"), v.d)
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %v, %v", name, got, err)
		}
		m := got[0]
		if m.Schedule.Every.D() != v.every || m.Schedule.Cron != v.cron || m.Schedule.Timezone != "" || m.Timeout.D() != v.timeout {
			t.Errorf("%s: %+v, %v; want %v %s, %v", name, m.Schedule, m.Timeout, v.every, v.cron, v.timeout)
		}
	}
}

func TestDefaultsOfAFileDoNotShortenTheTimeoutOfAll(t *testing.T) {
	got, err := monitors.Parse("f.yaml", []byte("defaults: { every: 1s }\nmonitors:\n- { id: a, url: 'https://a.example/', every: 1m }\n- { id: b, url: 'https://b.example/' }"), monitors.Defaults{})
	if err != nil || got[0].Timeout.D() != 5*time.Second || got[1].Timeout.D() != time.Second {
		t.Errorf("%+v, %v; want 5s and 1s", got, err)
	}
}

func TestFolderIsReadInTheOrderOfNames(t *testing.T) {
	folder := write(t, t.TempDir(), map[string]string{
		"b.yml": one("b"), "a.yaml": one("a"), "c.yaml": one("c"), ".hidden.yaml": one("h"), "notes.txt": "x", "d.yaml.bak": one("x"),
	})
	if err := os.Mkdir(filepath.Join(folder, "e.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	got, err := monitors.Load(folder, monitors.Defaults{})
	if err != nil || ids(got) != "a b c" {
		t.Errorf("%s, %v; want a b c", ids(got), err)
	}
}

func TestGoodMonitorsComeBackBesideTheProblems(t *testing.T) {
	folder := write(t, t.TempDir(), map[string]string{
		"1.yaml": one("a"),
		"2.yaml": "monitors:\n- { id: b, url: 'https://b.example/', every: 1ms }\n- { id: c, url: 'https://c.example/' }\n",
		"3.yaml": one("a"),
		"4.yaml": "monitors: [",
		"5.yaml": one("e"),
	})
	got, err := monitors.Load(folder, monitors.Defaults{})
	var errs monitors.Errors
	if !errors.As(err, &errs) || ids(got) != "a c e" {
		t.Fatalf("%s, %v; want a c e", ids(got), err)
	}
	file := func(n int) string { return filepath.Join(folder, fmt.Sprintf("%d.yaml", n)) }
	want := strings.Join([]string{
		file(2) + `:2:46: monitors[0] "b": every is 1ms, and the shortest is 100ms`,
		file(3) + `:1:18: monitors[0] "a": the id "a" is taken by the monitor in ` + file(1) + `:1; write another`,
		file(4) + `:2:1: this is not YAML: did not find expected node content`,
	}, "\n")
	if errs.Error() != want {
		t.Errorf("%v\nwant\n%s", errs, want)
	}
	if !errs.Spoiled() || errs[:2].Spoiled() || errs[0].Monitor != "b" || errs[0].Index != 0 {
		t.Errorf("spoiled %v, without the last %v, %+v", errs.Spoiled(), errs[:2].Spoiled(), errs[0])
	}
}

func TestWhatCannotBeReadIsSaid(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"empty", "broken", "locked"} {
		if err := os.Mkdir(path(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("nowhere", path("broken/a.yaml")); err != nil {
		t.Fatal(err)
	}
	write(t, path("locked"), map[string]string{"a.yaml": one("a")})
	big, err := os.Create(path("big.yaml"))
	if err == nil {
		err = errors.Join(big.Truncate(monitors.MaxFile+1), big.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		"missing.yaml": "MONITORINK_URLS, or write this into it:\nmonitors:\n  - id: shop",
		"empty":        "has no file that ends in .yaml or .yml; write one such as:\nmonitors:",
		"broken":       "broken/a.yaml: the link leads to nothing; let it lead to a file or a folder, or remove it",
		"big.yaml":     "has 67108865 bytes, and at most 67108864 (64 MiB) are read; split it",
	}
	if os.Geteuid() != 0 { // root reads everything
		if err := os.Chmod(path("locked"), 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(path("locked"), 0o700) })
		cases["locked"] = "the folder cannot be read: permission denied"
	}
	for name, want := range cases {
		got, err := monitors.Load(path(name), monitors.Defaults{})
		if err == nil || len(got) > 0 || !strings.HasPrefix(err.Error(), path(name)) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want %q", name, got, err, want)
		}
	}
	if _, err := monitors.Parse("x", make([]byte, monitors.MaxFile+1), monitors.Defaults{}); err == nil || !strings.Contains(err.Error(), "67108864") {
		t.Errorf("%v, want the limit", err)
	}
}

func TestWrongSchedulesHaveTheirLine(t *testing.T) {
	got, err := monitors.Parse("f.yaml", []byte(`monitors:
  - { id: a, url: "https://a.example/", cron: "61 * * * *" }
  - { id: b, url: "https://a.example/", cron: "0 0 31 2 *" }
  - { id: c, url: "https://a.example/", cron: "TZ=UTC" }
  - { id: d, url: "https://a.example/", cron: "@daily", timezone: Europe/Nowhere }
  - { id: e, url: "https://a.example/", cron: "@daily", timezone: Europe/Berlin }
  - { id: f, url: "https://a.example/", cron: "0 6 * * 7" }
`), monitors.Defaults{})
	var errs monitors.Errors
	errors.As(err, &errs)
	at := map[string]string{}
	for _, p := range errs {
		at[p.Monitor] += fmt.Sprint(p.Line, ":", p.Column)
	}
	want := map[string]string{"a": "2:47", "b": "3:47", "c": "4:47", "d": "5:67"}
	if ids(got) != "e f" || !reflect.DeepEqual(at, want) {
		t.Errorf("good %s, problems at %v, want e f and %v:\n%v", ids(got), at, want, err)
	}
}
