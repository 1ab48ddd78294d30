package cli

import (
	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/monitors"
)

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of files of monitors, for editors",
		Long: `Print the JSON Schema of files of monitors. Editors with a YAML language server
complete and check a file by it that begins with

  # yaml-language-server: $schema=monitors.schema.json`,
		Example: "  heartbeat schema > monitors.schema.json",
		Args:    app.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(monitors.Schema())
			return err
		},
	}
}
