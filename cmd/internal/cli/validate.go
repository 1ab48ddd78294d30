package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/daemon"
	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/cmd/internal/references"
	"github.com/monitorink/monitorink/cmd/internal/shard"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
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

// are is "1 monitor is", or "2 monitors are".
func are(n int, word string) string {
	if n == 1 {
		return plural(n, word) + " is"
	}
	return plural(n, word) + " are"
}

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

// plural is "1 monitor", or "2 monitors".
func plural(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}

func next() *cobra.Command {
	var from string
	var count int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "next ID", Short: "List the next slots of a monitor",
		Example: "  heartbeat next shop\n  heartbeat next nightly-report --from 2026-03-29T00:00:00Z --count 3 --json",
		Args:    one("the id of a monitor"), ValidArgsFunction: ids,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := app.Config(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			at := time.Now()
			if from != "" {
				if at, err = time.Parse(time.RFC3339, from); err != nil {
					return &app.UsageError{Err: fmt.Errorf("--from %q: write an RFC 3339 time, such as 2026-03-29T00:00:00Z", from)}
				}
			}
			if count < 1 || count > 100_000 {
				return &app.UsageError{Err: fmt.Errorf("--count %d: write a number from 1 to 100000", count)}
			}
			list, err := daemon.AllMonitors(cfg, daemon.References(cfg), nil)
			m, err := pick(list, args[0], err)
			if err == nil && !cfg.Shard.Has(m.ID) {
				err = fmt.Errorf("%q is probed by shard %d/%d, and MONITORINK_SHARD is %s", m.ID, shard.Of(m.ID, cfg.Shard.Of), cfg.Shard.Of, cfg.Shard)
			}
			if err != nil {
				return &app.UsageError{Err: err}
			}
			return printNext(cmd, m, at, count, asJSON)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "list slots from this RFC 3339 time on (default: now)")
	cmd.Flags().IntVar(&count, "count", 10, "how many slots")
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	return cmd
}

func printNext(cmd *cobra.Command, m *data.Monitor, from time.Time, count int, asJSON bool) error {
	s, err := schedule.Parse(m.ID, m.Schedule)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(m.Schedule.Timezone)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	at := data.Millis(from.Add(time.Millisecond - 1)).Add(-time.Millisecond) // a slot at from itself counts
	for range count {
		if at = s.Next(at); at.IsZero() {
			return nil
		}
		if asJSON {
			b, err := json.Marshal(map[string]string{"monitor": m.ID, "scheduled_at": stamp(at)})
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%s\n", b)
			continue
		}
		line := stamp(at)
		if m.Schedule.Timezone != "" {
			line += at.In(zone).Format("   Mon 15:04:05 MST")
		}
		fmt.Fprintln(out, line)
	}
	return nil
}
