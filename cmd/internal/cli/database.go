package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/daemon"
	"github.com/monitorink/monitorink/store/postgres"
)

// withPostgres opens the database of cfg, has f work on it once it is ready, and closes it.
// What without says is why another store needs none of that.
func withPostgres(cmd *cobra.Command, cfg *config.Config, without string, f func(*postgres.Store) error) (err error) {
	if cfg.Store != config.StorePostgres {
		return &app.UsageError{Err: fmt.Errorf("MONITORINK_STORE is %q, %s: write postgres", cfg.Store, without)}
	}
	st, err := postgres.Open(daemon.PostgresOptions(cfg, app.Logger(cfg, cmd.ErrOrStderr())))
	if err != nil {
		return &app.UsageError{Err: err}
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if err := st.Ready(cmd.Context()); err != nil {
		return err
	}
	return f(st)
}
