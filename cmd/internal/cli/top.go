package cli

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/top"
)

func topCommand() *cobra.Command {
	o := top.Options{Getenv: os.Getenv}
	cmd := &cobra.Command{
		Use: "top", Short: "Show every monitor in a live table", Args: app.NoArguments,
		Long: `Show every monitor, its state and latency, in a table that is kept up by what a
collector tells, here or elsewhere. Where the collector asks for a token, it comes
from MONITORINK_READ_TOKEN, or else from MONITORINK_TOKEN, or their twins in _FILE.

  q         ends                    s   sorts by state, monitor, latency, last
  /         filters, as one types   r   the other way round
  esc       shows all again         j k ↑ ↓ space b g G   scroll

Where the output is no terminal the table is printed once.`,
		Example: `  monitorink top
  monitorink top --filter team=web --sort latency
  MONITORINK_READ_TOKEN_FILE=token monitorink top --url https://collector.example
  monitorink top --filter down | mail -s 'what is down' team@shop.example`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := app.ConfigToAsk(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if o.URL == "" {
				o.URL = "http://" + reachable(cfg.CollectorAddr)
			}
			if o.URL, err = top.CheckURL(o.URL); err != nil {
				return &app.UsageError{Err: fmt.Errorf("--url: %w", err)}
			}
			if !slices.Contains(top.Orders, o.Order) {
				return &app.UsageError{Err: fmt.Errorf("--sort %q: write %s", o.Order, strings.Join(top.Orders, ", "))}
			}
			o.Token, o.In, o.Out = tokenOf(cfg), cmd.InOrStdin(), cmd.OutOrStdout()
			return top.Run(app.UntilHangup(cmd.Context()), o)
		},
	}
	cmd.Flags().StringVar(&o.URL, "url", "", "of the collector; else where MONITORINK_COLLECTOR_ADDR listens")
	cmd.Flags().StringVar(&o.Order, "sort", top.Orders[0], strings.Join(top.Orders, ", "))
	cmd.Flags().StringVar(&o.Filter, "filter", "", "show only what has these words: in id, location, state, URL, labels or error")
	return cmd
}

// tokenOf is the lesser of the tokens that cfg has.
func tokenOf(cfg *config.Config) string {
	if cfg.ReadToken != "" {
		return cfg.ReadToken
	}
	return cfg.Token
}

// reachable is an address of this machine that reaches what listens on addr.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
