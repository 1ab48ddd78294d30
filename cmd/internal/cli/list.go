package cli

import (
	"bufio"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/daemon"
	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

func list() *cobra.Command {
	var asJSON bool
	var labels []string
	cmd := &cobra.Command{
		Use: "list [FILE...]", Short: "List monitors: where, when, and their next slot",
		Long: `List the monitors of the configuration, or of files and folders, with their next
slot. References such as ${env:TOKEN} are shown as they are written.`,
		Example: "  heartbeat list\n  heartbeat list monitors.d --label team=web --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := app.Config(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			for _, l := range labels {
				if name, _, ok := strings.Cut(l, "="); !ok || name == "" {
					return &app.UsageError{Err: fmt.Errorf("--label %q: write a name and a value, such as team=web", l)}
				}
			}
			var all []data.Monitor
			if len(args) == 0 {
				all, err = daemon.Monitors(cfg, daemon.References(cfg), nil)
			}
			for _, path := range args {
				if err == nil {
					var some []data.Monitor
					some, err = monitors.Load(path, daemon.Defaults(cfg))
					all = append(all, some...)
				}
			}
			if err != nil && len(all) == 0 {
				return &app.UsageError{Err: err}
			}
			all = slices.DeleteFunc(daemon.Mine(cfg, all), func(m data.Monitor) bool { return !labelled(&m, labels) })
			if wrong := printMonitors(cmd, all, asJSON); wrong != nil {
				return wrong
			}
			if err != nil {
				return &app.UsageError{Err: fmt.Errorf("this is wrong with others:\n%w", err)}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.Flags().StringArrayVar(&labels, "label", nil, "list only monitors with this label, such as team=web; may be given several times")
	return cmd
}

func labelled(m *data.Monitor, labels []string) bool {
	return !slices.ContainsFunc(labels, func(l string) bool {
		name, value, _ := strings.Cut(l, "=")
		got, ok := m.Labels[name]
		return !ok || got != value
	})
}

// A listing is a monitor as list shows it.
type listing struct {
	ID       string            `json:"id"`
	URL      string            `json:"url"`
	Schedule string            `json:"schedule"`
	Timeout  string            `json:"timeout"`
	Labels   map[string]string `json:"labels,omitempty"`
	Paused   bool              `json:"paused,omitempty"`
	Next     string            `json:"next_at,omitempty"` // empty: never
}

func listed(m *data.Monitor, now time.Time) (listing, error) {
	l := listing{ID: m.ID, URL: m.URL, Schedule: "every " + m.Schedule.Every.String(), Timeout: m.Timeout.String(), Labels: m.Labels, Paused: m.Paused}
	if m.Schedule.Cron != "" {
		l.Schedule = "cron " + m.Schedule.Cron
		if m.Schedule.Timezone != "" {
			l.Schedule += " " + m.Schedule.Timezone
		}
	}
	s, err := schedule.Parse(m.ID, m.Schedule)
	if err != nil {
		return l, err
	}
	if at := s.Next(now); !at.IsZero() {
		l.Next = stamp(at)
	}
	return l, nil
}

func printMonitors(cmd *cobra.Command, all []data.Monitor, asJSON bool) error {
	out := bufio.NewWriter(cmd.OutOrStdout())
	enc := encoder(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if !asJSON && len(all) > 0 {
		fmt.Fprintln(table, "ID\tURL\tSCHEDULE\tTIMEOUT\tLABELS\tNEXT")
	}
	now := data.Millis(time.Now())
	for i := range all {
		l, err := listed(&all[i], now)
		if err != nil {
			return err
		}
		if asJSON {
			if err := enc.Encode(l); err != nil {
				return err
			}
			continue
		}
		next := l.Next
		if l.Paused {
			next = "paused"
		}
		var labels []string
		for _, name := range slices.Sorted(maps.Keys(l.Labels)) {
			labels = append(labels, name+"="+l.Labels[name])
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", oneLine(l.ID, 60), oneLine(l.URL, 100), l.Schedule, l.Timeout, oneLine(strings.Join(labels, ","), 60), next)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return out.Flush()
}
