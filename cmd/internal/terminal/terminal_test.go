package terminal

import (
	"bytes"
	"strings"
	"testing"
)

func TestWidthIsWhatATerminalTakes(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "shop": 4, "é": 1, "e\u0301": 1, "東京": 4, "ﾃｽﾄ": 3, "한국": 4, "\u1112\u1161\u11ab": 2, "🚀": 2, "❤️": 2, "❤": 1,
		"👩‍👩‍👧": 2, "👍🏽": 2, "🇩🇪": 2, "→": 1, "…": 1, "█": 1, "日本 shop": 9, "a\u200bb": 2,
	} {
		if got := Width(text); got != want {
			t.Errorf("%q takes %d, want %d", text, got, want)
		}
	}
}

func TestFitFillsOrCuts(t *testing.T) {
	for _, tc := range []struct {
		text  string
		width int
		want  string
	}{
		{"shop", 6, "shop  "}, {"shop", 4, "shop"}, {"shop", 3, "sh…"}, {"shop", 1, "…"}, {"shop", 0, ""}, {"shop", -1, ""}, {"\u0301", 0, ""},
		{"東京", 4, "東京"}, {"東京", 3, "東…"}, {"東京", 2, "… "}, {"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
	} {
		if got := Fit(tc.text, tc.width); got != tc.want {
			t.Errorf("%q in %d is %q, want %q", tc.text, tc.width, got, tc.want)
		}
	}
}

func TestCleanLeavesNothingThatATerminalObeys(t *testing.T) {
	got := Clean("a\x1b]0;title\x07\u202eb\r\nc\x9b2J\u200e")
	if strings.ContainsAny(got, "\x1b\x07\r\n\u009b\u202e\u200e") || !strings.HasPrefix(got, "a\ufffd]0;title") {
		t.Errorf("%q", got)
	}
}

func TestOnlyATerminalHasColours(t *testing.T) {
	none := func(string) string { return "" }
	if got := StyleOf(&bytes.Buffer{}, none).State("down", "x"); got != "x" {
		t.Errorf("%q", got)
	}
	on := Style{true}
	if got := on.State("down", "x") + on.State("up", "y") + on.Good(""); got != "\x1b[1;31mx\x1b[0m\x1b[32my\x1b[0m" {
		t.Errorf("%q", got)
	}
}
