// Package app is what the commands have in common: the way from main to an exit
// code, signals, the logger and the version.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/config"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // something went wrong
	exitUsage  = 2 // a wrong flag, variable or file: the user can mend it
)

// Main runs root and exits. The first SIGINT or SIGTERM ends the command's
// context, which drains the daemons; a second one ends the process at once.
func Main(root *cobra.Command) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop() // from then on the two have their default effect
		Notify(NotifyStopping)
	})
	os.Exit(Run(ctx, root, os.Args[1:], os.Stdout, os.Stderr))
}

// UntilHangup is ctx until the terminal goes away, however often it says so.
func UntilHangup(ctx context.Context) context.Context {
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		ctx, _ = signal.NotifyContext(ctx, syscall.SIGHUP) // for as long as the process lives
	}
	return ctx
}

// KeepOnWithoutLog makes a log that nobody reads any more lose its lines, in place
// of ending the process undrained with SIGPIPE.
func KeepOnWithoutLog() { signal.Ignore(syscall.SIGPIPE) }

// A UsageError is one that the user can mend: the exit code is 2.
type UsageError struct{ Err error }

// Error is the message of what is wrapped.
func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrapped.
func (e *UsageError) Unwrap() error { return e.Err }

// Run runs root with args and returns the exit code.
func Run(ctx context.Context, root *cobra.Command, args []string, stdout, stderr io.Writer) int {
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &UsageError{flagError(cmd, err)}
	})
	info, _ := debug.ReadBuildInfo()
	root.Version = describe(info) // for --version, which many try first; a template for it would link text/template
	ran := false
	each(root, func(cmd *cobra.Command) {
		if cmd.HasSubCommands() && cmd != root && !cmd.Runnable() {
			cmd.Args, cmd.RunE = cobra.ArbitraryArgs, group
		}
		if run := cmd.RunE; run != nil {
			cmd.RunE = func(cmd *cobra.Command, args []string) error { ran = true; return run(cmd, args) }
		}
	})
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(stderr, "%s: %v\n", root.Name(), err)
	if !ran && strings.HasPrefix(err.Error(), "unknown command") && !strings.Contains(err.Error(), "\n") { // cobra's, without a hint
		fmt.Fprintf(stderr, "%s --help lists what there is\n", root.Name())
	}
	var usage *UsageError
	if !ran || errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// NoArguments wants none, and says so. cobra's own takes one for an unknown command.
func NoArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &UsageError{fmt.Errorf("%s takes no argument, and %q is one", cmd.CommandPath(), args[0])}
}

// group is what a command does that is only the name of others.
func group(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	cmd.SuggestionsMinimumDistance = 2
	hint := cmd.CommandPath() + " --help lists what there is"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return &UsageError{fmt.Errorf("unknown command %q for %q: %s", args[0], cmd.CommandPath(), hint)}
}

func each(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, c := range cmd.Commands() {
		each(c, f)
	}
}

// Config reads the configuration from the environment, and warns on stderr of
// variables that nobody knows.
func Config(stderr io.Writer) (*config.Config, error) { return read(config.Load, stderr) }

// ConfigToAsk does so for a command that asks a collector and listens nowhere.
func ConfigToAsk(stderr io.Writer) (*config.Config, error) { return read(config.LoadToAsk, stderr) }

func read(load func([]string) (*config.Config, error), stderr io.Writer) (*config.Config, error) {
	cfg, err := load(os.Environ())
	if err != nil {
		return nil, &UsageError{err}
	}
	for _, w := range cfg.Warnings {
		fmt.Fprintln(stderr, "warning:", w)
	}
	return cfg, nil
}

// Logger returns the logger that cfg asks for, writing to w.
func Logger(cfg *config.Config, w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
