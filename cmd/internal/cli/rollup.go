package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/progress"
	"github.com/monitorink/monitorink/store/postgres"
)

// rollup is what has to do with rollups in Postgres.
func rollup() *cobra.Command {
	cmd := &cobra.Command{Use: "rollup", Short: "Rollups in Postgres: buckets of a minute, an hour and a day"}
	cmd.AddCommand(backfill())
	return cmd
}

func backfill() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use: "backfill", Short: "Make the rollups of what was measured before there were any",
		Long: `Make the rollups of days whose measurements were saved before the database had
any, the newest day first. A collector may run meanwhile. It may be ended at any time,
and goes on with the day that it was at; days that are done are not done again.`,
		Args: app.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := app.Config(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			lo, err := date("--from", from)
			if err != nil {
				return err
			}
			hi, err := date("--to", to)
			if err != nil {
				return err
			}
			return withPostgres(cmd, cfg, "which makes its rollups itself", func(st *postgres.Store) error { return fill(cmd, st, lo, hi) })
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "the first day, such as 2026-11-01; all when absent")
	cmd.Flags().StringVar(&to, "to", "", "the day to stop before")
	return cmd
}

// fill makes the rollups of days, and tells how far it is.
func fill(cmd *cobra.Command, st *postgres.Store, from, to time.Time) error {
	bar := progress.Start(cmd.ErrOrStderr(), progress.Options{Verb: "filled", Noun: "days of monitors"})
	defer bar.Stop()
	var before int64
	err := st.Backfill(cmd.Context(), from, to, func(done, total int64) {
		bar.SetTotal(total)
		bar.Add(done - before)
		before = done
	})
	bar.Stop()
	if err == nil {
		fmt.Fprintln(cmd.OutOrStdout(), filled(before))
	}
	return err
}

// filled is what a back-fill has come to: cells are days of one monitor at one location.
func filled(cells int64) string {
	if cells == 0 {
		return "nothing to do: every day that has measurements has its rollups"
	}
	return fmt.Sprintf("the rollups are made: %d days of monitors", cells)
}

func date(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return t, &app.UsageError{Err: fmt.Errorf("%s is %q: write a day, such as 2026-11-01", flag, s)}
	}
	return t, nil
}
