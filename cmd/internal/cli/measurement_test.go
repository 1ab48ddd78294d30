package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/monitorink/monitorink/data"
)

func TestACapturedAnswerIsShownWithinBounds(t *testing.T) {
	var b strings.Builder
	printCaptured(&b, &data.Captured{Body: "\n <p>\x1b[31mred\n" + strings.Repeat("x\n", 25), Headers: map[string]string{"Server": "a\x1bb", "Age": "1"}})
	want := "the answer began\n  Age: 1\n  Server: a\ufffdb\n  <p>\ufffd[31mred\n" + strings.Repeat("  x\n", 19) + "  … and 6 lines\n\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	b.Reset()
	printCaptured(&b, nil)
	if b.Len() > 0 {
		t.Errorf("got %q", b.String())
	}
}
