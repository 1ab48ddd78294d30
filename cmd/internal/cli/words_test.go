package cli

import "testing"

func TestAValueSteersNoTerminal(t *testing.T) {
	for in, want := range map[string]string{
		"a\x1b[31mb":           "a\uFFFD[31mb",
		"two\r\n lines\t ":     "two lines",
		"exe.\u202efdp.txt":    "exe.\uFFFDfdp.txt", // read from right to left it would be another name
		"much too long a text": "much too long a…",
	} {
		if got := oneLine(in, 15); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}
