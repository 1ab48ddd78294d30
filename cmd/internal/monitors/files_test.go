package monitors_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
)

func TestFilesOfTLSAreLookedAtWhereverTheyAre(t *testing.T) {
	dir := t.TempDir()
	for _, ca := range []string{"none.pem", filepath.Join(dir, "none.pem")} {
		file := filepath.Join(write(t, dir, map[string]string{"f.yaml": `
monitors:
  - { id: a, url: "https://a.example/", tls: { key: s3cret, ca: ` + ca + `, cert: c.pem } }
`}), "f.yaml")
		var warnings []string
		_, err := reader(dir, &warnings, nil).Load(file)
		if err == nil || !strings.Contains(err.Error(), `f.yaml:3:65: monitors[0] "a": tls.ca: the file `+filepath.Join(dir, "none.pem")+" cannot be read") {
			t.Errorf("%s: %v", ca, err)
		}
		var e monitors.Excerpts
		if got := e.Of(monitors.Problem{File: file, Line: 3, Column: 65, Index: -1}); !strings.Contains(got, "key: •••, ca: "+ca[:4]) || strings.Contains(got, "s3cret") {
			t.Errorf("the excerpt is\n%s", got)
		}
	}
}

func TestAProblemWithoutAFileNamesItsMonitor(t *testing.T) {
	if got := (monitors.Problem{Index: -1, Monitor: "a", Message: "m"}).Error(); got != `monitor "a": m` {
		t.Error(got)
	}
	if got := (monitors.Problem{Index: -1, Message: "m"}).Error(); got != "m" {
		t.Error(got)
	}
}

func TestKeysOfOtherProbersAreToldWhatTheyAreHere(t *testing.T) {
	for text, want := range map[string]string{
		"endpoints: []": `the key "endpoints" is unknown; here it is monitors`,
		`monitors: [{ id: a, url: "http://a.example/", interval: 30s }]`:              `the key "interval" is unknown; here it is every`,
		`monitors: [{ name: a, url: "http://a.example/" }]`:                           `the key "name" is unknown; here it is id`,
		`monitors: [{ id: a, url: "http://a.example/", expect: { conditions: [] } }]`: `the key "conditions" of expect is unknown; known are`,
	} {
		file := filepath.Join(write(t, t.TempDir(), map[string]string{"f.yaml": text}), "f.yaml")
		if _, err := (&monitors.Reader{}).Load(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
