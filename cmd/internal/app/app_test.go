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
		"dance":        {2, "unknown command"},
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
