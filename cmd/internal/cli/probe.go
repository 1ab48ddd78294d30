package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/daemon"
	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/cmd/internal/references"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/monitor/probe"
)

func probeCommand() *cobra.Command {
	var asJSON, watching bool
	var every time.Duration
	cmd := &cobra.Command{
		Use: "probe URL|ID", Short: "Probe a URL, or a monitor of the configuration, and show every phase",
		Long: `Probe a URL, or a monitor of the configuration with all its expectations, and show
where the time went. The exit code is 0 when it is up and 1 when it is down.

With --watch it probes again and again, a line each, with what has changed, and
Ctrl-C ends it with a summary; the exit code is then 1 when any probe was down. A
phase that did not happen is -.`,
		Example: `  heartbeat probe https://shop.example/health
  heartbeat probe shop --json
  heartbeat probe shop --watch --every 500ms`,
		Args: one("a URL, or the id of a monitor"), ValidArgsFunction: ids,
		RunE: func(cmd *cobra.Command, args []string) error {
			if every < leastWatch {
				return &app.UsageError{Err: fmt.Errorf("--every %v: at least %v is needed", every, leastWatch)}
			}
			if cmd.Flags().Changed("every") && !watching {
				return &app.UsageError{Err: errors.New("--every goes with --watch")}
			}
			cfg, err := app.Config(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			refs := daemon.References(cfg)
			m, err := find(cfg, refs, args[0])
			if err != nil {
				return &app.UsageError{Err: err}
			}
			o, err := daemon.ProbeOptions(cfg)
			if err != nil {
				return &app.UsageError{Err: err}
			}
			p := probe.New(o)
			defer p.Close()
			once := func() (*data.Measurement, error) {
				got, err := heartbeat.Once(cmd.Context(), p, refs.Expand, m, "terminal", "probe")
				if err != nil {
					return nil, &app.UsageError{Err: err}
				}
				return got, nil
			}
			if watching {
				return watchMonitor(cmd.Context(), cmd.OutOrStdout(), m, every, asJSON, once)
			}
			return showOnce(cmd.OutOrStdout(), args[0], asJSON, once)
		},
	}
	cmd.Flags().BoolVar(&watching, "watch", false, "probe again and again, until Ctrl-C")
	cmd.Flags().DurationVar(&every, "every", time.Second, "with --watch: the time from one probe to the next")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the measurement as the event it would be")
	return cmd
}

func showOnce(out io.Writer, name string, asJSON bool, once func() (*data.Measurement, error)) error {
	got, err := once()
	if err != nil {
		return err
	}
	if asJSON {
		if err := printEvent(out, got); err != nil {
			return err
		}
	} else {
		printMeasurement(out, got)
	}
	if got.State == data.Down {
		return fmt.Errorf("%s is down: %s", name, got.Error.Kind)
	}
	return nil
}

// find returns the monitor that arg names: a URL, or an id of the configuration.
func find(cfg *config.Config, refs *references.Resolver, arg string) (*data.Monitor, error) {
	if strings.Contains(arg, "://") {
		// A comma would part the list that FromURLs reads; %2C says the same.
		list, err := monitors.FromURLs(strings.ReplaceAll(arg, ",", "%2C"), daemon.Defaults(cfg))
		if err != nil {
			return nil, err
		}
		return &list[0], nil
	}
	list, err := daemon.AllMonitors(cfg, refs, nil)
	return pick(list, arg, err)
}

// pick returns the monitor of an id among those that are good. What is wrong with
// others, err, matters only when it is not there.
func pick(list []data.Monitor, id string, err error) (*data.Monitor, error) {
	var ids []string
	for i := range list {
		if list[i].ID == id {
			return &list[i], nil
		}
		ids = append(ids, list[i].ID)
	}
	if err != nil && len(ids) == 0 {
		return nil, err
	}
	known := fmt.Sprintf("none of the %d monitors has it", len(list))
	if len(ids) <= 20 {
		known = "the monitors are " + strings.Join(ids, ", ")
	}
	if len(ids) == 0 {
		known = "there are no monitors"
	}
	if strings.ContainsAny(id, ":/.") {
		known += "; a URL begins with http:// or https://"
	}
	unknown := fmt.Errorf("%q is no monitor's id: %s", id, known)
	if err != nil {
		return nil, fmt.Errorf("%w; this is wrong with the others:\n%w", unknown, err)
	}
	return nil, unknown
}
