package monitors_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/cmd/internal/references"
	"github.com/monitorink/monitorink/data"
)

// reader reads with a few variables, and notes the warnings.
func reader(folder string, warnings *[]string, variables map[string]string) *monitors.Reader {
	return &monitors.Reader{
		References: references.New(folder, func(name string) (string, bool) { v, ok := variables[name]; return v, ok }),
		Warn:       func(p monitors.Problem) { *warnings = append(*warnings, filepath.Base(p.Error())) },
	}
}

func TestReferencesAreKeptInTheRequestAndReadElsewhere(t *testing.T) {
	dir := write(t, t.TempDir(), map[string]string{"token": "s3cret\n", "m.yaml": `
defaults:
  every: ${env:EVERY}
  headers: { X-Team: "${env:TEAM}" }
monitors:
  - id: shop-${env:STAGE}
    url: https://${env:HOST}/health?key=${env:KEY}
    timeout: ${env:TIMEOUT}
    headers: { Authorization: "Bearer ${file:token}", X-Cost: "$${env:KEY}" }
    body: '{"key":"${env:KEY}","var":"${HOME}","each":"$${each}"}'
    redirects: ${env:THREE}
    paused: ${env:TRUE}
    labels: { stage: "${env:STAGE}", literal: "$${env:STAGE}" }
    expect: { status: ["${env:OK}", 404], body: { matches: "${env:STAGE}$" }, latency: "${env:TIMEOUT}" }
  - { id: b, url: "${env:BASE}" }
`})
	var warnings []string
	list, err := reader(dir, &warnings, map[string]string{
		"EVERY": "20s", "TEAM": "web", "STAGE": "prod", "HOST": "shop.example:8443", "KEY": "k3y", "TIMEOUT": "2s", "THREE": "3", "TRUE": "true", "OK": "200-299", "BASE": "https://b.example",
	}).Load(filepath.Join(dir, "m.yaml"))
	if err != nil || len(list) != 2 {
		t.Fatal(len(list), err)
	}
	want := data.Monitor{
		ID: "shop-prod", URL: "https://${env:HOST}/health?key=${env:KEY}", Method: "GET", Connection: "new", Redirects: 3, Paused: true,
		Schedule: data.Schedule{Every: data.Duration(20 * time.Second)}, Timeout: data.Duration(2 * time.Second),
		Headers: map[string]string{"X-Team": "${env:TEAM}", "Authorization": "Bearer ${file:token}", "X-Cost": "$${env:KEY}"},
		Body:    `{"key":"${env:KEY}","var":"${HOME}","each":"$${each}"}`,
		Labels:  map[string]string{"stage": "prod", "literal": "${env:STAGE}"},
		Expect: data.Expect{
			Status: []data.StatusRange{{From: 200, To: 299}, {From: 404, To: 404}},
			Body:   data.ExpectBody{Pattern: data.Pattern{Matches: []string{"prod$"}}}, Latency: data.Duration(2 * time.Second),
		},
	}
	if diff := cmp.Diff(want, list[0]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if len(warnings) != 1 || warnings[0] != "m.yaml:10:11: monitors[0] \"shop-prod\": body: ${HOME} is left as it is; for the variable write ${env:HOME}" {
		t.Errorf("warnings: %q", warnings)
	}
}

func TestReferencesThatAreWrongHaveTheirPlace(t *testing.T) {
	dir := write(t, t.TempDir(), map[string]string{"token": "hunter2\nhunter3", "m.yaml": `monitors:
  - { id: a, url: "https://a.example/", headers: { X: "${env:NONE}", Y: "${file:none}" }, every: "${env:EMPTY}" }
  - { id: b, url: "https://b.example/", every: "${file:token}", method: "${env:LOWER}" }
  - { id: c, url: "https://${env:SPACE}/" }
  - { id: "d-${each}", url: "https://d.example/${each.x}" }
  - id: e
    url: https://e.example/
    headers:
      X-Token: ${file:token}
  - { id: f, url: "https://f.example/" }
  - { id: g, url: "https://joe:${env:PW}@g.example/" }
`})
	var warnings []string
	list, err := reader(dir, &warnings, map[string]string{"EMPTY": "", "LOWER": "get", "SPACE": "b a d", "PW": "hunter2"}).Load(filepath.Join(dir, "m.yaml"))
	var errs monitors.Errors
	if !errors.As(err, &errs) || ids(list) != "f" {
		t.Fatalf("%s, %v; want f alone", ids(list), err)
	}
	got := strings.ReplaceAll(errs.Error(), dir+"/", "") + "\n"
	if strings.Contains(got, "hunter") {
		t.Errorf("a secret is repeated:\n%s", got)
	}
	golden := "testdata/references.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestASecretThatEveryoneMayReadIsWarnedOfOnce(t *testing.T) {
	dir := write(t, t.TempDir(), map[string]string{"m.yaml": `monitors:
  - { id: a, url: "https://a.example/", headers: { X: "${file:token}" } }
  - { id: b, url: "https://b.example/", headers: { X: "${file:token}" } }
`})
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("s3cret"), 0o644); err != nil {
		t.Fatal(err)
	}
	var warnings []string
	list, err := reader(dir, &warnings, nil).Load(filepath.Join(dir, "m.yaml"))
	if err != nil || len(list) != 2 || len(warnings) != 1 || !strings.Contains(warnings[0], "chmod o-r") {
		t.Errorf("%d monitors, %v, %q; want both, and one warning", len(list), err, warnings)
	}
}

func TestURLsOfTheEnvironmentMayHaveReferences(t *testing.T) {
	r := reader(t.TempDir(), nil, map[string]string{"KEY": "s3cret"})
	list, err := r.URLs("https://a.example/?key=${env:KEY}, https://b.example/?key=${env:NONE}")
	if err == nil || err.Error() != "MONITORINK_URLS: URL 2: url: the variable NONE is not set; set it in the environment of heartbeat, or write $${env:NONE} for the text itself" {
		t.Errorf("%v", err)
	}
	if len(list) != 1 || list[0].URL != "https://a.example/?key=${env:KEY}" || strings.Contains(list[0].ID, "s3cret") {
		t.Errorf("%+v", list)
	}
}
