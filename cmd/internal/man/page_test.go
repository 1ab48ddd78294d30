package main

import (
	"strings"
	"testing"
)

func TestAPageHasEveryCommandFlagAndVariable(t *testing.T) {
	for _, root := range programs() {
		got := string(page(root, "v1.2.3", "2026-11-28"))
		for _, want := range map[string][]string{
			"monitorink": {".TH MONITORINK 1 \"2026-11-28\" \"Monitorink v1.2.3\"", ".SS monitorink run\n", ".B MONITORINK_MONITORS\n", "ENVIRONMENT, below, lists all variables.", ".BR collector (1),\n.BR heartbeat (1)\n"},
			"heartbeat":  {".SS heartbeat topics apply\n", ".SS heartbeat completion bash |", "\n\\fB\\-\\-count\\fR", ".B MONITORINK_SHARD\n", ".B MONITORINK_TOKEN_FILE\nmay name a file"},
			"collector":  {".SS collector dlq replay\n", "\n\\fB\\-\\-dry\\-run\\fR\n", ".B MONITORINK_RETENTION\n"},
		}[root.Name()] {
			if !strings.Contains(got, want) {
				t.Errorf("%s.1 lacks %q", root.Name(), want)
			}
		}
		if strings.Contains(got, "heartbeat help") || root.Name() == "collector" && strings.Contains(got, "MONITORINK_SHARD") {
			t.Errorf("%s.1 has what is not its own", root.Name())
		}
	}
}

func TestTextIsTakenAsItIs(t *testing.T) {
	for in, want := range map[string]string{".env": `\&.env`, `a\b`: `a\eb`, "'x'": `\(aqx\(aq`, "--json": `\-\-json`} {
		if got := text(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}
