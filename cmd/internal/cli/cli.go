// Package cli holds the commands of the three programs: what they are called,
// their flags and their help. What they do is in other packages.
package cli

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/daemon"
)

// Heartbeat is the command of the prober.
func Heartbeat() *cobra.Command {
	root := &cobra.Command{
		Use:   "heartbeat",
		Short: "Probe URLs on schedules and put every measurement on a queue",
		Long: `heartbeat probes URLs on schedules and puts every measurement on a queue.

The environment configures it: heartbeat help environment lists all variables.
Monitors come from MONITORINK_MONITORS (monitors.yaml), or from MONITORINK_URLS.`,
		Example: `  # look at one URL, once, phase by phase
  heartbeat probe https://shop.example/health

  # check a file before it is used, and see when a monitor is due
  heartbeat validate monitors.yaml
  heartbeat next shop --count 3

  # probe two URLs, with results on disk until a collector has them
  MONITORINK_URLS=https://a.example,https://b.example MONITORINK_QUEUE=disk heartbeat run`,
	}
	root.AddCommand(run("Probe until SIGTERM, then drain; SIGHUP reads the monitors again", daemon.RunHeartbeat), heartbeatCheck(), healthcheck(heartbeatAddr), app.VersionCommand(), environment("heartbeat"))
	root.AddCommand(ofHeartbeat()...)
	root.AddCommand(elsewhere("collector", ofCollector())...)
	root.AddCommand(elsewhere("monitorink", []*cobra.Command{topCommand()})...)
	return root
}

// Collector is the command of the daemon that keeps events.
func Collector() *cobra.Command {
	root := &cobra.Command{
		Use:   "collector",
		Short: "Take events off a queue, keep them in a store and serve them",
		Long: `collector takes events off a queue, keeps them in a store, and serves an API
and a page at MONITORINK_COLLECTOR_ADDR.

The environment configures it: collector help environment lists all variables.`,
		Example: `  # take events from the heartbeat on this machine
  collector run

  # from one on another machine
  MONITORINK_QUEUE_URL=http://probe.example:8081 MONITORINK_TOKEN_FILE=token collector run`,
	}
	root.AddCommand(run("Collect and serve until SIGTERM, then drain", func(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
		return daemon.RunCollector(app.UntilHangup(ctx), cfg, log)
	}), collectorCheck(), healthcheck(collectorAddr), app.VersionCommand(), environment("collector"))
	root.AddCommand(ofCollector()...)
	root.AddCommand(elsewhere("heartbeat", ofHeartbeat())...)
	root.AddCommand(elsewhere("monitorink", []*cobra.Command{topCommand()})...)
	return root
}

// Monitorink is the command of both daemons in one process.
func Monitorink() *cobra.Command {
	root := &cobra.Command{
		Use:   "monitorink",
		Short: "heartbeat and collector in one process",
		Long: `monitorink is heartbeat and collector in one process, with the API and the page
at MONITORINK_COLLECTOR_ADDR. With nothing set it keeps everything in memory. What
the two have commands for it has, too: monitorink validate is heartbeat validate.

The environment configures it: monitorink help environment lists all variables.`,
		Example: `  # probe what monitors.yaml says
  monitorink run

  # probe two URLs, without a file
  MONITORINK_URLS=https://a.example,https://b.example monitorink run

  # and look at it from another terminal
  monitorink top`,
	}
	root.AddCommand(environment("monitorink"))
	group(root, ours, run("Probe, collect and serve until SIGTERM, then drain; SIGHUP reads the monitors again", daemon.RunBoth), topCommand(), bothCheck(), healthcheck(collectorAddr), app.VersionCommand())
	root.SetHelpCommandGroupID(ours)
	root.SetCompletionCommandGroupID(ours)
	group(root, "Commands that are heartbeat's, too:", ofHeartbeat()...)
	group(root, "Commands that are collector's, too:", ofCollector()...)
	return root
}

// ofHeartbeat are the commands on its monitors, and on what it leaves behind.
func ofHeartbeat() []*cobra.Command {
	return []*cobra.Command{validate(), plan(), list(), schemaCommand(), probeCommand(), next(), topics(), ledger()}
}

// ofCollector are the commands on what it keeps, and on what it could not.
func ofCollector() []*cobra.Command { return []*cobra.Command{maintain(), rollup(), dlq()} }

const ours = "Commands:"

// Borrowed reports whether a program has c because another has.
func Borrowed(c *cobra.Command) bool { return c.GroupID != "" && c.GroupID != ours }

// group adds commands under a heading of root's help. Their examples are root's.
func group(root *cobra.Command, title string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: title, Title: title})
	root.AddCommand(commands...)
	for _, c := range commands {
		c.GroupID = title
		adopt(c, root.Name())
	}
}

// adopt makes the examples of c, and of all below it, those of a program.
func adopt(c *cobra.Command, program string) {
	lines := strings.Split(c.Example, "\n")
	for i, line := range lines {
		if name, rest, _ := strings.Cut(strings.TrimLeft(line, " "), " "); name == "heartbeat" || name == "collector" {
			lines[i] = "  " + program + " " + rest
		}
	}
	c.Example = strings.Join(lines, "\n")
	for _, sub := range c.Commands() {
		adopt(sub, program)
	}
}

func run(short string, f daemon.Func) *cobra.Command {
	return &cobra.Command{
		Use: "run", Short: short, Args: noFile,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := app.Config(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			app.KeepOnWithoutLog()
			return f(cmd.Context(), cfg, app.Logger(cfg, cmd.ErrOrStderr()))
		},
	}
}

// noFile wants no argument, and says where run's file of monitors is named.
func noFile(cmd *cobra.Command, args []string) error {
	err := app.NoArguments(cmd, args)
	if err != nil && cmd.Root().Name() != "collector" {
		return &app.UsageError{Err: fmt.Errorf("%w: MONITORINK_MONITORS names the file of monitors, or MONITORINK_URLS their URLs", err)}
	}
	return err
}
