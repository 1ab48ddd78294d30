package cli

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/daemon"
	"github.com/monitorink/monitorink/cmd/internal/shard"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

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
