package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/daemon"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/monitor/probe"
	"github.com/monitorink/monitorink/monitor/probe/policy"
	"github.com/monitorink/monitorink/queue/kafka"
	"github.com/monitorink/monitorink/store/postgres"
)

// checkTime is how long a check may take as a whole.
const checkTime = 14 * time.Second

// A checklist prints what is looked at, and counts what fails.
type checklist struct {
	out    io.Writer
	items  int
	failed int
}

// report prints one item. Its remedy stands on a line of its own.
func (c *checklist) report(what string, err error) {
	c.items++
	if err == nil {
		fmt.Fprintf(c.out, "ok    %s\n", what)
		return
	}
	c.failed++
	cause, advice := err.Error(), ""
	var p *kafka.Problem
	var t *postgres.Trouble
	switch {
	case errors.As(err, &p):
		cause, advice = strings.Replace(cause, p.Error(), p.Cause, 1), remedy(p)
	case errors.As(err, &t) && t.Remedy != "":
		cause, advice = strings.Replace(cause, ": "+t.Remedy, "", 1), t.Remedy
	}
	if advice != "" {
		cause += "\n" + advice
	}
	fmt.Fprintf(c.out, "FAIL  %s: %s\n", what, strings.ReplaceAll(cause, "\n", "\n      "))
}

// run looks at all parts at once, and prints their items in turn.
func (c *checklist) run(ctx context.Context, cfg *config.Config, parts []probeFunc) {
	type item struct {
		what string
		err  error
	}
	lists := make([]chan item, len(parts)) // each closed by its part
	for i, part := range parts {
		lists[i] = make(chan item)
		go func() { // ends when its items are printed, below
			defer close(lists[i])
			part(ctx, cfg, func(what string, err error) { lists[i] <- item{what, err} })
		}()
	}
	for _, list := range lists {
		for i := range list {
			c.report(i.what, i.err)
		}
	}
}

// A probeFunc looks at one part and reports its items.
type probeFunc func(ctx context.Context, cfg *config.Config, report func(string, error))

func check(short, long string, parts ...probeFunc) *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: short, Args: app.NoArguments,
		Long: long + `

Each item is one line, ok or FAIL, and what failed says what to do about it. The
exit code is 0 when all is well and 1 otherwise. It takes a quarter of a minute
at most, and changes nothing.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := app.Config(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), checkTime)
			defer cancel()
			list := &checklist{out: cmd.OutOrStdout()}
			list.run(ctx, cfg, parts)
			if list.failed > 0 {
				return fmt.Errorf("%d of %s failed", list.failed, plural(list.items, "check"))
			}
			return nil
		},
	}
}

func heartbeatCheck() *cobra.Command {
	return check("Try what heartbeat needs, and say what is wrong",
		"Try what heartbeat needs: its monitors, whether its network policy lets it probe them, its folder, and Kafka when that is the queue.",
		checkMonitors, checkDataDir, checkTopic(kafka.Producer))
}

func collectorCheck() *cobra.Command {
	return check("Try what collector needs, and say what is wrong",
		"Try what collector needs: the queue that it reads, and its store.",
		checkTopic(kafka.Consumer), checkQueue, checkStore)
}

func bothCheck() *cobra.Command {
	return check("Try what monitorink needs, and say what is wrong",
		"Try what monitorink needs: its monitors, whether its network policy lets it probe them, its folder, Kafka when that is the queue, and its store.",
		checkMonitors, checkDataDir, checkTopic(kafka.Producer), checkTopic(kafka.Consumer), checkStore)
}

func checkMonitors(_ context.Context, cfg *config.Config, report func(string, error)) {
	list, err := daemon.Monitors(cfg, daemon.References(cfg), nil)
	if err != nil {
		report("monitors", err) // it names the place
		return
	}
	from := cfg.Monitors
	if cfg.URLs != "" {
		from = "MONITORINK_URLS"
	}
	report(fmt.Sprintf("monitors of %s: %s", from, plural(len(list), "monitor")), nil)
	checkSources(list, report)
	denied, err := daemon.Denied(cfg, list)
	if err == nil && len(denied) > 0 {
		err = fmt.Errorf("%d cannot be probed\n%s", len(denied), strings.Join(denied[:min(len(denied), 10)], "\n"))
	}
	report("network policy, "+policy.DenyVariable+"="+strings.Join(cfg.Deny, ","), err)
}

// checkSources sees whether this machine has the addresses that monitors connect from.
func checkSources(list []data.Monitor, report func(string, error)) {
	users := map[string]int{}
	for i := range list {
		if s := list[i].Source; s != "" {
			users[s]++
		}
	}
	for _, s := range slices.Sorted(maps.Keys(users)) {
		report(fmt.Sprintf("source %s of %s", s, plural(users[s], "monitor")), probe.CheckSource(s))
	}
}

func checkDataDir(_ context.Context, cfg *config.Config, report func(string, error)) {
	if cfg.Queue == config.QueueMemory {
		report("queue in memory: nothing to look at, and what is in flight ends with the process", nil)
		return
	}
	what := "folder " + cfg.DataDir + ", for the spool"
	err := writable(cfg.DataDir)
	switch {
	case errors.Is(err, syscall.ENOSPC):
		err = fmt.Errorf("%w\nmake room on its disk, or name a folder on another with MONITORINK_DATA_DIR", err)
	case err != nil:
		err = fmt.Errorf("%w\nmake it writable for user %d, or name another folder with MONITORINK_DATA_DIR", err, os.Getuid())
	default:
		var running bool
		if running, err = usable(cfg); running {
			what += ": a heartbeat runs on it"
		}
	}
	report(what, err)
}

// usable says what keeps heartbeat from going on with what is in the data directory,
// or whether one does already.
func usable(cfg *config.Config) (running bool, err error) {
	state, err := heartbeat.LookState(cfg.DataDir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case errors.Is(err, heartbeat.ErrLocked):
		return true, nil
	case err != nil:
		return false, err
	}
	defer state.Close()
	if err := state.Fits(cfg.Location); err != nil {
		return false, err
	}
	if state.SetAside > 0 {
		return false, fmt.Errorf("%s\nheartbeat run sets aside what is damaged, and goes on with the monitors file and the spool", strings.Join(state.Notes, "; "))
	}
	return false, nil
}

// writable tries to make a file with something in it in dir, or in the folder that dir would be made in.
func writable(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	for {
		_, err := os.Stat(dir)
		if err == nil {
			break
		}
		if up := filepath.Dir(dir); errors.Is(err, fs.ErrNotExist) && up != dir {
			dir = up
			continue
		}
		return err
	}
	f, err := os.CreateTemp(dir, ".check-")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 64<<10))
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
}

// checkTopic looks at what a role needs of Kafka, where that is the queue.
func checkTopic(role kafka.Role) probeFunc {
	return func(ctx context.Context, cfg *config.Config, report func(string, error)) {
		if cfg.Queue == config.QueueKafka {
			kafka.Check(ctx, daemon.KafkaOptions(cfg, nil), role, report)
		}
	}
}

// checkQueue looks for heartbeat's own queue, where events are taken from that.
func checkQueue(ctx context.Context, cfg *config.Config, report func(string, error)) {
	if cfg.Queue != config.QueueKafka {
		report("heartbeat's queue at "+cfg.QueueURL, reachQueue(ctx, cfg))
	}
}

// reachQueue asks heartbeat for the messages of a session that does not exist:
// whether the token is right shows in the answer.
func reachQueue(ctx context.Context, cfg *config.Config) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(cfg.QueueURL, "/")+"/queue/sessions/check/messages?after=0&max=0&wait=0s", nil)
	if err != nil {
		return err
	}
	if cfg.Token != "" {
		req.Header.Set("Authorization", "Bearer "+cfg.Token)
	}
	res, err := http.DefaultClient.Do(req)
	var failed *url.Error
	if errors.As(err, &failed) { // the item has the URL already
		err = failed.Err
	}
	if err != nil {
		return fmt.Errorf("%w\nstart heartbeat with MONITORINK_QUEUE=%s, or say with MONITORINK_QUEUE_URL where it is", err, cfg.Queue)
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusUnauthorized:
		return errors.New("it refuses the token\ngive both the same MONITORINK_TOKEN")
	case res.StatusCode == http.StatusGone && res.Header.Get("Content-Type") == "application/problem+json":
		return nil // there is no such session
	}
	return fmt.Errorf("it answers %s\nsee whether MONITORINK_QUEUE_URL is heartbeat's address, and whether its MONITORINK_QUEUE is %s, too", res.Status, cfg.Queue)
}

func checkStore(ctx context.Context, cfg *config.Config, report func(string, error)) {
	if cfg.Store == config.StoreMemory {
		report("store in memory: nothing to look at, and what it holds ends with the process", nil)
		return
	}
	postgres.Check(ctx, daemon.PostgresOptions(cfg, nil), func(what string, err error) { report("Postgres: "+what, err) })
}
