package cli

import (
	"bufio"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/daemon"
	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/cmd/internal/references"
)

func validate() *cobra.Command {
	return &cobra.Command{
		Use: "validate FILE...", Short: "Check files or folders of monitors, and show all that is wrong",
		Long: `Check files or folders of monitors, and show all that is wrong with them, each
with its line. References such as ${env:NAME} are resolved as they would be here.
The exit code is 0 when all is good, and 2 when something is wrong.`,
		Example: "  heartbeat validate monitors.yaml\n  heartbeat validate /etc/monitorink/monitors.d",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("write one argument or more, files or folders of monitors: %s", cmd.UseLine())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := app.Config(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			v := validation{cmd: cmd, cfg: cfg}
			v.excerpts.Colour = monitors.IsTerminal(cmd.ErrOrStderr(), os.Getenv)
			for _, path := range args {
				if err := v.path(path); err != nil {
					return &app.UsageError{Err: err}
				}
			}
			if more := v.problems - monitors.MaxShown; more > 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "and %d more\n", more)
			}
			if v.problems > 0 {
				return &app.UsageError{Err: fmt.Errorf("%s in %d of %s, see above; %s good",
					plural(v.problems, "problem"), v.bad, plural(len(args), "path"), are(v.good, "monitor"))}
			}
			return nil
		},
	}
}

// A validation tells of all that is wrong with the monitors at several paths.
type validation struct {
	cmd                 *cobra.Command
	cfg                 *config.Config
	excerpts            monitors.Excerpts
	problems, bad, good int
}

func (v *validation) path(path string) error {
	out, log := v.cmd.OutOrStdout(), bufio.NewWriter(v.cmd.ErrOrStderr())
	defer log.Flush() //nolint:errcheck // there is nowhere to tell of it
	r := monitors.Reader{
		Defaults: daemon.Defaults(v.cfg), References: references.New(monitors.Folder(path), os.LookupEnv),
		Warn: func(p monitors.Problem) { fmt.Fprintf(log, "warning: %v\n%s", p, v.excerpts.Of(p)) },
	}
	list, err := r.Load(path)
	v.good += len(list)
	var wrong monitors.Errors
	if errors.As(err, &wrong) {
		for _, p := range wrong.Grouped() {
			if v.problems++; v.problems > monitors.MaxShown {
				continue
			}
			fmt.Fprintf(log, "%v\n%s", p, v.excerpts.Of(p))
		}
		v.bad++
		return nil
	}
	denied, err := daemon.Denied(v.cfg, list)
	if err != nil {
		return err
	}
	for _, d := range denied { // perhaps not where it will run, so nothing is wrong with the file
		fmt.Fprintf(log, "warning: %s: %s\n", path, d)
	}
	fmt.Fprintf(out, "%s: %s, all good\n", path, plural(len(list), "monitor"))
	return nil
}
