package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
)

// healthTime is how long the daemon may take to say that it lives.
const healthTime = 4 * time.Second

// healthcheck is the command by which a container asks its own daemon. It takes no
// longer than healthTime.
func healthcheck(addr func(*config.Config) string) *cobra.Command {
	return &cobra.Command{
		Use: "healthcheck", Short: "Ask the daemon on this machine whether it lives", Args: app.NoArguments,
		Long: `Ask the daemon that the same environment configures whether it lives, by /livez of
its own listener. The exit code is 0 when it does and 1 when it does not, and one
line says why. It is the health check of the images, which hold no curl.

A daemon that waits for a broker or a database lives: /readyz tells of that.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := app.ConfigToAsk(io.Discard) // its warnings are in the daemon's log
			if err != nil {
				return errors.New(err.Error()) // which is 1, too
			}
			live := "http://" + reachable(addr(cfg)) + "/livez"
			if err := alive(cmd.Context(), live); err != nil {
				return fmt.Errorf("%s: %w", live, err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: it lives\n", live)
			return nil
		},
	}
}

// alive asks live whether its daemon lives.
func alive(ctx context.Context, live string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, live, nil)
	if err != nil {
		return err
	}
	direct := http.Client{ // no proxy stands between a daemon and itself, and it sends nobody elsewhere
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := direct.Do(req)
	var failed *url.Error
	switch {
	case errors.As(err, &failed) && failed.Timeout():
		return fmt.Errorf("no answer within %v", healthTime)
	case errors.As(err, &failed):
		return failed.Err
	case err != nil:
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", res.Status)
	}
	var said struct{ Status string }
	if err := json.NewDecoder(io.LimitReader(res.Body, 1024)).Decode(&said); err != nil || said.Status != "alive" {
		return errors.New("another server answers there, and not this daemon")
	}
	return nil
}

func heartbeatAddr(cfg *config.Config) string { return cfg.HeartbeatAddr }
func collectorAddr(cfg *config.Config) string { return cfg.CollectorAddr }
