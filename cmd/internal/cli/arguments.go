package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/daemon"
)

// one wants exactly one argument, and says what it is.
func one(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("write one argument, %s: %s", what, cmd.UseLine())
		}
		return nil
	}
}

// ids completes the ids of monitors.
func ids(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	cfg, err := app.Config(io.Discard)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	list, _ := daemon.Monitors(cfg, daemon.References(cfg), nil) // as many as are good
	var names []cobra.Completion
	for i := range list {
		names = append(names, list[i].ID)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
