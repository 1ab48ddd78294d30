package monitors_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
)

// sameInPieces fails unless a file is read alike whole and in pieces.
func sameInPieces(t *testing.T, name string, b []byte) {
	t.Helper()
	whole, wrong := monitors.Parse(name, b, monitors.Defaults{})
	pieces, err := monitors.ParseInPieces(name, b, monitors.Defaults{}, 1)
	if diff := cmp.Diff(whole, pieces); diff != "" {
		t.Errorf("%s: the monitors (-whole +in pieces)\n%s", name, diff)
	}
	if diff := cmp.Diff(fmt.Sprint(wrong), fmt.Sprint(err)); diff != "" {
		t.Errorf("%s: what is wrong (-whole +in pieces)\n%s", name, diff)
	}
}

func TestAFileIsReadAlikeWholeAndInPieces(t *testing.T) {
	for _, pattern := range []string{"testdata/*.yaml", "testdata/problems/*.yaml", "../../../monitors.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sameInPieces(t, filepath.Base(file), b)
		}
	}
	for _, b := range blocks(t, "docs/monitors.md") {
		sameInPieces(t, b.place, []byte(b.whole()))
	}
	sameInPieces(t, "many", many(300))
}

func TestWhatLooksLikeAnItemAndIsNoneIsReadWhole(t *testing.T) {
	const one = "  - id: a\n    url: https://a.example/\n"
	for name, c := range map[string]struct {
		text   string
		pieces int
	}{
		"two":                              {"monitors:\n" + one + "  - { id: b, url: 'https://b.example/' }\n", 2},
		"no indentation":                   {"defaults: { every: 1m }\nmonitors:\n- id: a\n  url: https://a.example/\n# c\n\n-\n  id: b\n  url: https://b.example/\n", 2},
		"in a quoted text":                 {"monitors:\n" + one + "    body: \"x\n  - y\"\n  - { id: b, url: 'https://b.example/' }\n", 3},
		"in a block":                       {"monitors:\n" + one + "    body: |\n      - y\n\n      z\n  - { id: b, url: 'https://b.example/' }\n", 2},
		"in a flow":                        {"monitors:\n" + one + "    labels: {\n  - : x }\n", 2},
		"an anchor before":                 {"monitors:\n" + one + "    labels: &l { a: b }\n  - { id: b, url: 'https://b.example/', labels: *l }\n", 2},
		"an anchor at the head":            {"defaults: &d { every: 1m }\nmonitors:\n" + one + "    <<: *d\n", 1},
		"keys behind":                      {"monitors:\n" + one + "defaults: { every: 1m }\n", 0},
		"twice":                            {"monitors: []\nmonitors:\n" + one, 1},
		"two documents":                    {"monitors:\n" + one + "---\nmonitors:\n" + one, 0},
		"two at the root":                  {"monitors:\n- { id: a, url: 'https://a.example/' }\n---\nmonitors: []", 0},
		"a document's end":                 {"monitors:\n" + one + "...\n", 0},
		"the same id":                      {"monitors:\n" + one + one, 2},
		"wrong at the end":                 {"monitors:\n" + one + "  - { id: b, every: 1ms, url: 'https://b.example/' }\n  - [\n", 3},
		"no item":                          {"monitors:\n  a: b\n", 0},
		"a wrong head":                     {"defaults: { every: [ }\nmonitors:\n" + one, 1},
		"a head that is indented":          {" defaults: { every: 1m }\nmonitors:\n" + one, 1},
		"an empty key at the head":         {" :\nmonitors:\n -\n", 1},
		"a tag at the head":                {"!!map\n defaults: { every: 1m }\nmonitors:\n" + one, 1},
		"a control character in a comment": {"monitors:\n  # \x00\n" + one, 1},
		"a wrong default":                  {"defaults: { every: 1ms }\nx: y\nmonitors:\n" + one, 1},
		"a key at the head":                {"monitors:\n" + one + "  x: y\n", 0},
		"tabs":                             {"monitors:\n" + one + "\t- x\n", 0},
		"line breaks":                      {"monitors:\r\n  - id: a\r\n    url: https://a.example/\r\n  - id: b\r\n    url: https://b.example/\r\n", 2},
	} {
		if n := monitors.Pieces([]byte(c.text), 1); n != c.pieces {
			t.Errorf("%s: %d pieces, want %d", name, n, c.pieces)
		}
		sameInPieces(t, name, []byte(c.text))
	}
}
