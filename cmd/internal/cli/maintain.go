package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/store/postgres"
)

func maintain() *cobra.Command {
	return &cobra.Command{
		Use: "maintain", Short: "Make partitions ahead, and drop what is past its retention, once",
		Long: `Make the partitions of the days to come, and drop what is older than
MONITORINK_RETENTION: days of measurements, gaps, and definitions that another has
replaced. collector does the same at its start and every hour; this is for where
none runs. Twice is harmless.`,
		Args: app.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := app.Config(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			return withPostgres(cmd, cfg, "which needs no upkeep", func(st *postgres.Store) error {
				done, err := st.Maintain(cmd.Context())
				tell(cmd.OutOrStdout(), done, cfg.Retention)
				return err
			})
		},
	}
}

func tell(out io.Writer, u postgres.Upkeep, retention time.Duration) {
	fmt.Fprintln(out, "partitions made:    ", days(u.Created))
	if retention > 0 {
		fmt.Fprintln(out, "partitions dropped: ", days(u.Dropped))
		fmt.Fprintln(out, "gaps deleted:       ", u.Gaps)
		fmt.Fprintln(out, "definitions deleted:", u.Registrations)
	} else {
		fmt.Fprintln(out, "nothing is dropped: MONITORINK_RETENTION is off")
	}
	if u.Skipped {
		fmt.Fprintln(out, "a collector is at it already; the rest is its work")
	}
}

func days(list []time.Time) string {
	if len(list) == 0 {
		return "none"
	}
	texts := make([]string, len(list))
	for i, d := range list {
		texts[i] = d.Format(time.DateOnly)
	}
	return strings.Join(texts, " ")
}
