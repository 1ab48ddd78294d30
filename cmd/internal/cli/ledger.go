package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/daemon"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/queue/spool"
)

func ledger() *cobra.Command {
	cmd := &cobra.Command{
		Use: "ledger", Short: "Look at what a stopped heartbeat has accounted for, and mend it after a wrong clock",
		Long: `Look at the ledger in MONITORINK_DATA_DIR: up to when every slot is accounted for
(the newest checkpoint), which definitions are persisted, and what the spool holds.
heartbeat must not run on it meanwhile. With MONITORINK_QUEUE=memory there is none.`,
		Args: app.NoArguments,
	}
	cmd.AddCommand(ledgerShow(), ledgerReset())
	return cmd
}

func ledgerShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show", Short: "Show the newest checkpoint, what the spool holds, and what the next start would write", Args: app.NoArguments,
		Long: `Show up to when every slot is accounted for, what the spool holds, and which gaps
with the reason stopped the next start would write. Nothing on disk is changed.`,
		Example: "  heartbeat ledger show\n  heartbeat ledger show --json | jq .stopped.slots",
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, r, err := openLedger(cmd)
			if err != nil {
				return err
			}
			if asJSON {
				return r.printJSON(cmd.OutOrStdout())
			}
			r.print(cmd.OutOrStdout())
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object, with all monitors")
	return cmd
}

func ledgerReset() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "reset", Short: "Make now the newest checkpoint, for a clock that was ahead and is right now", Args: app.NoArguments,
		Long: `Make now the newest checkpoint, though the last one is later, and let definitions
that were to begin later begin now. This is for a clock that was wrong: heartbeat
does not probe slots that are accounted for, and so would wait until the clock has
come to the old checkpoint.

Slots between now and the old checkpoint may be measured again. Of two measurements
of one slot the one that began earlier stays. What the spool holds and has not yet
been collected stays in it.`,
		Example: "  heartbeat ledger show\n  heartbeat ledger reset",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, r, err := openLedger(cmd)
			if err != nil {
				return err
			}
			if err := r.needsReset(force); err != nil {
				return err
			}
			return resetLedger(cmd, cfg, r)
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "even where the newest checkpoint is not ahead of the clock")
	return cmd
}

// A ledgerReport is what a data directory holds at an instant.
type ledgerReport struct {
	dir      string
	now      time.Time
	location string
	set      []heartbeat.Definition
	aside    int      // definitions that the next start sets aside
	notes    []string // what is wrong with them
	view     *spool.View
	stopped  []*data.Gap
}

func spoolOptions(cfg *config.Config) spool.Options {
	return spool.Options{Dir: filepath.Join(cfg.DataDir, "spool"), Size: cfg.SpoolSize}
}

// openLedger reads the data directory that the environment names.
func openLedger(cmd *cobra.Command) (*config.Config, *ledgerReport, error) {
	cfg, err := app.Config(cmd.ErrOrStderr())
	if err != nil {
		return nil, nil, err
	}
	r, err := readLedger(cfg, time.Now())
	return cfg, r, err
}

// readLedger reads the data directory of cfg, which it locks meanwhile.
func readLedger(cfg *config.Config, now time.Time) (*ledgerReport, error) {
	state, err := heartbeat.LookState(cfg.DataDir)
	if err != nil {
		return nil, inUse(err, cfg)
	}
	defer state.Close()
	r := &ledgerReport{dir: cfg.DataDir, now: data.Millis(now), location: state.Location(), set: state.Definitions(), aside: state.SetAside, notes: state.Notes}
	if r.view, err = spool.Look(spoolOptions(cfg)); err != nil {
		return nil, err
	}
	r.stopped, err = heartbeat.Missed(r.view, state, now)
	return r, err
}

func inUse(err error, cfg *config.Config) error {
	if errors.Is(err, heartbeat.ErrLocked) {
		return fmt.Errorf("a heartbeat runs on %s: end it first; while it runs, its /readyz and /metrics say how it is", cfg.DataDir)
	}
	return err
}

// ahead is how far the newest checkpoint is ahead of the clock.
func (r *ledgerReport) ahead() time.Duration {
	if !r.view.Found {
		return 0
	}
	return max(r.view.Checkpoint.Sub(r.now), 0)
}

// early counts the definitions that begin only later.
func (r *ledgerReport) early() (n int) {
	for _, d := range r.set {
		if d.From.After(r.now) {
			n++
		}
	}
	return n
}

func (r *ledgerReport) needsReset(force bool) error {
	switch {
	case !r.view.Found && len(r.set) == 0:
		return &app.UsageError{Err: fmt.Errorf("%s holds no ledger: there is nothing to reset (MONITORINK_DATA_DIR chooses the directory)", r.dir)}
	case r.ahead() > 0 || r.early() > 0 || force:
		return nil
	case !r.view.Found:
		return &app.UsageError{Err: fmt.Errorf("there is no checkpoint in %s: nothing keeps heartbeat from probing", r.dir)}
	}
	return &app.UsageError{Err: fmt.Errorf("the newest checkpoint, %s, is not ahead of the clock: nothing keeps heartbeat from probing (--force does it all the same)",
		stamp(r.view.Checkpoint))}
}

// resetLedger opens the data directory as heartbeat does, and resets it.
func resetLedger(cmd *cobra.Command, cfg *config.Config, r *ledgerReport) (err error) {
	state, err := heartbeat.OpenState(cfg.DataDir, "", "")
	if err != nil {
		return inUse(err, cfg)
	}
	defer func() { err = errors.Join(err, state.Close(), giveBack(cfg.DataDir)) }()
	s, _, err := spool.Open(spoolOptions(cfg))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	ctx, cancel := context.WithTimeout(cmd.Context(), 30*time.Second)
	defer cancel()
	changed, err := heartbeat.Reset(ctx, s, state, daemon.Instance(cfg), r.now)
	if err != nil {
		return fmt.Errorf("reset the ledger in %s: %w (it can be run again)", cfg.DataDir, err)
	}
	r.printReset(cmd.OutOrStdout(), changed)
	return nil
}
