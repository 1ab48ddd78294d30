package app_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
)

func TestAGroupOfCommandsKnowsItsOwn(t *testing.T) {
	for args, want := range map[string]struct {
		code int
		out  string
	}{
		"topics":       {0, "Usage:"},
		"topics apply": {0, "applied"},
		"topics aply":  {2, "did you mean apply?"},
		"topics dance": {2, `unknown command "dance" for "heartbeat topics"`},
		"dance":        {2, "unknown command \"dance\" for \"heartbeat\"\nheartbeat --help lists what there is"},
	} {
		root, topics := &cobra.Command{Use: "heartbeat"}, &cobra.Command{Use: "topics", Args: cobra.NoArgs}
		topics.AddCommand(&cobra.Command{Use: "apply", RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.Println("applied")
			return nil
		}})
		root.AddCommand(topics)
		var out bytes.Buffer
		if code := app.Run(t.Context(), root, strings.Fields(args), &out, &out); code != want.code || !strings.Contains(out.String(), want.out) {
			t.Errorf("%s: exit code %d, want %d; it says\n%s", args, code, want.code, out.String())
		}
	}
}

func TestASlipInAFlagIsToldWhatToWrite(t *testing.T) {
	for args, want := range map[string]struct {
		code int
		out  string
	}{
		"next --cout 3":      {2, "unknown flag: --cout: did you mean --count?"},
		"next --quite":       {2, "heartbeat next --help shows what is allowed"},
		"next --count few":   {2, `--count "few": write a whole number`},
		"next --every often": {2, `--every "often": write a number and a unit, such as 500ms, 10s or 5m`},
		"next --watch=5":     {2, `--watch "5": write true or false, or the flag alone`},
		"next --count":       {2, "flag needs an argument: --count"},
		"next --count 3":     {0, "listed"},
		"--version":          {0, "heartbeat version (devel)"},
	} {
		root := &cobra.Command{Use: "heartbeat"}
		next := &cobra.Command{Use: "next", RunE: func(cmd *cobra.Command, _ []string) error { cmd.Println("listed"); return nil }}
		next.Flags().Int("count", 10, "")
		next.Flags().Duration("every", 0, "")
		next.Flags().Bool("watch", false, "")
		root.AddCommand(next)
		var out bytes.Buffer
		if code := app.Run(t.Context(), root, strings.Fields(args), &out, &out); code != want.code || !strings.Contains(out.String(), want.out) || strings.Contains(out.String(), "strconv") {
			t.Errorf("%s: exit code %d, want %d; it says\n%s", args, code, want.code, out.String())
		}
	}
}
