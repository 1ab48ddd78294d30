package monitors_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
)

func TestAFileThatIsNoTextIsToldWhereAndWhatToWrite(t *testing.T) {
	for text, want := range map[string]string{
		"monitors:\n  - id: \xe4\n":                   "f:2:9: this is not YAML: byte 18 (from 0) of the file, 0xe4, is not UTF-8; write the file in UTF-8",
		"monitors:\n  - id: ä\x00\n":                  `f:2:10: this is not YAML: byte 20 (from 0) of the file is the control character U+0000; leave it out, or write it in double quotes as "\u0000"`,
		"\xff\xfe\x00\x00a\x00\x00\x00":               "f:1:1: this is not YAML: the file is in UTF-32; write it in UTF-8",
		"\x00\x00\xfe\xff\x00\x00\x00a":               "f:1:1: this is not YAML: the file is in UTF-32; write it in UTF-8",
		"a\x00\x00\x00:\x00\x00\x00":                  "f:1:1: this is not YAML: the file is in UTF-32; write it in UTF-8",
		"\x00a\x00:\x00 \x00b":                        "f:1:1: this is not YAML: the file is in UTF-16",
		"monitors:\n- { id: b }\n- { id: a }\n  \x1b": "f:4:3: this is not YAML: byte 36 (from 0)",
		"a: *" + strings.Repeat("b", 1000):            "this is not YAML: unknown anchor",
	} {
		_, err := monitors.Parse("f", []byte(text), monitors.Defaults{})
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 300 {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestALinkThatLeadsNowhereIsNoMatterOfRights(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ to, want string }{
		"none.yaml": {"nowhere", "the link leads to nothing; let it"},
		"loop.yaml": {"loop.yaml", "the link leads back to itself; let it"},
	} {
		file := filepath.Join(dir, name)
		if err := os.Symlink(c.to, file); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{file, dir} {
			_, err := monitors.Load(path, monitors.Defaults{})
			if err == nil || !strings.Contains(err.Error(), file+": "+c.want) || strings.Contains(err.Error(), "right to read") {
				t.Errorf("%s: %v, want %s", path, err, c.want)
			}
		}
	}
}

func TestALongValueIsNotRepeatedWhole(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for _, key := range []string{"cron: '" + long + "'", "cron: '1 1 1 1 " + long + "'", "cron: '1 1 1 1 1', timezone: " + long, "cron: '@" + long + "'"} {
		_, err := monitors.Parse("f", []byte("monitors: [{ id: a, url: 'https://a.example/', "+key+" }]"), monitors.Defaults{})
		if err == nil || len(err.Error()) > 500 || !strings.Contains(err.Error(), "x…") {
			t.Errorf("%.30s: %.600v, want it short", key, err)
		}
	}
}
